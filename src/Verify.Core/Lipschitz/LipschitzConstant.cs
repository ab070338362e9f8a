using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Lipschitz;

/// <summary>How much is known of a Lipschitz constant.</summary>
public enum LipschitzStatus
{
    /// <summary>It lies between two bounds.</summary>
    Bounded,

    /// <summary>The bounds agree but for rounding, to a part in 10⁹.</summary>
    Exact,
}

/// <summary>What is known of a Lipschitz constant: an interval that contains it.</summary>
public sealed record LipschitzConstant
{
    private const double Agreement = 1e-9;

    // What stands for underflow alone.
    private const double Nothing = 1e-200;

    /// <summary>A lower bound: the norm of the derivative at <see cref="Witness"/>, rounded down.</summary>
    public required double Lower { get; init; }

    /// <summary>An upper bound, rounded up; infinite where none is known.</summary>
    public required double Upper { get; init; }

    /// <summary>The input near which the network is at least as steep as <see cref="Lower"/>; empty where the bound is zero.</summary>
    public ImmutableArray<double> Witness { get; init; } = [];

    /// <summary>The method that gave the upper bound.</summary>
    public required string Method { get; init; }

    /// <summary>
    /// The largest norm over activation patterns that a point of the region allows when a neuron at zero may count as active and
    /// as inactive. It is above the constant where such a pattern holds on no open set (a degenerate tie).
    /// </summary>
    public double? Closed { get; init; }

    /// <summary>The largest norm over activation patterns with a point where no neuron is at zero.</summary>
    public double? Strict { get; init; }

    /// <summary>Why bounds differ that might be expected to agree.</summary>
    public string? Explanation { get; init; }

    /// <summary>Parts that the region was divided into by a search.</summary>
    public int Parts { get; init; }

    /// <summary>Why the upper bound holds, where that was asked for and there is one.</summary>
    public LipschitzProof? Proof { get; init; }

    /// <summary>Whether the bounds agree.</summary>
    public LipschitzStatus Status => Upper - Lower <= Agreement * Upper || Upper <= Nothing ? LipschitzStatus.Exact : LipschitzStatus.Bounded;
}
