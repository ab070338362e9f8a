using RobustVerify.Core.Checking.Constants;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Lipschitz;

/// <summary>No difference quotient and no gradient is ever above a bound, and no method is tighter than the default.</summary>
public sealed class UpperBoundTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_sampled_quotient_is_above_any_bound(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(54);
        List<Network> networks = [RandomNetworks.Dense(random, activation, 3, 6, 5, 3)];
        if (name is "ReLU" or "Tanh" or "Fraction") networks.AddRange([RandomNetworks.WithProduct(random, activation, 3), RandomNetworks.Convolutional(random, activation)]);
        foreach (var network in networks)
        {
            var size = network.Input.Size;
            var box = InputRegion.Box(Enumerable.Repeat(-0.4, size).ToArray(), Enumerable.Repeat(0.3, size).ToArray());
            foreach (var norm in Enum.GetValues<Norm>())
            {
                foreach (var region in norm == Norm.L2 ? new[] { null, InputRegion.Ball(new double[size], 0.25, norm) } : [box])
                {
                    var question = new LipschitzQuestion(network, norm, region);
                    var constant = LipschitzEstimation.Bound(question, new() { Samples = 64, Steps = 4, Parts = 10, Divisions = 1 });
                    Assert.InRange(constant.Lower, 0, constant.Upper);
                    var steepest = SteepestQuotient(network, norm, region ?? box, random);
                    Assert.InRange(steepest, 0, constant.Upper * (1 + 1e-9) + 1e-12);
                    foreach (var method in Enum.GetValues<LipschitzMethod>())
                    {
                        var bound = LipschitzEstimation.Upper(question, method, new() { Divisions = 1 });
                        Assert.True(constant.Upper <= bound * (1 + 1e-9), $"{method} gives {bound}, the default {constant.Upper}");
                        Assert.InRange(steepest, 0, bound * (1 + 1e-9) + 1e-12);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("Tanh")]
    [InlineData("Gelu")]
    [InlineData("Sigmoid")]
    public void Constants_of_smooth_networks_are_found_to_a_tolerance(string name)
    {
        const double Tolerance = 0.01;
        var random = new Random(58);
        var network = RandomNetworks.Dense(random, RandomNetworks.Activations.Single(a => a.Name == name), 2, 6, 4, 2);
        var region = InputRegion.Box([-1, -1], [1, 1]);
        foreach (var norm in Enum.GetValues<Norm>())
        {
            var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, region), new() { Parts = 20_000, Tolerance = Tolerance });
            Assert.InRange(constant.Upper, constant.Lower, constant.Lower * (1 + Tolerance));
            Assert.InRange(SteepestQuotient(network, norm, region, random), 0, constant.Upper);
        }
    }

    [Fact]
    public void The_best_multipliers_are_those_of_a_layer_or_better_and_every_division_gains()
    {
        var random = new Random(59);
        foreach (var activation in new Activation[] { ReLU.Instance, PiecewiseLinear.LeakyReLU(0.1), Tanh.Instance, Gelu.Instance })
        {
            var question = new LipschitzQuestion(RandomNetworks.Dense(random, activation, 4, 12, 10, 3), Norm.L2);
            var before = LipschitzEstimation.Upper(question, LipschitzMethod.EclipseFast);
            foreach (var divisions in (int[])[0, 1, 4, 16])
            {
                var bound = LipschitzEstimation.Upper(question, LipschitzMethod.SlopeProgram, new() { Divisions = divisions });
                Assert.InRange(bound, 0, before * (1 + 1e-9));
                before = bound;
            }

            Assert.InRange(SteepestQuotient(question.Network, Norm.L2, InputRegion.Box([-1, -1, -1, -1], [1, 1, 1, 1]), random), 0, before);
        }
    }

    [Fact]
    public void The_norm_of_a_convolution_is_near_that_of_its_matrix_and_not_below()
    {
        var random = new Random(55);
        foreach (var shape in new ConvolutionShape[]
        {
            new(2, 12, 12, 3, 3, 3, PadTop: 1, PadBottom: 1, PadLeft: 1, PadRight: 1),
            new(2, 12, 12, 4, 4, 4, StrideHeight: 2, StrideWidth: 2, PadTop: 1, PadBottom: 1, PadLeft: 1, PadRight: 1),
            new(4, 10, 10, 4, 3, 2, StrideHeight: 2, PadTop: 1, Groups: 2),
            new(3, 9, 9, 2, 1, 1),
        })
        {
            var map = new ConvolutionMap(shape, RandomNetworks.RandomVector(random, shape.WeightSize, 1));
            var matrix = new double[map.InputSize * map.OutputSize];
            for (var i = 0; i < map.OutputSize; i++) map.AccumulateRow(i, matrix.AsSpan(i * map.InputSize, map.InputSize));
            var (symbol, exact) = (ConvolutionNorm.Upper(map), SpectralNorm.Lower(matrix, map.OutputSize, map.InputSize));
            Assert.InRange(symbol, exact, 1.2 * exact);
            Assert.InRange(ConvolutionSymbol.Upper(map), exact, 1.2 * exact);
            Assert.InRange(ConvolutionSymbol.Upper((ConvolutionMap)map.Transpose), exact, 1.2 * exact);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 6)]
    [InlineData(7, 3)]
    [InlineData(40, 60)]
    public void Spectral_norms_are_enclosed_narrowly(int rows, int columns)
    {
        var random = new Random(56);
        for (var trial = 0; trial < 20; trial++)
        {
            var matrix = RandomNetworks.RandomVector(random, rows * columns, 1);
            var (lower, upper) = (SpectralNorm.Lower(matrix, rows, columns), SpectralNorm.Upper(matrix, rows, columns));
            Assert.InRange(upper, lower, lower * (1 + 1e-9));
            for (var k = 0; k < 20; k++)
            {
                var x = RandomNetworks.RandomVector(random, columns, 1);
                var y = new DenseMap(matrix, rows, columns).Apply(x);
                Assert.InRange(Math.Sqrt(y.Sum(v => v * v)), 0, upper * Math.Sqrt(x.Sum(v => v * v)) * (1 + 1e-12));
            }
        }
    }

    [Fact]
    public void Outputs_and_margins_are_those_of_the_network_behind_them()
    {
        var random = new Random(57);
        var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 5, 4);
        var question = new LipschitzQuestion(network, Norm.Linf, InputRegion.Box([-1, -1, -1], [1, 1, 1]));
        var outputs = Enumerable.Range(0, 4).Select(i => LipschitzEstimation.Bound(question.OfOutput(i)).Upper).ToArray();
        Assert.Equal(outputs.Max(), LipschitzEstimation.Bound(question).Upper, 1e-9);
        Assert.InRange(LipschitzEstimation.Bound(question.OfMargin(0, 2)).Upper, Math.Abs(outputs[0] - outputs[2]) * (1 - 1e-9), (outputs[0] + outputs[2]) * (1 + 1e-9));
        Assert.Throws<ArgumentOutOfRangeException>(() => question.OfOutput(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => question.OfMargin(1, 1));
        Assert.Throws<ArgumentException>(() => new LipschitzQuestion(network, Norm.L2, InputRegion.Box([0], [1])));
    }

    private static double SteepestQuotient(Network network, Norm norm, InputRegion region, Random random)
    {
        const int Pairs = 200;
        var (size, steepest) = (network.Input.Size, 0.0);
        var points = Sampling.Points(region, Pairs, random);
        for (var p = 0; p < Pairs; p++)
        {
            var x = points[(p * size)..((p + 1) * size)];
            var far = points[((p + 1) % Pairs * size)..(((p + 1) % Pairs + 1) * size)];
            var share = p % 2 == 0 ? 1e-3 : 1;
            var y = x.Zip(far, (a, b) => a + share * (b - a)).ToArray();
            var distance = Length(x.Zip(y, (a, b) => a - b), norm);
            var (from, to) = (network.Evaluate<double>(x), network.Evaluate<double>(y));

            // What is near enough for rounding to count is left out.
            if (distance > 1e-6) steepest = Math.Max(steepest, (Length(from.Zip(to, (a, b) => a - b), norm) - 1e-13) / distance);
        }

        return steepest;
    }

    private static double Length(IEnumerable<double> vector, Norm norm) => norm switch
    {
        Norm.L1 => vector.Sum(Math.Abs),
        Norm.Linf => vector.Max(Math.Abs),
        _ => Math.Sqrt(vector.Sum(v => v * v)),
    };
}
