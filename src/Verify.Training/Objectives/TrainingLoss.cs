namespace RobustVerify.Training.Objectives;

/// <summary>How far an output is from its target.</summary>
public enum TaskTerm
{
    /// <summary>−ln of the softmax at the label; outputs are scores.</summary>
    CrossEntropy,

    /// <summary>The mean over the outputs of the squared difference.</summary>
    SquaredError,
}

/// <summary>What training minimises: the mean over the examples of the task's term, and what is added to it.</summary>
public sealed record TrainingLoss
{
    /// <summary>The term of the task.</summary>
    public TaskTerm Task { get; init; }

    /// <summary>μ of μ‖θ‖², over all parameters: with it, minima of smooth networks are isolated.</summary>
    public double WeightDecay { get; init; }
}
