using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Lipschitz;

/// <summary>Constants of ReLU networks that are known exactly.</summary>
public sealed class ExactConstantTests
{
    private static readonly LipschitzBudget Long = new() { Parts = 200_000, Divisions = 0 };

    /// <summary>The dyadic networks over [−1, 1]ⁿ: a seed, sizes, a norm, the constant.</summary>
    public static TheoryData<uint, int[], Norm, double> Dyadic => new()
    {
        { 1, [2, 6, 4, 2], Norm.L1, 1.4532647132873535 },
        { 1, [2, 6, 4, 2], Norm.L2, 1.2822971044783327 },
        { 1, [2, 6, 4, 2], Norm.Linf, 1.5855159759521484 },
        { 2, [4, 8, 8, 3], Norm.L1, 8.302456855773926 },
        { 2, [4, 8, 8, 3], Norm.L2, 6.867926073328562 },
        { 2, [4, 8, 8, 3], Norm.Linf, 11.147618770599365 },
        { 3, [6, 12, 12, 2], Norm.L1, 6.394986152648926 },
        { 3, [6, 12, 12, 2], Norm.L2, 6.912288233358539 },
        { 3, [6, 12, 12, 2], Norm.Linf, 15.417261600494385 },
    };

    [Theory]
    [MemberData(nameof(Dyadic))]
    public void The_constants_of_the_dyadic_networks_are_exact(uint seed, int[] sizes, Norm norm, double expected)
    {
        var network = RandomNetworks.Dyadic(seed, sizes);
        var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, Cube(sizes[0])), Long);
        Assert.Equal(LipschitzStatus.Exact, constant.Status);
        Assert.Equal(expected, constant.Lower, 1e-9 * expected);
        Assert.InRange(expected, constant.Lower * (1 - 1e-14), constant.Upper * (1 + 1e-14));
    }

    /// <summary>The norm of the constant, that of the ball, and whether slopes are zero or not for negative arguments.</summary>
    public static TheoryData<Norm, Norm, bool> Enumerated
    {
        get
        {
            var data = new TheoryData<Norm, Norm, bool>();
            foreach (var norm in Enum.GetValues<Norm>())
            {
                foreach (var around in Enum.GetValues<Norm>())
                {
                    data.Add(norm, around, false);
                    data.Add(norm, around, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Enumerated))]
    public void Constants_agree_with_an_enumeration_of_activation_regions(Norm norm, Norm around, bool isLeaky)
    {
        var random = new Random(51);
        for (var trial = 0; trial < 200; trial++)
        {
            Activation activation = isLeaky ? PiecewiseLinear.LeakyReLU(random.NextDouble() - 0.25) : ReLU.Instance;
            var network = RandomNetworks.Dense(random, activation, 2, 2 + random.Next(4), 1 + random.Next(4), 1 + random.Next(3));
            var region = InputRegion.Ball([0, 0], 1, around);
            var expected = ActivationRegions.LargestNorm(network, region, norm);
            var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, region), new() { Parts = 10_000, Samples = 64, Steps = 8, Divisions = 0 });
            Assert.True(constant.Status == LipschitzStatus.Exact, $"trial {trial}: {constant}, expected {expected}");
            Assert.Equal(expected, constant.Upper, 1e-9 * expected);
        }
    }

    [Fact]
    public void Constants_do_not_change_with_the_order_and_the_scale_of_neurons()
    {
        var random = new Random(52);
        for (var trial = 0; trial < 10; trial++)
        {
            var (first, second) = (RandomNetworks.RandomVector(random, 15, 1), RandomNetworks.RandomVector(random, 10, 1));
            var bias = RandomNetworks.RandomVector(random, 5, 0.5);
            int[] order = [3, 1, 4, 0, 2];
            var factors = Array.ConvertAll(order, _ => 0.5 + random.NextDouble());
            var (otherFirst, otherSecond, otherBias) = (new double[15], new double[10], new double[5]);
            for (var i = 0; i < 5; i++)
            {
                for (var j = 0; j < 3; j++) otherFirst[i * 3 + j] = factors[i] * first[order[i] * 3 + j];
                for (var j = 0; j < 2; j++) otherSecond[j * 5 + i] = second[j * 5 + order[i]] / factors[i];
                otherBias[i] = factors[i] * bias[order[i]];
            }

            foreach (var norm in Enum.GetValues<Norm>())
            {
                var constant = LipschitzEstimation.Bound(new LipschitzQuestion(TwoLayers(first, bias, second), norm, Cube(3)), Long);
                var other = LipschitzEstimation.Bound(new LipschitzQuestion(TwoLayers(otherFirst, otherBias, otherSecond), norm, Cube(3)), Long);
                Assert.Equal(LipschitzStatus.Exact, constant.Status);
                Assert.Equal(constant.Upper, other.Upper, 1e-9 * constant.Upper);
            }
        }
    }

    [Fact]
    public void Constants_grow_with_the_region_agree_with_its_halves_and_with_one_another()
    {
        var random = new Random(53);
        for (var trial = 0; trial < 10; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 6, 5, 2);
            double Of(Norm norm, double[] low, double[] high) =>
                LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, InputRegion.Box(low, high)), Long) is { Status: LipschitzStatus.Exact } constant
                    ? constant.Upper
                    : throw new InvalidOperationException("not exact");
            foreach (var norm in Enum.GetValues<Norm>())
            {
                var whole = Of(norm, [-1, -1, -1], [1, 1, 1]);
                var (left, right) = (Of(norm, [-1, -1, -1], [0.25, 1, 1]), Of(norm, [0.25, -1, -1], [1, 1, 1]));
                Assert.Equal(whole, Math.Max(left, right), 1e-9 * whole);
                Assert.InRange(Of(norm, [-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]), 0, whole * (1 + 1e-9));
            }

            double[] ends = [Of(Norm.L1, [-1, -1, -1], [1, 1, 1]), Of(Norm.L2, [-1, -1, -1], [1, 1, 1]), Of(Norm.Linf, [-1, -1, -1], [1, 1, 1])];
            Assert.InRange(ends[1], Math.Max(ends[0] / Math.Sqrt(2), ends[2] / Math.Sqrt(3)) * (1 - 1e-9), Math.Sqrt(ends[0] * ends[2]) * (1 + 1e-9));
        }
    }

    [Fact]
    public void A_search_that_ends_early_still_has_bounds()
    {
        var network = RandomNetworks.Dyadic(3, 6, 12, 12, 2);
        foreach (var (norm, expected) in new[] { (Norm.L1, 6.394986152648926), (Norm.L2, 6.912288233358539), (Norm.Linf, 15.417261600494385) })
        {
            var before = double.PositiveInfinity;
            foreach (var parts in (int[])[1, 10, 100, 1000])
            {
                var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, Cube(6)), new() { Parts = parts, Samples = 32, Steps = 0, Divisions = 0 });
                Assert.InRange(expected, constant.Lower, constant.Upper);
                Assert.InRange(constant.Upper, expected, before);
                before = constant.Upper;
            }
        }
    }

    private static Network TwoLayers(double[] first, double[] bias, double[] second)
    {
        var input = new InputNode(first.Length / bias.Length);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(first, bias.Length, input.Size), bias), ReLU.Instance);
        return new Network(input, new AffineNode(hidden, new DenseMap(second, second.Length / bias.Length, bias.Length)));
    }

    private static InputRegion Cube(int size)
    {
        var upper = Enumerable.Repeat(1.0, size).ToArray();
        return InputRegion.Box(Array.ConvertAll(upper, x => -x), upper);
    }
}
