using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Bounds of the gradient network bound the Lipschitz constant; the smallest cases are known in closed form.</summary>
public sealed class GradientBoundsTests
{
    /// <summary>Weights and biases of w₂·ReLU(w₁x + b), an interval, the exact constant, and what independent phases allow.</summary>
    public static TheoryData<double[], double[], double[], double, double, double, double> Cases => new()
    {
        { [1, -1], [1, -1], [0, 0], -1, 1, 1, 2 }, // ReLU(x) − ReLU(−x) = x
        { [1, -1], [1, -1], [0, 0.5], -1, 1, 2, 2 }, // ReLU(x) − ReLU(−x + b), b > 0
        { [1, -1], [1, -1], [0, -0.5], -1, 1, 1, 2 }, // the same, b < 0
        { [1, 1], [1, -1], [0, 0], -1, 1, 1, 1 }, // ReLU(x) + ReLU(−x) = |x|
        { [1], [1], [0], -2, -1, 0, 0 }, // ReLU(x) where it is off
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bounds_of_the_gradient_enclose_the_exact_constant_and_reach_the_formal_one(
        double[] second, double[] first, double[] bias, double low, double high, double exact, double formal)
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(first, first.Length, 1), bias), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap(second, 1, second.Length)));
        var gradient = Differentiation.Gradient(network, 0);
        var region = InputRegion.Box([low], [high]);

        var points = Sampling.Points(region, 1000, new Random(1));
        var (least, most) = Sampling.Range(gradient, [1], points);
        Assert.Equal(exact, Math.Max(Math.Abs(least), Math.Abs(most)));

        var interval = IntervalPropagation.Propagate(gradient, [region]);
        var bound = Math.Max(Math.Abs(interval.Lower(gradient.Output)[0]), Math.Abs(interval.Upper(gradient.Output)[0]));
        Assert.Equal(formal, bound, 1e-12);
        var minima = LinearBoundPropagation.Propagate(gradient, [region]).LowerBounds([1, -1]);
        Assert.InRange(Math.Max(-minima[0], -minima[1]), exact, formal + 1e-12);
    }
}
