using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;

namespace RobustVerify.Core.Search;

/// <summary>A way to divide a property into parts that are easier to decide. Safe for several threads.</summary>
/// <typeparam name="TPart">A part: immutable, and small, since many wait at a time.</typeparam>
internal interface IBranching<TPart>
    where TPart : class
{
    /// <summary>The whole property.</summary>
    TPart Root { get; }

    /// <summary>What is left to prove of an earlier proof, as such a part; nothing where it is none.</summary>
    TPart? Resume(OpenPart open);

    /// <summary>How many parts are bounded together at best.</summary>
    int BatchSize { get; }

    /// <summary>Bounds some parts together. The result for one does not depend on the others.</summary>
    Bounded<TPart>[] Bound(ReadOnlySpan<TPart> parts, CancellationToken cancellation);
}

/// <summary>What is known of a part.</summary>
/// <param name="Margin">By how much the property holds on the part, at least; positive where it is proved.</param>
/// <param name="Candidate">An input that may violate the property.</param>
/// <param name="Divisions">Where it is not proved, how it is divided; none where it cannot be.</param>
internal readonly record struct Bounded<TPart>(double Margin, float[]? Candidate, ImmutableArray<Division<TPart>> Divisions)
{
    /// <summary>The parts of all divisions, each one's below and above.</summary>
    public ImmutableArray<TPart> Children => [.. Divisions.SelectMany(division => new[] { division.Below, division.Above })];

    /// <summary>The neurons that were bounded anew, for a proof.</summary>
    public ImmutableArray<NeuronRow> Neurons { get; init; } = [];

    /// <summary>What excludes violations, or cuts off from a box, for a proof.</summary>
    public ImmutableArray<ViolationRow> Rows { get; init; } = [];
}

/// <summary>Two parts that cover what is still open of another, or of some of its violations.</summary>
/// <param name="Cut">What tells them apart.</param>
/// <param name="Below">The part where the number that is cut is at most that.</param>
/// <param name="Above">The part where it is at least that.</param>
internal readonly record struct Division<TPart>(Cut Cut, TPart Below, TPart Above);

/// <summary>A number that tells two parts apart: an element of the input, or of what goes into an elementwise node.</summary>
/// <param name="Node">The index of the input or elementwise node.</param>
/// <param name="Element">Which element.</param>
/// <param name="At">Where it is cut.</param>
internal readonly record struct Cut(int Node, int Element, double At);
