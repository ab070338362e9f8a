using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications;

/// <summary>How far the outputs of a model spread over each region.</summary>
public sealed record SensitivityMeasure : Measure
{
    /// <summary>Which number of it.</summary>
    public SensitivityQuantity Quantity { get; init; }

    /// <summary>What the outputs are enclosed in.</summary>
    public ReachabilityMethod Set { get; init; } = ReachabilityMethod.Polytope;

    /// <summary>Some outputs, counted from 0; none for all.</summary>
    public ImmutableArray<int> Outputs { get; init; } = [];

    /// <summary>True for the scores before a final softmax or sigmoid, in place of the model's outputs.</summary>
    public bool Scores { get; init; }

    /// <summary>The largest number allowed, where there is one.</summary>
    public double? AtMost { get; init; }
}
