using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Clever;

namespace RobustVerify.Core.ReportCards;

/// <summary>How far an input is from another class, by everything that tells: what proves, what estimates, and what refutes.</summary>
/// <remarks>
/// The radii are proved of the network's function of real numbers, the counterexample is confirmed by the deployed model, and the
/// scores are estimates. All are in one norm.
/// </remarks>
public sealed record ReportCard
{
    /// <summary>The name of the input.</summary>
    public required string Name { get; init; }

    /// <summary>The class of the input.</summary>
    public required int Label { get; init; }

    /// <summary>The largest radius that bounds prove, rounded down: no input that near is of another class.</summary>
    public required double CertifiedRadius { get; init; }

    /// <summary>The radius that Lipschitz constants of the margins prove, rounded down; nothing where no constant is known.</summary>
    public required double? LipschitzRadius { get; init; }

    /// <summary>The CLEVER score of first order, for any other class.</summary>
    public required Estimated Score { get; init; }

    /// <summary>The CLEVER score of second order; nothing where the network's gradient is not continuous.</summary>
    public required Estimated? SecondOrderScore { get; init; }

    /// <summary>The nearest input of another class that was found; nothing where none was.</summary>
    public required Counterexample? Counterexample { get; init; }

    /// <summary>The distance of the counterexample, rounded up.</summary>
    public required double? Distance { get; init; }

    /// <summary>Why a column is missing.</summary>
    public required ImmutableArray<string> Remarks { get; init; }

    /// <summary>Scores that exceed the distance of the counterexample, and proofs that float32 does not keep.</summary>
    public required ImmutableArray<string> Warnings { get; init; }
}
