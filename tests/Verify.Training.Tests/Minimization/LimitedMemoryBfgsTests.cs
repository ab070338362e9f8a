using RobustVerify.Core.Networks.Activations;
using RobustVerify.Training.Minimization;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Minimization;

public sealed class LimitedMemoryBfgsTests
{
    [Fact]
    public void The_valley_of_Rosenbrock_ends_at_one_one()
    {
        var minimum = LimitedMemoryBfgs.Minimize(new Rosenbrock(), [-1.2, 1]);

        Assert.Equal(1, minimum.Parameters[0], 1e-6);
        Assert.Equal(1, minimum.Parameters[1], 1e-6);
        Assert.True(minimum.GradientNorm <= 1e-6);
        Assert.InRange(minimum.Evaluations, 10, 100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_smooth_network_is_trained_to_a_small_gradient(int seed)
    {
        var architecture = Architecture.FullyConnected([3, 5, 3], Tanh.Instance);
        var objective = new TrainingObjective(architecture, RandomExamples.Labelled(40, 3, 3), new TrainingLoss { WeightDecay = 1e-3 });

        var minimum = LimitedMemoryBfgs.Minimize(objective, architecture.Initialize((ulong)seed));

        Assert.True(minimum.GradientNorm <= 1e-6, $"the gradient is {minimum.GradientNorm}");
    }

    [Fact]
    public void Cancellation_is_heard()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => LimitedMemoryBfgs.Minimize(new Rosenbrock(), [0, 0], cancellation: source.Token));
    }

    private sealed class Rosenbrock : IObjective
    {
        public int Size => 2;

        public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
        {
            var (x, y) = (parameters[0], parameters[1]);
            gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
            gradient[1] = 200 * (y - x * x);
            return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x);
        }
    }
}
