using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications;

/// <summary>The Lipschitz constant of a model: by how much its outputs change at most where its inputs change by one.</summary>
public sealed record LipschitzMeasure : Measure
{
    /// <summary>The norm of changes, of the inputs and of the outputs. That of <see cref="Measure.Regions"/> is a matter of their shape only.</summary>
    public required Norm Norm { get; init; }

    /// <summary>One output, counted from 0; of two, the first less the second; none for all outputs together.</summary>
    public ImmutableArray<int> Outputs { get; init; } = [];

    /// <summary>True for the scores before a final softmax or sigmoid, in place of the model's outputs.</summary>
    public bool Scores { get; init; }

    /// <summary>True where the exact constant is to be searched for, or a narrower interval.</summary>
    public bool Exact { get; init; }

    /// <summary>The largest constant allowed, where there is one.</summary>
    public double? AtMost { get; init; }
}
