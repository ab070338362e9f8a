using System.Collections.Immutable;

namespace RobustVerify.Core.Optimization;

/// <summary>What is known of the largest or the smallest value of a linear function of a network's outputs over a region.</summary>
public sealed record Optimum
{
    /// <summary>
    /// The best value that was found: no better than that of the network at <see cref="Input"/>, whatever was rounded. Of a maximum −∞, of a
    /// minimum ∞, where no input was found that keeps all constraints.
    /// </summary>
    public required double Value { get; init; }

    /// <summary>What no input of the region exceeds (of a minimum: falls below), proved and rounded outward.</summary>
    public required double Limit { get; init; }

    /// <summary>Whether value and limit meet: their distance is at most <see cref="Tolerance"/>.</summary>
    public bool IsOptimal => Math.Abs(Limit - Value) <= Tolerance;

    /// <summary>A millionth of the value, or of how far values at random inputs spread, whichever is larger.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The input of the value; empty where none was found.</summary>
    public required ImmutableArray<double> Input { get; init; }

    /// <summary>How many starts the search had, and how many of them reached the value.</summary>
    public required StartShare Starts { get; init; }

    /// <summary>Linear programs that were solved to find the value.</summary>
    public long Programs { get; init; }

    /// <summary>Simplex pivots that they took.</summary>
    public long Pivots { get; init; }

    /// <summary>What proved the limit.</summary>
    public required string Method { get; init; }

    /// <summary>Parts that the region was divided into for the limit.</summary>
    public long Parts { get; init; }
}

/// <summary>How many independent starts a search had, and how many of them reached the best value of all.</summary>
/// <param name="Count">All starts.</param>
/// <param name="Reached">Those that reached it.</param>
public readonly record struct StartShare(int Count, int Reached)
{
    /// <summary>
    /// An estimate, no proof: with what probability so many starts find a value that each finds with the probability that these suggest,
    /// 1 − (1 − p)ⁿ for p = reached / (n + 1). It knows nothing of better values that no start came near.
    /// </summary>
    public double EstimatedProbability => 1 - Math.Pow(1 - (double)Reached / (Count + 1), Count);
}
