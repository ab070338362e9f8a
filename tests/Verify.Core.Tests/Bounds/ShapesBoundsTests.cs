using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;
using RobustVerify.Core.Tests.Onnx;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Shapes beyond a chain of layers, against closed forms: shared nodes, maxima, powers, many periods.</summary>
[Trait("Category", "Simd")]
public sealed class ShapesBoundsTests
{
    [Fact]
    public void A_deep_residual_network_is_passed_once_and_its_shared_nodes_accumulate()
    {
        // Every block doubles what is positive. Along every path apart there would be 2⁵⁰ rows.
        const int depth = 50;
        var input = new InputNode(40);
        Node stream = input;
        for (var k = 0; k < depth; k++)
        {
            var branch = new ElementwiseNode(new AffineNode(stream, SelectionMap.Identity(40)), ReLU.Instance);
            stream = new AffineNode(
                [new AffineTerm(stream, SelectionMap.Identity(40)), new AffineTerm(branch, SelectionMap.Identity(40))], new double[40]);
        }

        var network = new Network(input, new AffineNode(stream, ScaleMap.Uniform(40, Math.ScaleB(1, -depth))));
        var region = InputRegion.Box(Enumerable.Repeat(1.0, 40).ToArray(), Enumerable.Repeat(2.0, 40).ToArray());
        var row = new double[40];
        (row[0], row[1]) = (1, -1);
        Assert.Equal(-1, LinearBoundPropagation.Propagate(network, [region]).LowerBounds(row)[0], 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_sampled_value_of_a_residual_network_lies_outside_its_bounds(int trial)
    {
        var random = new Random(trial);
        var input = new InputNode(4);
        Node stream = input;
        for (var k = 0; k < 4; k++)
        {
            var hidden = new ElementwiseNode(new AffineNode(stream, RandomNetworks.RandomDense(random, 5, 4)), k % 2 == 0 ? ReLU.Instance : Tanh.Instance);
            stream = new AffineNode(
                [new AffineTerm(stream, SelectionMap.Identity(4)), new AffineTerm(hidden, RandomNetworks.RandomDense(random, 4, 5))],
                RandomNetworks.RandomVector(random, 4, 0.3));
        }

        BoundsSoundnessTests.Check(new Network(input, stream), random, trial);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_maximum_that_one_element_always_is_is_that_element(int largest)
    {
        var builder = new ModelBuilder();
        builder.Node("MaxPool", [builder.Input([1, 1, 2, 2])], ("kernel_shape", new[] { 2, 2 }));
        var (low, high) = (new double[4], Enumerable.Repeat(1.0, 4).ToArray());
        (low[largest], high[largest]) = (1.5, 3);
        var propagation = LinearBoundPropagation.Propagate(builder.Import().Network, [InputRegion.Box(low, high)]);
        Assert.Equal(1.5, propagation.LowerBounds([1])[0], 1e-9);
        Assert.Equal(-3, propagation.LowerBounds([-1])[0], 1e-9);
    }

    [Fact]
    public void Powers_of_one_tensor_are_one_convex_function()
    {
        var builder = new ModelBuilder();
        var x = builder.Input([2]);
        var square = builder.Node("Mul", [x, x]);
        builder.Node("Concat", [square, builder.Node("Mul", [square, x]), builder.Node("Mul", [square, square])], ("axis", 0));
        var network = builder.Import().Network;
        Assert.Empty(network.Nodes.OfType<ProductNode>());
        var propagation = LinearBoundPropagation.Propagate(network, [InputRegion.Box([-1, 2], [3, 5])]);
        (double Low, double High)[] exact = [(0, 9), (4, 25), (-1, 27), (8, 125), (0, 81), (16, 625)];
        for (var i = 0; i < exact.Length; i++)
        {
            Assert.Equal(exact[i].Low, propagation.Bounds.Lower(network.Output)[i], 1e-9);
            Assert.Equal(exact[i].High, propagation.Bounds.Upper(network.Output)[i], 1e-9);
        }

        // x² − 2x ≥ −1 by the tangent at 1 in the middle of [−1, 3], and ≤ 3 by the chord.
        var difference = new AffineNode(
            [new AffineTerm(network.Nodes.OfType<ElementwiseNode>().First(node => node.Activation.Name == "Square"), SelectionMap.Identity(2)), new AffineTerm(network.Input, ScaleMap.Uniform(2, -2))],
            new double[2]);
        var bounds = LinearBoundPropagation.Propagate(new Network(network.Input, difference), [InputRegion.Box([-1, 2], [3, 5])]);
        Assert.Equal(-1, bounds.LowerBounds([1, 0])[0], 1e-9);
        Assert.Equal(-3, bounds.LowerBounds([-1, 0])[0], 1e-9);
    }

    [Theory]
    [InlineData(1e3)]
    [InlineData(1e9)]
    public void A_sine_over_many_periods_lies_between_its_extremes_whatever_their_number(double width)
    {
        var input = new InputNode(1);
        var sine = new ElementwiseNode(input, Sine.Sin);
        var network = new Network(input, new AffineNode(
            [new AffineTerm(sine, SelectionMap.Identity(1)), new AffineTerm(input, ScaleMap.Uniform(1, 1 / width))], [0]));
        var propagation = LinearBoundPropagation.Propagate(network, [InputRegion.Box([0], [width])]);
        Assert.Equal((-1, 1), (Math.Round(propagation.Bounds.Lower(sine)[0], 9), Math.Round(propagation.Bounds.Upper(sine)[0], 9)));

        // Lines of slope zero are best: what is added keeps its own range.
        Assert.Equal(-1, propagation.LowerBounds([1])[0], 1e-6);
        Assert.Equal(-2, propagation.LowerBounds([-1])[0], 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_sampled_value_of_a_dynamical_system_lies_outside_its_bounds(int trial)
    {
        // Sines of several periods, their products with one another and with the input, and a quadratic form.
        var random = new Random(trial);
        var input = new InputNode(3);
        var angles = new AffineNode(input, new DenseMap(RandomNetworks.RandomVector(random, 9, 12), 3, 3));
        var (sine, cosine) = (new ElementwiseNode(angles, Sine.Sin), new ElementwiseNode(angles, Sine.Cos));
        var next = new AffineNode(
            [new AffineTerm(new ProductNode(sine, cosine), SelectionMap.Identity(3)), new AffineTerm(new ProductNode(sine, input), SelectionMap.Identity(3))],
            new double[3]);
        var form = new ProductNode(next, new AffineNode(next, RandomNetworks.RandomDense(random, 3, 3)));
        BoundsSoundnessTests.Check(new Network(input, form), random, trial);
    }
}
