using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Lipschitz;

/// <summary>The smallest networks w₂·ReLU(w₁x + b), whose constants are known in closed form.</summary>
public sealed class ClosedFormTests
{
    /// <summary>Second and first weights, biases, an interval; the constant, that of closed regions, and those of three methods.</summary>
    public static TheoryData<double[], double[], double[], double, double, double, double, double, double, double> Cases => new()
    {
        { [1, -1], [1, -1], [0, 0], -1, 1, 1, 2, 2, 2, 2 }, // ReLU(x) − ReLU(−x) = x
        { [1, -1], [1, -1], [0, 0.5], -1, 1, 2, 2, 2, 2, 2 }, // ReLU(x) − ReLU(−x + b), b > 0
        { [1, -1], [1, -1], [0, -0.5], -1, 1, 1, 1, 2, 2, 2 }, // the same, b < 0
        { [1, 1], [1, -1], [0, 0], -1, 1, 1, 1, 2, Math.Sqrt(2), 1 }, // |x|
        { [1], [1], [0], -2, -1, 0, 0, 1, 1, 1 }, // ReLU(x) where it is off
    };

    [Fact]
    public void A_ball_that_touches_its_domain_in_one_point_has_no_lower_bound()
    {
        var input = new InputNode(2);
        var sum = new Network(input, new AffineNode(input, new DenseMap([1, 1], 1, 2)));
        LipschitzConstant Over(double radius) =>
            LipschitzEstimation.Bound(new LipschitzQuestion(sum, Norm.L2, InputRegion.Ball([0, 0], radius, Norm.L2, InputRegion.Box([1, -1], [2, 1]))));

        Assert.Equal(0, Over(1).Lower);
        Assert.Equal(Math.Sqrt(2), Over(1.25).Lower, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Constants_are_exact_and_ties_are_told(
        double[] second, double[] first, double[] bias, double low, double high, double exact, double closed, double product, double formula, double multipliers)
    {
        var network = Network(second, first, bias);
        foreach (var norm in Enum.GetValues<Norm>())
        {
            var question = new LipschitzQuestion(network, norm, InputRegion.Box([low], [high]));
            var constant = LipschitzEstimation.Bound(question);
            Assert.Equal(LipschitzStatus.Exact, constant.Status);
            Assert.Equal(exact, constant.Upper, 1e-9);
            var proved = LipschitzEstimation.Prove(question);
            Assert.Equal(LipschitzStatus.Exact, proved.Status);
            Assert.Equal(exact, proved.Upper, 1e-9);
            Assert.InRange(exact, constant.Lower, constant.Upper);
            if (constant.Closed is { } tie) Assert.Equal(closed, tie, 1e-9);
            Assert.Equal(closed > exact, constant.Explanation is not null);
        }

        var everywhere = new LipschitzQuestion(network, Norm.L2);
        Assert.Equal(product, LipschitzEstimation.Upper(everywhere, LipschitzMethod.NormProduct), 1e-9);
        Assert.Equal(formula, LipschitzEstimation.Upper(everywhere, LipschitzMethod.EclipseFast), 1e-8 * formula);
        Assert.Equal(multipliers, LipschitzEstimation.Upper(everywhere, LipschitzMethod.SlopeProgram, new() { Divisions = 0 }), 2e-4);
    }

    [Fact]
    public void A_constant_network_and_a_single_point_have_the_constant_zero()
    {
        var network = Network([0, 0], [1, -1], [0.5, 0.25]);
        Assert.Equal(0, LipschitzEstimation.Bound(new LipschitzQuestion(network, Norm.L2)).Upper, 1e-9);
        var point = LipschitzEstimation.Bound(new LipschitzQuestion(Network([1], [1], [0]), Norm.L2, InputRegion.Box([0.5], [0.5])));
        Assert.Equal((0, 0), (point.Lower, point.Upper));
    }

    [Fact]
    public void An_affine_network_has_the_norm_of_its_matrix()
    {
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([3, 4, 0, -5], 2, 2), [1, 1]));
        foreach (var (norm, expected) in new[] { (Norm.L1, 9), (Norm.L2, Math.Sqrt(45)), (Norm.Linf, 7.0) })
        {
            foreach (var region in new[] { null, InputRegion.Box([-1, -1], [1, 1]) })
            {
                var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, region));
                Assert.Equal(LipschitzStatus.Exact, constant.Status);
                Assert.Equal(expected, constant.Upper, 1e-9 * expected);
            }
        }
    }

    [Fact]
    public void Inputs_that_are_fixed_do_not_count()
    {
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([3, 4], 1, 2)));
        var constant = LipschitzEstimation.Bound(new LipschitzQuestion(network, Norm.L2, InputRegion.Box([-1, 0.5], [1, 0.5])));
        Assert.Equal(3, constant.Upper, 1e-9);
        Assert.Equal([0.5], constant.Witness.Skip(1));
    }

    [Fact]
    public void A_network_that_jumps_has_no_bound()
    {
        var input = new InputNode(1);
        var network = new Network(input, new ElementwiseNode(input, PiecewiseLinear.Step));
        Assert.Equal(double.PositiveInfinity, LipschitzEstimation.Bound(new LipschitzQuestion(network, Norm.L2, InputRegion.Box([-1], [1]))).Upper);
        Assert.Equal(0, LipschitzEstimation.Bound(new LipschitzQuestion(network, Norm.L2, InputRegion.Box([0.5], [1]))).Upper);
    }

    private static Network Network(double[] second, double[] first, double[] bias)
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(first, first.Length, 1), bias), ReLU.Instance);
        return new Network(input, new AffineNode(hidden, new DenseMap(second, 1, second.Length)));
    }
}
