using System.Collections.Immutable;

namespace RobustVerify.Core.Search;

/// <summary>A way to divide a property into parts that are easier to decide. Safe for several threads.</summary>
/// <typeparam name="TPart">A part: immutable, and small, since many wait at a time.</typeparam>
internal interface IBranching<TPart>
{
    /// <summary>The whole property.</summary>
    TPart Root { get; }

    /// <summary>How many parts are bounded together at best.</summary>
    int BatchSize { get; }

    /// <summary>Bounds some parts together. The result for one does not depend on the others.</summary>
    Bounded<TPart>[] Bound(ReadOnlySpan<TPart> parts, CancellationToken cancellation);
}

/// <summary>What is known of a part.</summary>
/// <param name="Margin">By how much the property holds on the part, at least; positive where it is proved.</param>
/// <param name="Candidate">An input that may violate the property.</param>
/// <param name="Children">Where it is not proved, parts that cover it; none where it cannot be divided.</param>
internal readonly record struct Bounded<TPart>(double Margin, float[]? Candidate, ImmutableArray<TPart> Children);
