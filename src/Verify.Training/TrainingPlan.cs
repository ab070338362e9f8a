namespace RobustVerify.Training;

/// <summary>How the loss is minimised.</summary>
public enum TrainingMethod
{
    /// <summary>Adam on random batches.</summary>
    Adam,

    /// <summary>L-BFGS on all examples: for small networks with smooth activations.</summary>
    Lbfgs,
}

/// <summary>How a network is trained, apart from what is minimised.</summary>
public sealed record TrainingPlan
{
    /// <summary>How the loss is minimised.</summary>
    public TrainingMethod Method { get; init; }

    /// <summary>With Adam, passes over all examples; with L-BFGS, runs of at most <see cref="IterationsPerEpoch"/> iterations.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Examples of a batch of Adam.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The rate of Adam's first step. It falls linearly to nothing at the end.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>Epochs over which radii, λ and κ of perturbed inputs grow from zero to what they are.</summary>
    public int RampEpochs { get; init; } = 30;

    /// <summary>The seed of initial parameters and of the order of examples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Iterations of L-BFGS in an epoch.</summary>
    public const int IterationsPerEpoch = 100;

    /// <summary>By how much terms of perturbed inputs count in an epoch, counted from 0.</summary>
    public double RampAt(int epoch) => RampEpochs == 0 ? 1 : Math.Min(1, (epoch + 1.0) / RampEpochs);
}
