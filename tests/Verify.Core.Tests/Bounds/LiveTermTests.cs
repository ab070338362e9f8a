using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Elements that count nowhere are left out of products, and no others.</summary>
public sealed class LiveTermTests
{
    // Of the first hidden layer, (x, −1 − x, x + 1), the second is inactive on [0, 1]; of the second, (a + b, b − c), the second.
    private static readonly AffineNode First = new(new InputNode(1), new DenseMap([1, -1, 1], 3, 1), [0, -1, 1]);
    private static readonly AffineNode Second =
        new(new ElementwiseNode(First, ReLU.Instance), new DenseMap([1, 5, 0, 7, 3, -1], 2, 3), [0, 0]);

    private static readonly Network Small =
        new((InputNode)First.Sources[0], new AffineNode(new ElementwiseNode(Second, ReLU.Instance), new DenseMap([1, 10], 1, 2), [0]));

    [Fact]
    public void Products_skip_a_source_that_is_zero_and_a_result_that_only_an_inactive_function_sees()
    {
        var second = new AffineNode(Second.Sources[0], new DenseMap([1, 5, 0, -7, 3, -1], 2, 3), [0, 0]);
        var network = new Network(Small.Input, new AffineNode(new ElementwiseNode(second, ReLU.Instance), new DenseMap([1, 10], 1, 2), [0]));
        var term = Term(network, second, InputRegion.Box([0], [1]));
        var result = new double[3];
        term.Backward<double>([2, 100], result, 1);
        Assert.Equal([2, 0, 0], result);
        var y = new float[2];
        term.Forward<float>([3, 100, 4], y, 1);
        Assert.Equal([3, 0], y);
    }

    [Fact]
    public void A_result_counts_where_one_region_of_the_batch_leaves_its_function_active()
    {
        // The second hidden neuron, −1 − x, is active on [−3, −2] only.
        var term = Term(Small, Second, InputRegion.Box([0], [1]), InputRegion.Box([-3], [-2]));
        var result = new double[3];
        term.Backward<double>([1, 1], result, 1);
        Assert.Equal([8, 8, -1], result);
    }

    [Fact]
    public void Rows_of_a_neuron_that_is_inactive_are_still_bounded()
    {
        var bounds = LinearBoundPropagation.Propagate(Small, [InputRegion.Box([0], [1])]).Bounds;
        var pass = new BackwardPass(bounds);
        var results = new double[1];
        pass.Descend(pass.Seed(First, [0, 1, 0], [0]), Small.IndexOf(First), results, CancellationToken.None);
        Assert.Equal(-2, results[0], 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Products_agree_with_the_whole_matrix_wherever_elements_count(int regions)
    {
        var random = new Random(31);
        for (var trial = 0; trial < 20; trial++)
        {
            var network = MostlyInactive(random);
            var bounds = LinearBoundPropagation.Propagate(network, [.. Enumerable.Range(0, regions).Select(_ => RandomBox(random, network.Input.Size))]).Bounds;
            foreach (var node in network.Nodes.OfType<AffineNode>())
            {
                var (source, map) = node.Terms[0];
                var term = new LiveTerm(node, node.Terms[0], bounds);
                var isOutput = node == network.Output;
                Compare<double>(1e-12);
                Compare<float>(1e-4);

                void Compare<T>(double tolerance) where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
                {
                    const int Rows = 5;
                    var a = Values(node.Size, i => isOutput || Any(node, i, (_, high) => high > 0));
                    var (back, expectedBack) = (new T[Rows * source.Size], new T[Rows * source.Size]);
                    term.Backward<T>(a, back, Rows);
                    map.Transpose.Accumulate<T>(a, expectedBack, Rows);
                    var x = Values(source.Size, i => Any(source, i, (low, high) => low != 0 || high != 0));
                    var (y, expectedY) = (new T[Rows * node.Size], new T[Rows * node.Size]);
                    term.Forward<T>(x, y, Rows);
                    map.Accumulate<T>(x, expectedY, Rows);
                    for (var i = 0; i < back.Length; i++)
                    {
                        if (Any(source, i % source.Size, (low, high) => low != 0 || high != 0))
                            Assert.Equal(double.CreateTruncating(expectedBack[i]), double.CreateTruncating(back[i]), tolerance);
                    }

                    for (var i = 0; i < y.Length; i++)
                    {
                        if (isOutput || Any(node, i % node.Size, (_, high) => high > 0))
                            Assert.Equal(double.CreateTruncating(expectedY[i]), double.CreateTruncating(y[i]), tolerance);
                    }

                    T[] Values(int size, Func<int, bool> counts) =>
                        [.. Enumerable.Range(0, Rows * size).Select(i => counts(i % size) ? T.CreateTruncating(random.NextDouble() - 0.5) : T.Zero)];
                }

                bool Any(Node of, int element, Func<double, double, bool> holds)
                {
                    for (var region = 0; region < regions; region++)
                    {
                        var at = region * of.Size + element;
                        if (holds(bounds.Lower(of)[at], bounds.Upper(of)[at])) return true;
                    }

                    return false;
                }
            }
        }
    }

    [Fact]
    public void No_sampled_value_lies_outside_the_bounds_of_a_network_that_is_mostly_inactive()
    {
        var random = new Random(32);
        for (var trial = 0; trial < 9; trial++) BoundsSoundnessTests.Check(MostlyInactive(random), random, trial);
    }

    private static LiveTerm Term(Network network, AffineNode node, params InputRegion[] regions) =>
        new(node, node.Terms[0], LinearBoundPropagation.Propagate(network, [.. regions]).Bounds);

    /// <summary>A network with so low biases that most of its neurons are inactive over a small region.</summary>
    private static Network MostlyInactive(Random random)
    {
        int[] sizes = [4, 24, 24, 24, 3];
        var input = new InputNode(sizes[0]);
        Node node = input;
        for (var k = 1; k < sizes.Length; k++)
        {
            var bias = RandomNetworks.RandomVector(random, sizes[k], 1);
            for (var i = 0; i < bias.Length; i++) bias[i] -= 0.5;
            node = new AffineNode(node, RandomNetworks.RandomDense(random, sizes[k], sizes[k - 1]), bias);
            if (k < sizes.Length - 1) node = new ElementwiseNode(node, ReLU.Instance);
        }

        return new Network(input, node);
    }

    private static InputRegion RandomBox(Random random, int size)
    {
        var center = RandomNetworks.RandomVector(random, size, 1);
        return InputRegion.Box([.. center.Select(x => x - 0.1)], [.. center.Select(x => x + 0.1)]);
    }
}
