namespace RobustVerify.Core.Specifications;

/// <summary>
/// The CLEVER score of every sample: an estimate of its distance to another class, in the norm of <see cref="Measure.Regions"/>
/// and within their radius, which is one for all features.
/// </summary>
public sealed record CleverMeasure : Measure
{
    /// <summary>1 for an estimate by the largest gradient, 2 by the gradient at the sample and the largest curvature.</summary>
    public int Order { get; init; } = 1;

    /// <summary>The classes that a sample could be given.</summary>
    public CleverTargets Targets { get; init; }

    /// <summary>One class that a sample could be given, in place of <see cref="Targets"/>.</summary>
    public int? Target { get; init; }

    /// <summary>How many batches, at least 10; a law is fitted to their maxima.</summary>
    public int Batches { get; init; } = 100;

    /// <summary>How many points are drawn for a batch; null for as many as are usual of the order.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Which random numbers are used.</summary>
    public ulong Seed { get; init; }

    /// <summary>The least score allowed, where there is one.</summary>
    public double? AtLeast { get; init; }
}
