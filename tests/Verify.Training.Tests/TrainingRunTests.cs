using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests;

public sealed class TrainingRunTests
{
    private static readonly TrainingLoss Sensitive = new()
    {
        WeightDecay = 1e-4,
        SensitivityWeight = 0.1,
        Perturbation = new Perturbation([0.1, 0.1], [-1, -1], [1, 1]),
    };

    public static TheoryData<TrainingMethod> Methods => [TrainingMethod.Adam, TrainingMethod.Lbfgs];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Training_learns_which_side_of_a_circle_a_point_is_on(TrainingMethod method)
    {
        var architecture = Architecture.FullyConnected([2, 12, 2], Tanh.Instance);
        var plan = new TrainingPlan { Method = method, Epochs = method == TrainingMethod.Adam ? 120 : 4, RampEpochs = 2, Seed = 1 };
        var training = new TrainingRun(architecture, Circle(300), new TrainingLoss { WeightDecay = 1e-5 }, plan);

        while (!training.IsFinished) training.Advance();

        var assessment = Assessment.Of(architecture, training.State.Parameters, Circle(301), new TrainingLoss());
        Assert.True(assessment.Accuracy > 0.92, $"{assessment} after {training.State.Loss}");
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_training_that_is_taken_up_again_ends_where_it_would_have_ended(TrainingMethod method)
    {
        var architecture = Architecture.FullyConnected([2, 5, 2], Tanh.Instance);
        var plan = new TrainingPlan { Method = method, Epochs = 6, RampEpochs = 4, Seed = 3, BatchSize = 32 };
        var whole = new TrainingRun(architecture, Circle(100), Sensitive, plan);
        while (!whole.IsFinished) whole.Advance();

        var first = new TrainingRun(architecture, Circle(100), Sensitive, plan);
        for (var epoch = 0; epoch < 3; epoch++) first.Advance();
        var second = new TrainingRun(architecture, Circle(100), Sensitive, plan, first.State);
        while (!second.IsFinished) second.Advance();

        Assert.Equal(whole.State.Parameters, second.State.Parameters);
        Assert.Equal(whole.State.Loss, second.State.Loss);
    }

    [Fact]
    public void A_cancelled_epoch_leaves_the_last_state()
    {
        var training = new TrainingRun(Architecture.FullyConnected([2, 5, 2], Tanh.Instance), Circle(100), Sensitive, new TrainingPlan());
        training.Advance();
        var state = training.State;
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => training.Advance(source.Token));

        Assert.Same(state, training.State);
    }

    [Fact]
    public void The_sensitivity_term_narrows_what_is_reachable()
    {
        var architecture = Architecture.FullyConnected([2, 12, 2], ReLU.Instance);
        var plan = new TrainingPlan { Epochs = 60, RampEpochs = 20, Seed = 1 };

        Assert.True(Width(Sensitive with { SensitivityWeight = 0.3 }) < 0.8 * Width(Sensitive with { SensitivityWeight = 0 }));

        double Width(TrainingLoss loss)
        {
            var training = new TrainingRun(architecture, Circle(300), loss, plan);
            while (!training.IsFinished) training.Advance();
            return Assessment.Of(architecture, training.State.Parameters, Circle(301), loss).MedianWidth!.Value;
        }
    }

    [Fact]
    public void Values_are_learnt_too()
    {
        var architecture = Architecture.FullyConnected([2, 8, 1], Tanh.Instance);
        var circle = Circle(200);
        var examples = new Examples(circle.Inputs, [.. Enumerable.Range(0, 200).Select(i => circle.Input(i)[0] * circle.Input(i)[1])], 200);
        var loss = new TrainingLoss { Task = TaskTerm.SquaredError, Perturbation = Sensitive.Perturbation };
        var training = new TrainingRun(architecture, examples, loss, new TrainingPlan { Method = TrainingMethod.Lbfgs, Epochs = 5 });

        while (!training.IsFinished) training.Advance();

        var assessment = Assessment.Of(architecture, training.State.Parameters, examples, loss);
        Assert.Null(assessment.Accuracy);
        Assert.True(assessment.Loss < 1e-3, $"the loss is {assessment.Loss}");
        Assert.NotNull(assessment.MedianWidth);
    }

    // Labels 0 and 1 are inside and outside of half a circle's area.
    private static Examples Circle(int count)
    {
        var points = new double[count * 2];
        RandomStream.From("circle", (ulong)count).Fill(points, -1, 1);
        return new Examples(points, [.. Enumerable.Range(0, count).Select(i => points[2 * i] * points[2 * i] + points[2 * i + 1] * points[2 * i + 1] < 0.5 ? 0.0 : 1)], count);
    }
}
