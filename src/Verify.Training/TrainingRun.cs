using RobustVerify.Training.Minimization;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training;

/// <summary>A network in training.</summary>
/// <remarks>
/// The same examples, loss and plan give the same parameters for any number of threads. What an epoch does depends on its number and
/// on <see cref="State"/> only: a training that is taken up from a state ends where it would have ended without the break.
/// </remarks>
public sealed class TrainingRun
{
    private readonly TrainingPlan plan;
    private readonly TrainingObjective objective;
    private readonly int examples;
    private readonly double[] gradient;

    /// <summary>Begins a training, or takes it up from a state.</summary>
    /// <exception cref="ArgumentException">Examples, loss or state do not fit the architecture.</exception>
    public TrainingRun(Architecture architecture, Examples examples, TrainingLoss loss, TrainingPlan plan, TrainingState? state = null)
    {
        (this.plan, this.examples) = (plan, examples.Count);
        objective = new TrainingObjective(architecture, examples, loss);
        gradient = new double[objective.Size];
        State = state ?? new TrainingState(0, double.NaN, architecture.Initialize(plan.Seed), 0, [], []);
        if (State.Parameters.Length != objective.Size)
            throw new ArgumentException($"The state has {State.Parameters.Length} parameters, the architecture {objective.Size}.", nameof(state));
    }

    /// <summary>Where the training stands.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Whether all epochs are done.</summary>
    public bool IsFinished => State.Epochs >= plan.Epochs;

    /// <summary>Trains for one epoch.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; the state is that after the last whole epoch.</exception>
    public void Advance(CancellationToken cancellation = default)
    {
        objective.Ramp = plan.RampAt(State.Epochs);
        State = plan.Method == TrainingMethod.Adam ? AdamEpoch(cancellation) : LbfgsEpoch(cancellation);
    }

    private TrainingState AdamEpoch(CancellationToken cancellation)
    {
        var (parameters, sum) = ((double[])State.Parameters.Clone(), 0.0);
        var adam = State.Steps == 0
            ? new Adam(parameters.Length)
            : new Adam(State.Steps, (double[])State.Means.Clone(), (double[])State.Squares.Clone());
        var order = RandomOrder.Of($"order of epoch {State.Epochs}", plan.Seed, examples);
        var batches = (examples + plan.BatchSize - 1) / plan.BatchSize;
        for (var batch = 0; batch < batches; batch++)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = order.AsSpan(batch * plan.BatchSize, Math.Min(plan.BatchSize, examples - batch * plan.BatchSize));
            sum += objective.Evaluate(parameters, rows, gradient) * rows.Length / examples;
            var rate = plan.LearningRate * (1 - (State.Epochs + (double)batch / batches) / plan.Epochs);
            adam.Step(parameters, gradient, rate);
        }

        return new TrainingState(State.Epochs + 1, sum, parameters, adam.Steps, adam.Means, adam.Squares);
    }

    private TrainingState LbfgsEpoch(CancellationToken cancellation)
    {
        var minimum = LimitedMemoryBfgs.Minimize(objective, State.Parameters, iterations: TrainingPlan.IterationsPerEpoch, cancellation: cancellation);
        return new TrainingState(State.Epochs + 1, minimum.Value, minimum.Parameters, 0, [], []);
    }
}
