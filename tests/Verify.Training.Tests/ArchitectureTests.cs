using RobustVerify.Core.Networks.Activations;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Tests;

public sealed class ArchitectureTests
{
    [Fact]
    public void Parameters_lie_layer_after_layer_weights_before_biases()
    {
        var architecture = Architecture.FullyConnected([2, 3, 1], Tanh.Instance);
        double[] parameters = [.. Enumerable.Range(0, 13).Select(i => (double)i)];

        Assert.Equal(13, architecture.ParameterCount);
        Assert.Equal([0, 1, 2, 3, 4, 5], architecture.Weights((ReadOnlySpan<double>)parameters, 0));
        Assert.Equal([6, 7, 8], architecture.Bias((ReadOnlySpan<double>)parameters, 0));
        Assert.Equal([9, 10, 11], architecture.Weights((ReadOnlySpan<double>)parameters, 2));
        Assert.Equal([12], architecture.Bias((ReadOnlySpan<double>)parameters, 2));
    }

    [Fact]
    public void Initial_weights_have_the_variance_that_keeps_signals_alive()
    {
        var relu = Architecture.FullyConnected([200, 300, 100], ReLU.Instance);
        var parameters = relu.Initialize(1);

        Assert.Equal(2.0 / 200, MeanSquare(relu.Weights((ReadOnlySpan<double>)parameters, 0)), 3e-4);
        Assert.Equal(2.0 / 400, MeanSquare(relu.Weights((ReadOnlySpan<double>)parameters, 2)), 1e-4);
        Assert.Equal(0, MeanSquare(relu.Bias((ReadOnlySpan<double>)parameters, 0)));
    }

    [Fact]
    public void A_seed_gives_the_same_parameters_and_another_seed_others()
    {
        var architecture = Architecture.FullyConnected([4, 6, 3], Tanh.Instance);

        Assert.Equal(architecture.Initialize(5), architecture.Initialize(5));
        Assert.NotEqual(architecture.Initialize(5), architecture.Initialize(6));
    }

    [Fact]
    public void Layers_must_fit_and_end_in_scores()
    {
        Assert.Throws<ArgumentException>(() => new Architecture([new DenseLayer(2, 3), new DenseLayer(2, 1)]));
        Assert.Throws<ArgumentException>(() => new Architecture([new DenseLayer(2, 3), new ActivationLayer(3, ReLU.Instance)]));
        Assert.Throws<ArgumentException>(() => new ActivationLayer(3, Erf.Instance));
    }

    private static double MeanSquare(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value * value / values.Length;
        return sum;
    }
}
