using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>What was found out about one property of one model.</summary>
public sealed record Certificate
{
    /// <summary>The name of the property.</summary>
    public required string Property { get; init; }

    /// <summary>SHA-256 of the model, in hexadecimal.</summary>
    public required string Model { get; init; }

    /// <summary>The verdict.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Which arithmetic a proof speaks of. A counterexample is always one of the deployed network.</summary>
    public Semantics Semantics { get; init; }

    /// <summary>
    /// The least certified margin: over the whole region, every conjunction that would violate the property is missed by
    /// at least this much in one of its constraints. Positive where the property is proved by bounds, rounded down;
    /// unknown where it is proved part by part.
    /// </summary>
    public double? Margin { get; init; }

    /// <summary>The largest radius for which the property is certified, where it was asked for, rounded down.</summary>
    public double? CertifiedRadius { get; init; }

    /// <summary>The smallest radius at which a counterexample was found, where it was asked for, rounded up.</summary>
    public double? AttackedRadius { get; init; }

    /// <summary>The input that violates the property, where it is falsified.</summary>
    public Counterexample? Counterexample { get; init; }

    /// <summary>How many parts the property was divided into, where bounds alone did not decide it.</summary>
    public int? Subproblems { get; init; }

    /// <summary>Why the property holds, where it is verified and the proof was asked for.</summary>
    public ProofPart? Proof { get; init; }

    /// <summary>Why nothing is known, where nothing is.</summary>
    public string? Reason { get; init; }

    /// <summary>How the verdict was reached: attack, linear bounds, optimised linear bounds, or branch and bound.</summary>
    public required string Method { get; init; }

    /// <summary>The version of the engine.</summary>
    public required string Engine { get; init; }
}
