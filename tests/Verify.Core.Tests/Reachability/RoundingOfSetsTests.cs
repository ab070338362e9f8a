using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Sets hold in exact arithmetic, without any tolerance, where large weights cancel and rounding is all there is.</summary>
[Trait("Category", "Simd")]
public sealed class RoundingOfSetsTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(1e8)]
    [InlineData(1e-150)]
    public void No_exact_output_lies_beyond_a_set(double scale)
    {
        var random = new Random(43);
        double[] directions = [1, 0, -1, 0, 0, 1, 0, -1, 1, -1, -1, 1, 0.3, 0.7];
        for (var trial = 0; trial < 40; trial++)
        {
            var layers = RoundingOfBoundsTests.CancellingLayers(random, scale, 3, 7, 6, 2);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), trial % 4 == 0 ? 0 : Math.Pow(10, -trial % 17), Norm.Linf);
            var outputs = new ReachableOutputs(RoundingOfBoundsTests.ToNetwork(layers), region);
            OutputSet[] sets = [outputs.IntervalBox(), outputs.LinearBox(), outputs.Zonotope(), outputs.Polytope(directions)];
            var points = Sampling.Points(region, 20, random);
            for (var p = 0; p < 20; p++)
            {
                var y = RoundingOfBoundsTests.Exact(layers, points.AsSpan(p * 3, 3));
                for (var d = 0; d < directions.Length; d += 2)
                {
                    var value = y[0] * directions[d] + y[1] * directions[d + 1];
                    foreach (var set in sets)
                        Assert.False(set.Support(directions.AsSpan(d, 2)) is var most && double.IsFinite(most) && value * -1 < -most, $"{set.GetType().Name}: an exact output lies beyond");
                }
            }
        }
    }

    [Fact]
    public void No_exact_product_lies_beyond_a_zonotope()
    {
        // y = C((A x) ∘ (B x)), where the rows of each all but cancel.
        var random = new Random(46);
        for (var trial = 0; trial < 60; trial++)
        {
            var scale = Math.Pow(10, trial % 5 * 3 - 6);
            var (a, b, c) = (Cancelling(random, 12, scale), Cancelling(random, 12, 1), Cancelling(random, 8, 1));
            var input = new InputNode(3);
            var product = new ProductNode(new AffineNode(input, new DenseMap(a, 4, 3)), new AffineNode(input, new DenseMap(b, 4, 3)));
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), Math.Pow(10, -trial % 17), Norm.Linf);
            var zonotope = new ReachableOutputs(new Network(input, new AffineNode(product, new DenseMap(c, 2, 4))), region).Zonotope();
            var points = Sampling.Points(region, 20, random);
            for (var p = 0; p < 20; p++)
            {
                var y = new Dyadic[] { 0, 0 };
                for (var i = 0; i < 4; i++)
                {
                    var (left, right) = (Dyadic.Zero, Dyadic.Zero);
                    for (var j = 0; j < 3; j++) (left, right) = (left + (Dyadic)a[3 * i + j] * points[3 * p + j], right + (Dyadic)b[3 * i + j] * points[3 * p + j]);
                    for (var k = 0; k < 2; k++) y[k] += left * right * c[4 * k + i];
                }

                foreach (var (x, z) in (ReadOnlySpan<(double, double)>)[(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
                    Assert.False((y[0] * x + y[1] * z) * -1 < -zonotope.Support([x, z]), "an exact output lies beyond");
            }
        }

        static double[] Cancelling(Random random, int count, double scale)
        {
            var weights = RandomNetworks.RandomVector(random, count, scale);
            for (var i = 1; i < count; i += 2) weights[i] = -weights[i - 1] * (1 + 1e-15 * random.Next(-3, 4));
            return weights;
        }
    }

    [Fact]
    public void Areas_are_never_below_those_of_fractions()
    {
        // The area of a zonotope of the plane is four times the sum of |aᵢbⱼ − aⱼbᵢ|, which fractions know exactly.
        var random = new Random(44);
        for (var trial = 0; trial < 200; trial++)
        {
            var generators = RandomNetworks.RandomVector(random, 2 * random.Next(2, 9), Math.Pow(10, random.Next(-30, 30)));
            // Generators that are all but parallel: what is left of a determinant is far below its terms.
            for (var i = 2; i < generators.Length && trial % 2 == 0; i += 2) (generators[i], generators[i + 1]) = (generators[0] * (i + 1), Math.BitIncrement(generators[1] * (i + 1)));
            Rational sum = 0;
            for (var i = 0; i < generators.Length; i += 2)
            {
                for (var j = i + 2; j < generators.Length; j += 2)
                {
                    var determinant = (Rational)generators[i] * generators[j + 1] - (Rational)generators[j] * generators[i + 1];
                    sum = determinant.Sign < 0 ? sum - determinant : sum + determinant;
                }
            }

            var exact = Math.Log((sum * 4).Approximation);
            var log = new OutputZonotope([0, 0], generators).LogVolume;
            Assert.True(log >= exact - 4e-15 * Math.Abs(exact), $"{log} is less than {exact}");
            if (trial % 2 == 1) Assert.Equal(exact, log, 1e-9);
        }
    }

    [Fact]
    public void A_fraction_is_rounded_up_and_no_further_than_to_the_next_number()
    {
        var random = new Random(45);
        for (var trial = 0; trial < 200; trial++)
        {
            var fraction = (Rational)(random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-200, 200)) / (random.NextDouble() + 1e-3);
            Assert.True((fraction - fraction.RoundedUp).Sign <= 0);
            Assert.True((fraction - Math.BitDecrement(fraction.RoundedUp)).Sign > 0);
        }

        Assert.Equal(0.75, ((Rational)3 / 4).RoundedUp);
        Assert.Equal(0, ((Rational)0).RoundedUp);
        Assert.Equal(-2, ((Rational)(-6) / 3).RoundedUp);
    }

    [Fact]
    public void A_curve_and_the_line_of_its_ends_are_told_apart()
    {
        Assert.True(ReLU.Instance.IsLinearOn(0, 3));
        Assert.True(ReLU.Instance.IsLinearOn(-3, 0));
        Assert.False(ReLU.Instance.IsLinearOn(-1e-300, 1e-300));
        Assert.False(Tanh.Instance.IsLinearOn(0, 1e-9));
        Assert.True(PiecewiseLinear.HardTanh.IsLinearOn(-1, 1));
        Assert.False(PiecewiseLinear.Step.IsLinearOn(0, 1));
        Assert.False(new LipschitzActivation("f", z => z, 1).IsLinearOn(0, 1));
    }
}
