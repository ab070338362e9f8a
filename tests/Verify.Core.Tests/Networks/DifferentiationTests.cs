using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Tests.Bounds;

namespace RobustVerify.Core.Tests.Networks;

public sealed class DifferentiationTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void The_gradient_network_agrees_with_finite_differences(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(31);
        foreach (var network in new[]
        {
            RandomNetworks.Dense(random, activation, 3, 6, 5, 3),
            RandomNetworks.WithProduct(random, activation, 3),
            RandomNetworks.Convolutional(random, activation),
        })
        {
            var coefficients = RandomNetworks.RandomVector(random, network.Output.Size, 1);
            var x = RandomNetworks.RandomVector(random, network.Input.Size, 1);
            var gradient = Differentiation.Gradient(network, coefficients).Evaluate<double>(x);
            var (pullback, value) = Differentiation.Pullback(network);
            var evaluation = Evaluation<double>.Of(pullback, [.. x, .. coefficients], 1);
            var pulled = evaluation[pullback.Output];
            Assert.Equal(network.Evaluate<double>(x), evaluation[value].ToArray());
            const double step = 1e-6;
            for (var i = 0; i < x.Length; i++)
            {
                var (low, high) = ((double[])x.Clone(), (double[])x.Clone());
                (low[i], high[i]) = (low[i] - step, high[i] + step);
                var difference = (Value(network, coefficients, high) - Value(network, coefficients, low)) / (2 * step);
                Assert.Equal(difference, gradient[i], 1e-4 * (1 + Math.Abs(difference)));
                Assert.Equal(gradient[i], pulled[i], 1e-10 * (1 + Math.Abs(gradient[i])));
            }
        }
    }

    [Fact]
    public void A_gradient_can_be_differentiated_again()
    {
        var random = new Random(32);
        var network = RandomNetworks.Dense(random, Tanh.Instance, 2, 4, 1);
        var hessian = Enumerable.Range(0, 2).Select(i => Differentiation.Gradient(Differentiation.Gradient(network, 0), i)).ToArray();
        double[] x = [0.3, -0.2];
        Assert.Equal(hessian[0].Evaluate<double>(x)[1], hessian[1].Evaluate<double>(x)[0], 1e-12);
    }

    [Fact]
    public void Several_gradients_share_a_network()
    {
        var random = new Random(33);
        foreach (var network in new[] { RandomNetworks.Dense(random, Tanh.Instance, 3, 6, 5, 3), RandomNetworks.WithProduct(random, ReLU.Instance, 3), RandomNetworks.Dense(random, ReLU.Instance, 2, 4) })
        {
            var functions = Enumerable.Range(0, 4).Select(_ => RandomNetworks.RandomVector(random, network.Output.Size, 1)).ToArray();
            var (joined, gradients) = Differentiation.Gradients(network, functions);
            var x = RandomNetworks.RandomVector(random, network.Input.Size, 1);
            var evaluation = Evaluation<double>.Of(joined, x, 1);
            foreach (var (function, gradient) in functions.Zip(gradients))
                Assert.Equal(Differentiation.Gradient(network, function).Evaluate<double>(x), evaluation[gradient].ToArray());
            var derivatives = network.Nodes.OfType<ElementwiseNode>().Count();
            Assert.InRange(joined.Nodes.OfType<ElementwiseNode>().Count(), 0, 2 * derivatives);
        }
    }

    [Fact]
    public void A_derivative_may_be_replaced()
    {
        var network = RandomNetworks.Dense(new Random(34), PiecewiseLinear.Sign, 2, 3, 2);
        var identity = new Quadratic(1, 0, 0);
        var (joined, gradients) = Differentiation.Gradients(network, [[1, -1]], _ => identity);
        var linear = new Network(network.Input, ((AffineNode)network.Output).Over([((ElementwiseNode)network.Output.Sources[0]).Source]));
        Assert.Equal(Differentiation.Gradient(linear, [1, -1]).Evaluate<double>([0.3, 0.4]), Evaluation<double>.Of(joined, [0.3, 0.4], 1)[gradients[0]].ToArray());
    }

    private static double Value(Network network, double[] coefficients, double[] x) =>
        Sampling.Range(network, coefficients, x).Least;
}
