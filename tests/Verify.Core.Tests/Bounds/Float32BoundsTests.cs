using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Bounds for float32 hold for what is computed in float32 in any order, and those for real numbers need not.</summary>
[Trait("Category", "Simd")]
public sealed class Float32BoundsTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_value_that_is_computed_in_any_order_lies_outside_its_bounds(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(31);
        var outside = 0;
        for (var trial = 0; trial < 4; trial++)
        {
            foreach (var network in new[]
            {
                RandomNetworks.Dense(random, activation, 3, 12, 9, 4),
                RandomNetworks.WithProduct(random, activation, 4),
                RandomNetworks.Convolutional(random, activation),
            })
            {
                outside += Check(network, random, radius: 0);
                outside += Check(network, random, radius: 0.2);
            }
        }

        // Around a single point the bounds for real numbers are narrower than float32 can keep to: the check can fail.
        Assert.True(outside > 0, "No value lay outside the bounds for real numbers.");
    }

    [Fact]
    public void A_sum_that_cancels_is_off_by_what_its_terms_round()
    {
        // 1 + 2⁻²⁴ − 1 in float32 is 0, 2⁻²⁴, or 2⁻²³.
        var input = new InputNode(1);
        var node = new AffineNode(input, new DenseMap([1.0], 1, 1), [Math.ScaleB(1, -24)]);
        var back = new AffineNode(node, new DenseMap([1.0], 1, 1), [-1.0]);
        var bounds = IntervalPropagation.Propagate(new Network(input, back), [InputRegion.Box([1], [1])], Semantics.Float32);
        Assert.InRange(bounds.Lower(back)[0], -1e-5, 0);
        Assert.InRange(bounds.Upper(back)[0], Math.ScaleB(1, -23), 1e-5);
    }

    [Theory]
    [InlineData(1e20, 1e20)]
    [InlineData(3e38, 2)]
    public void Nothing_is_known_of_what_may_overflow(double first, double second)
    {
        var input = new InputNode(1);
        var large = new AffineNode(input, new DenseMap([first], 1, 1));
        var larger = new AffineNode(large, new DenseMap([second], 1, 1));
        var bounded = new ElementwiseNode(new AffineNode(larger, new DenseMap([1e-40], 1, 1)), Tanh.Instance);
        var bounds = LinearBoundPropagation.Propagate(new Network(input, bounded), [InputRegion.Box([1], [1])], 0, Semantics.Float32);
        Assert.Equal([double.NegativeInfinity], bounds.LowerBounds([1]));
        Assert.Equal([double.NegativeInfinity], bounds.LowerBounds([-1]));
    }

    [Fact]
    public void What_underflows_is_lost_before_it_is_multiplied()
    {
        // In real numbers 1; in float32 10⁻²⁵ · 10⁻²⁵ is 0.
        var input = new InputNode(1);
        var small = new AffineNode(input, new DenseMap([1e-25], 1, 1));
        var smaller = new AffineNode(small, new DenseMap([1e-25], 1, 1));
        var back = new AffineNode(new AffineNode(smaller, new DenseMap([1e25], 1, 1)), new DenseMap([1e25], 1, 1));
        var bounds = LinearBoundPropagation.Propagate(new Network(input, back), [InputRegion.Box([1], [1])], 0, Semantics.Float32);
        Assert.True(bounds.LowerBounds([1])[0] <= 0);
    }

    [Fact]
    public void Without_float32_nothing_changes()
    {
        var random = new Random(8);
        var network = RandomNetworks.WithProduct(random, Tanh.Instance, 4);
        var region = InputRegion.Ball(new double[4], 0.3, Norm.L2);
        var bounds = LinearBoundPropagation.Propagate(network, [region]);
        Assert.All(network.Nodes, node => Assert.Null(bounds.Bounds.Errors(node)));
    }

    /// <summary>Fails where a computed value lies outside its bounds; returns how many outputs lie outside those for real numbers.</summary>
    private static int Check(Network network, Random random, double radius)
    {
        var center = RandomNetworks.RandomVector(random, network.Input.Size, 2).Select(value => (double)(float)value).ToArray();
        var region = InputRegion.Ball(center, radius, Norm.Linf);
        var computed = LinearBoundPropagation.Propagate(network, [region], semantics: Semantics.Float32);
        var optimised = LinearBoundPropagation.Propagate(network, [region], 3, Semantics.Float32);
        var real = IntervalPropagation.Propagate(network, [region]);
        var rows = Enumerable.Range(0, 4).Select(_ => RandomNetworks.RandomVector(random, network.Output.Size, 1)).ToArray();
        var minima = rows.Select(row => computed.LowerBounds(row)[0]).ToArray();
        var better = rows.Select(row => optimised.LowerBounds(row, iterations: 3)[0]).ToArray();
        var outside = 0;
        for (var sample = 0; sample < 25; sample++)
        {
            var input = center.Select(value => (float)(value + radius * (2 * random.NextDouble() - 1) * 0.999)).ToArray();
            var values = new RoundedEvaluation(random).Values(network, input);
            foreach (var node in network.Nodes)
            {
                for (var i = 0; i < node.Size; i++)
                {
                    AssertWithin(values[node][i], computed.Bounds, node, i);
                    AssertWithin(values[node][i], optimised.Bounds, node, i);
                    if (!(real.Lower(node)[i] <= values[node][i] && values[node][i] <= real.Upper(node)[i])) outside++;
                }
            }

            var output = values[network.Output];
            for (var row = 0; row < rows.Length; row++)
            {
                var value = rows[row].Select((c, i) => c * output[i]).Sum();
                var rounding = 1e-14 * rows[row].Select((c, i) => Math.Abs(c * output[i])).Sum();
                Assert.True(minima[row] <= value + rounding, $"{value:R} lies below the bound {minima[row]:R}.");
                Assert.True(better[row] <= value + rounding, $"{value:R} lies below the optimised bound {better[row]:R}.");
            }
        }

        return outside;
    }

    private static void AssertWithin(double value, NodeBounds bounds, Node node, int i) => Assert.True(
        bounds.Lower(node)[i] <= value && value <= bounds.Upper(node)[i],
        $"{node} {i}: {value:R} lies outside [{bounds.Lower(node)[i]:R}, {bounds.Upper(node)[i]:R}].");
}
