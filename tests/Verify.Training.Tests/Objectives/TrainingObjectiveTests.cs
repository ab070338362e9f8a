using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Objectives;

public sealed class TrainingObjectiveTests
{
    public static TheoryData<string> Functions => [.. ActivationLayer.Functions.Keys];

    [Theory]
    [MemberData(nameof(Functions))]
    public void The_gradient_of_the_cross_entropy_is_that_of_its_values(string function)
    {
        var architecture = Architecture.FullyConnected([4, 6, 5, 3], ActivationLayer.Functions[function]);
        var objective = new TrainingObjective(architecture, RandomExamples.Labelled(20, 4, 3), new TrainingLoss { WeightDecay = 0.01 });

        FiniteDifferences.Agree(objective, architecture.Initialize(1));
    }

    [Fact]
    public void The_gradient_of_the_squared_error_is_that_of_its_values()
    {
        var architecture = Architecture.FullyConnected([4, 6, 2], Tanh.Instance);
        var objective = new TrainingObjective(
            architecture, RandomExamples.Valued(20, 4, 2), new TrainingLoss { Task = TaskTerm.SquaredError, WeightDecay = 0.01 });

        FiniteDifferences.Agree(objective, architecture.Initialize(1));
    }

    [Fact]
    public void The_loss_is_that_of_the_network()
    {
        var architecture = Architecture.FullyConnected([4, 6, 3], Sigmoid.Instance);
        var (examples, parameters) = (RandomExamples.Labelled(20, 4, 3), architecture.Initialize(3));
        var network = architecture.ToNetwork(parameters);
        var expected = Enumerable.Range(0, examples.Count).Average(i =>
        {
            var scores = network.Evaluate(examples.Input(i));
            return Math.Log(scores.Sum(Math.Exp)) - scores[examples.Label(i)];
        });

        var value = new TrainingObjective(architecture, examples, new TrainingLoss()).Evaluate(parameters, new double[architecture.ParameterCount]);

        Assert.Equal(expected, value, 1e-12);
    }

    [Fact]
    public void Parts_change_the_loss_by_rounding_only()
    {
        var architecture = Architecture.FullyConnected([30, 100, 10], ReLU.Instance);
        var (examples, parameters) = (RandomExamples.Labelled(1000, 30, 10), architecture.Initialize(3));
        var objective = new TrainingObjective(architecture, examples, new TrainingLoss());
        var (gradient, mean, one) = (new double[objective.Size], new double[objective.Size], new double[objective.Size]);

        var value = objective.Evaluate(parameters, gradient);
        var sum = 0.0;
        for (var i = 0; i < examples.Count; i++)
        {
            sum += objective.Evaluate(parameters, [i], one) / examples.Count;
            for (var j = 0; j < one.Length; j++) mean[j] += one[j] / examples.Count;
        }

        Assert.Equal(sum, value, 1e-12);
        for (var j = 0; j < mean.Length; j++) Assert.Equal(mean[j], gradient[j], 1e-12);
    }

    [Fact]
    public async Task One_thread_gives_the_same_bits_as_several()
    {
        var architecture = Architecture.FullyConnected([30, 100, 10], ReLU.Instance);
        var parameters = architecture.Initialize(3);
        var objective = new TrainingObjective(architecture, RandomExamples.Labelled(1000, 30, 10), new TrainingLoss());
        var (several, one) = (new double[objective.Size], new double[objective.Size]);

        var value = objective.Evaluate(parameters, several);
        var alone = await Task.Factory.StartNew(
            () => objective.Evaluate(parameters, one), CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

        Assert.Equal(value, alone);
        Assert.Equal(several, one);
    }

    [Fact]
    public void A_label_that_is_no_output_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new TrainingObjective(
            Architecture.FullyConnected([1, 2], Tanh.Instance), new Examples([0, 1], [0, 2], 2), new TrainingLoss()));

        Assert.Contains("label 2 of example 1", error.Message, StringComparison.Ordinal);
    }
}
