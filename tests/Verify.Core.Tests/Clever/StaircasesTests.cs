using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Clever;

/// <summary>Transformations that are evaluated and not differentiated.</summary>
public sealed class StaircasesTests
{
    private static readonly CleverQuestion Question = new() { Norm = Norm.Linf, Radius = 0.3, Batches = 40, Samples = 128 };

    [Fact]
    public void Rounding_in_the_network_hides_no_steepness()
    {
        var plain = RandomNetworks.Dense(new Random(71), Tanh.Instance, 3, 8, 3);
        var rounding = Behind(plain, Rounded(new InputNode(3), levels: 64));
        float[] x = [0.2f, 0.6f, 0.4f];

        var report = CleverEstimator.Estimate(rounding, x, Question);
        var ofPlain = CleverEstimator.Estimate(plain, x, Question);

        Assert.Equal(["Fraction"], report.Transformations.ToArray());
        Assert.Equal(ofPlain.Score.Value, report.ScoreWithoutTransformation!.Value, 1e-9);
        foreach (var (with, without) in report.Scores.Zip(ofPlain.Scores))
            Assert.Equal(without.Constant.SampleMaximum, with.Constant.SampleMaximum, 0.02 * without.Constant.SampleMaximum);
        Assert.Null(ofPlain.ScoreWithoutTransformation);

        // The margin is that of the network with the transformation.
        var outputs = rounding.Evaluate<double>(Array.ConvertAll(x, v => (double)v));
        Assert.Equal(outputs[report.Label] - outputs[report.Nearest.Target], report.Nearest.Margin);
    }

    [Fact]
    public void A_linear_classifier_behind_a_staircase_has_the_steepness_of_its_weights()
    {
        var input = new InputNode(2);
        var classes = new DenseMap([3, -4, 0, 0], 2, 2);
        foreach (var node in new Node[] { Rounded(input, 8), new ElementwiseNode(input, PiecewiseLinear.Sign) })
        {
            var report = CleverEstimator.Estimate(new Network(input, new AffineNode(node, (LinearMap)classes)), [0.9f, -0.7f], Question with { Radius = 5 });
            Assert.Equal(report.Nearest.Margin / 7, report.Score.Value, 1e-12);
            Assert.Equal(5.5 / 7, report.ScoreWithoutTransformation!.Value, 1e-6);
        }
    }

    [Fact]
    public void A_transformation_of_the_callers_is_evaluated_and_not_differentiated()
    {
        var network = RandomNetworks.Dense(new Random(72), Tanh.Instance, 3, 8, 3);
        float[] x = [0.2f, 0.6f, 0.4f];
        var report = CleverEstimator.Estimate(network, x, Question with { Transformation = InputTransformation.BitDepth(6) });
        Assert.Equal(["6 bits"], report.Transformations.ToArray());
        Assert.Equal(CleverEstimator.Estimate(network, x, Question).Score, report.ScoreWithoutTransformation);
        foreach (var (with, without) in report.Scores.Zip(report.WithoutTransformation))
            Assert.Equal(without.Constant.SampleMaximum, with.Constant.SampleMaximum, 0.02 * without.Constant.SampleMaximum);
        Assert.NotEqual(report.Score, report.ScoreWithoutTransformation);

        // Every point becomes the same, where gradient and margin are known.
        var constant = new InputTransformation("one point", input => { for (var i = 0; i < input.Length; i++) input[i] = 0.5f; });
        foreach (var order in new[] { 1, 2 })
        {
            var score = CleverEstimator.Estimate(network, x, Question with { Transformation = constant, Order = order, Samples = 4 }).Nearest;
            var margin = new double[3];
            (margin[CleverEstimator.Estimate(network, [0.5f, 0.5f, 0.5f], Question).Label], margin[score.Target]) = (1, -1);
            var slope = DualNorm.Of<double>(Differentiation.Gradient(network, margin).Evaluate<double>([0.5, 0.5, 0.5]), Norm.Linf);
            if (order == 1) Assert.Equal(slope, score.Constant.Estimate.Value, 1e-12);
            else Assert.Equal(slope, score.Slope!.Value, 1e-12);
            Assert.Equal(EndPointBasis.TiedMaximum, score.Constant.Basis);
        }
    }

    [Fact]
    public void Transformations_round_to_their_levels()
    {
        float[] Apply(InputTransformation transformation, params float[] x)
        {
            transformation.Apply(x);
            return x;
        }

        Assert.Equal([0, 1f / 7, 1, 1, 0], Apply(InputTransformation.BitDepth(3), 0.05f, 0.1f, 0.95f, 2, -1));
        Assert.Equal([-1, 1], Apply(InputTransformation.BitDepth(1, -1, 1), -0.1f, 0.1f));
        Assert.Equal([0, 2, -2, 3], Apply(InputTransformation.Round, 0.5f, 1.5f, -1.5f, 3.2f));
        Assert.Throws<ArgumentOutOfRangeException>(() => InputTransformation.BitDepth(0));
        Assert.Throws<ArgumentException>(() => InputTransformation.Quantized("q", 0, 0, 0, 1));
    }

    [Fact]
    public void A_staircase_has_no_second_order()
    {
        var input = new InputNode(2);
        var network = Behind(RandomNetworks.Dense(new Random(73), Tanh.Instance, 2, 4, 2), Rounded(input, 8));
        Assert.Contains("Fraction", Assert.Throws<ArgumentException>(() => CleverEstimator.Estimate(network, [0, 0], Question with { Order = 2 })).Message, StringComparison.Ordinal);
    }

    /// <summary>⌊levels·x + ½⌋/levels, as an import writes it.</summary>
    private static AffineNode Rounded(InputNode input, double levels)
    {
        var half = new double[input.Size];
        Array.Fill(half, 0.5);
        var scaled = new AffineNode(input, ScaleMap.Uniform(input.Size, levels), half);
        var fraction = new ElementwiseNode(scaled, Fraction.Instance);
        return new AffineNode(
            [new AffineTerm(scaled, ScaleMap.Uniform(input.Size, 1 / levels)), new AffineTerm(fraction, ScaleMap.Uniform(input.Size, -1 / levels))],
            new double[input.Size]);
    }

    /// <summary>A fully connected network after a node.</summary>
    private static Network Behind(Network network, Node first)
    {
        var copies = new Dictionary<Node, Node> { [network.Input] = first };
        foreach (var node in network.Nodes.Skip(1))
            copies[node] = node is AffineNode affine ? affine.Over([copies[affine.Sources[0]]]) : new ElementwiseNode(copies[node.Sources[0]], ((ElementwiseNode)node).Activation);
        return new Network((InputNode)(first.Sources[0] is InputNode input ? input : first.Sources[0].Sources[0]), copies[network.Output]);
    }
}
