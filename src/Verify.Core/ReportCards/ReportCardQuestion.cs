using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.ReportCards;

/// <summary>What a report card tells of.</summary>
public sealed record ReportCardQuestion
{
    /// <summary>How the distance is measured, in every column.</summary>
    public Norm Norm { get; init; } = Norm.L2;

    /// <summary>The radius of the ball that gradients are sampled in, and the largest score; the search for a counterexample begins with it.</summary>
    public required double Radius { get; init; }

    /// <summary>The class of the input; without it, the one that the deployed model gives it.</summary>
    public int? Label { get; init; }

    /// <summary>The box that inputs lie in at all, where there is one: no column speaks of an input beyond it.</summary>
    public InputRegion? Domain { get; init; }

    /// <summary>How many batches of gradients are sampled, at least 10.</summary>
    public int Batches { get; init; } = 100;

    /// <summary>Gradients of a batch.</summary>
    public int Samples { get; init; } = 1024;

    /// <summary>Curvatures of a batch, each of which costs as much as hundreds of gradients.</summary>
    public int Curvatures { get; init; } = 64;

    /// <summary>Which random numbers the scores are sampled with.</summary>
    public ulong Seed { get; init; }
}
