using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;
using RobustVerify.Core.Tests.Onnx;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Softmax and attention: closed forms, and what follows from a sum of one.</summary>
[Trait("Category", "Simd")]
public sealed class SoftmaxBoundsTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    public void Interval_bounds_of_a_softmax_are_the_exact_range(int length)
    {
        var random = new Random(length);
        var network = Softmax(1, length);
        var (low, high) = Box(random, length, 1);
        var bounds = IntervalPropagation.Propagate(network, [InputRegion.Box(low, high)]);
        for (var i = 0; i < length; i++)
        {
            double Value(double[] own, double[] others) =>
                Math.Exp(own[i]) / (Math.Exp(own[i]) + Enumerable.Range(0, length).Where(j => j != i).Sum(j => Math.Exp(others[j])));
            Assert.Equal(Value(low, high), bounds.Lower(network.Output)[i], 1e-12);
            Assert.Equal(Value(high, low), bounds.Upper(network.Output)[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(3, 100)]
    [InlineData(100, 3)]
    [InlineData(100, 400)]
    public void Bounds_of_a_softmax_lie_between_zero_and_one_however_wide_the_region(int length, double radius)
    {
        var network = Softmax(1, length);
        var region = InputRegion.Ball(RandomNetworks.RandomVector(new Random(1), length, 1), radius, Norm.Linf);
        foreach (var bounds in new[] { IntervalPropagation.Propagate(network, [region]), LinearBoundPropagation.Propagate(network, [region]).Bounds })
        {
            Assert.All(bounds.Lower(network.Output).ToArray(), low => Assert.InRange(low, 0, 1));
            Assert.All(bounds.Upper(network.Output).ToArray(), high => Assert.InRange(high, 0, 1));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(70)]
    public void The_sum_of_a_softmax_is_bounded_by_one(int length)
    {
        var network = Softmax(2, length);
        var (low, high) = Box(new Random(3), 2 * length, 2);
        var propagation = LinearBoundPropagation.Propagate(network, [InputRegion.Box(low, high)]);
        foreach (var sign in new[] { 1.0, -1.0 })
        {
            double[] row = [.. Enumerable.Repeat(sign, length), .. new double[length]];
            Assert.Equal(sign, propagation.LowerBounds(row)[0], 1e-9);
            Assert.True(propagation.LowerBounds(row)[0] <= sign);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public void An_average_by_attention_is_bounded_better_than_by_independent_weights(int length)
    {
        // Σ sₖ vₖ of constants that all are near 100 varies as little as they differ.
        var builder = new ModelBuilder();
        builder.Node("MatMul", [builder.Node("Softmax", [builder.Input([1, length])]), builder.Floats([length, 1], [.. Enumerable.Range(0, length).Select(i => 100.0 + i % 2)])]);
        var network = builder.Import().Network;
        var region = InputRegion.Ball(new double[length], 0.5, Norm.Linf);
        var propagation = LinearBoundPropagation.Propagate(network, [region]);
        var (least, most) = (propagation.LowerBounds([1])[0], -propagation.LowerBounds([-1])[0]);
        Assert.InRange(least, 99.9, 100.5);
        Assert.InRange(most, 100.5, 101.1);
        var independent = IntervalPropagation.Propagate(network, [region]);
        Assert.True(most - least < (independent.Upper(network.Output)[0] - independent.Lower(network.Output)[0]) / 10);
    }

    [Fact]
    public void The_weighted_median_has_at_most_half_of_the_weight_on_either_side()
    {
        var random = new Random(11);
        for (var trial = 0; trial < 2000; trial++)
        {
            var values = Enumerable.Range(0, 1 + trial % 20).Select(_ => (double)random.Next(trial % 3 == 0 ? 4 : 1000)).ToArray();
            var weights = values.Select(_ => trial % 5 == 0 ? 0.0 : random.Next(4)).ToArray();
            var median = Simplex.Median((double[])values.Clone(), (double[])weights.Clone());
            Assert.Contains(median, values);
            var half = weights.Sum() / 2;
            Assert.True(values.Zip(weights).Where(pair => pair.First < median).Sum(pair => pair.Second) <= half);
            Assert.True(values.Zip(weights).Where(pair => pair.First > median).Sum(pair => pair.Second) <= half);
        }
    }

    [Fact]
    public void A_softmax_is_bounded_in_one_step_as_it_is_function_by_function()
    {
        const int length = 5;
        var random = new Random(8);
        var dense = RandomNetworks.RandomDense(random, length, 3);
        var mixing = RandomNetworks.RandomDense(random, 2, length);
        InputRegion[] regions = [.. Enumerable.Range(0, 3).Select(_ => InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.3, Norm.Linf))];
        var (whole, parts) = (Propagate(sameSource: true), Propagate(sameSource: false));
        for (var trial = 0; trial < 12; trial++)
        {
            var row = RandomNetworks.RandomVector(random, 2, 1);
            Assert.Equal(parts.LowerBounds(row, trial % 3)[0], whole.LowerBounds(row, trial % 3)[0], 1e-12);
        }

        // Where the differences are those of two nodes, a node and its copy, the functions are passed one by one.
        LinearBoundPropagation Propagate(bool sameSource)
        {
            var input = new InputNode(3);
            var scores = new ElementwiseNode(new AffineNode(input, dense), Tanh.Instance);
            var others = sameSource ? (Node)scores : new AffineNode(scores, SelectionMap.Identity(length));
            var pairs = Enumerable.Range(0, length * length).Select(k => (I: k / length, J: k % length)).Where(pair => pair.I < pair.J).ToArray();
            var differences = new AffineNode(
                [
                    new AffineTerm(scores, new SelectionMap(length, [.. pairs.Select(pair => pair.I)])),
                    new AffineTerm(others, new CompositionMap(ScaleMap.Uniform(pairs.Length, -1), new SelectionMap(length, [.. pairs.Select(pair => pair.J)]))),
                ],
                new double[pairs.Length]);
            var sum = new AffineNode(
                [
                    new AffineTerm(new ElementwiseNode(differences, Exp.Instance), new BlockSumMap(length, [.. pairs.Select(pair => pair.J)])),
                    new AffineTerm(new ElementwiseNode(differences, Exp.Reciprocal), new BlockSumMap(length, [.. pairs.Select(pair => pair.I)])),
                ],
                [.. Enumerable.Repeat(1.0, length)]);
            var softmax = new ElementwiseNode(sum, Power.Reciprocal) { Simplex = length };
            return LinearBoundPropagation.Propagate(new Network(input, new AffineNode(softmax, mixing)), [.. regions]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_sampled_value_of_attention_lies_outside_its_bounds(int trial) =>
        BoundsSoundnessTests.Check(Attention(), new Random(trial), trial);

    /// <summary>Two tokens' scaled dot products, softmax, the weighted values, a residual connection and a ReLU.</summary>
    internal static Network Attention()
    {
        var builder = new ModelBuilder();
        var x = builder.Input([3, 2]);
        var (query, key, value) = (Projection(), Projection(), Projection());
        var scores = builder.Node("MatMul", [query, builder.Node("Transpose", [key], ("perm", new[] { 1, 0 }))]);
        var mixed = builder.Node("MatMul", [builder.Node("Softmax", [scores]), value]);
        var hidden = builder.Node("Relu", [builder.Node("Add", [mixed, x])]);
        builder.Node("Reshape", [builder.Node("MatMul", [hidden, builder.Weights(2, 2)]), builder.Integers(6)]);
        return builder.Import().Network;

        string Projection() => builder.Node("Add", [builder.Node("MatMul", [x, builder.Weights(2, 2)]), builder.Weights(2)]);
    }

    private static Network Softmax(int rows, int length)
    {
        var builder = new ModelBuilder();
        builder.Node("Softmax", [builder.Input([rows, length])]);
        return builder.Import().Network;
    }

    private static (double[] Low, double[] High) Box(Random random, int size, double radius)
    {
        var center = RandomNetworks.RandomVector(random, size, 1);
        return ([.. center.Select(c => c - radius * random.NextDouble())], [.. center.Select(c => c + radius * random.NextDouble())]);
    }
}
