namespace RobustVerify.Training.Objectives;

/// <summary>How far an output is from its target.</summary>
public enum TaskTerm
{
    /// <summary>−ln of the softmax at the label; outputs are scores.</summary>
    CrossEntropy,

    /// <summary>The mean over the outputs of the squared difference.</summary>
    SquaredError,
}

/// <summary>What the reachable intervals are of whose widths the sensitivity is made.</summary>
public enum ReachableWidth
{
    /// <summary>
    /// The margins between the label's score and every other, divided by the margin in the middle of the interval. Only for labels; it does not change
    /// when all scores are multiplied by a number.
    /// </summary>
    Margins,

    /// <summary>The outputs themselves. A classifier makes these as narrow as it likes by scaling its scores.</summary>
    Outputs,
}

/// <summary>How far inputs may be moved: boxes around them, cut to the domain.</summary>
/// <param name="Radii">How far each input element may be moved.</param>
/// <param name="Lower">The least value of each input element.</param>
/// <param name="Upper">The largest value of each input element.</param>
public sealed record Perturbation(double[] Radii, double[] Lower, double[] Upper);

/// <summary>What training minimises: the mean over the examples of the task's term, and what is added to it.</summary>
public sealed record TrainingLoss
{
    /// <summary>The term of the task.</summary>
    public TaskTerm Task { get; init; }

    /// <summary>μ of μ‖θ‖², over all parameters: with it, minima of smooth networks are isolated.</summary>
    public double WeightDecay { get; init; }

    /// <summary>How far inputs are moved for the terms that say so.</summary>
    public Perturbation? Perturbation { get; init; }

    /// <summary>λ of λS, with S the mean log-volume of the reachable intervals of perturbed inputs (<see cref="Sensitivity"/>).</summary>
    public double SensitivityWeight { get; init; }

    /// <summary>Of what the sensitivity is the log-volume.</summary>
    public ReachableWidth SensitivityOf { get; init; }

    /// <summary>
    /// κ of the mixture (1 − κ) task + κ worst case, the latter being the task's term at the worst outputs of the reachable
    /// intervals of perturbed inputs.
    /// </summary>
    /// <remarks>Source: interval-bound training, Gowal et al. 2018, arXiv 1810.12715.</remarks>
    public double WorstCaseShare { get; init; }

    /// <summary>ν of ν‖J‖², with J the Jacobian of the outputs and the squared Frobenius norm.</summary>
    /// <remarks>Sources: Sokolić et al. 2017, arXiv 1605.08254; Novak et al. 2018, arXiv 1802.08760.</remarks>
    public double JacobianWeight { get; init; }

    internal bool MovesInputs => SensitivityWeight > 0 || WorstCaseShare > 0;

    internal bool UsesMargins =>
        Task == TaskTerm.CrossEntropy && (WorstCaseShare > 0 || (SensitivityWeight > 0 && SensitivityOf == ReachableWidth.Margins));
}
