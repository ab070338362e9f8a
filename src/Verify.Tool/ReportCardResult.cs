using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary>What <c>report-card</c> says of one sample, in numbers of six significant digits: what is proved rounded down, what refutes rounded up.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Label">Its class.</param>
/// <param name="Norm">How distances are measured.</param>
/// <param name="CertifiedRadius">The radius that bounds prove.</param>
/// <param name="LipschitzRadius">The radius that Lipschitz constants prove.</param>
/// <param name="Clever">The score of first order, an estimate.</param>
/// <param name="SecondOrderClever">The score of second order, an estimate.</param>
/// <param name="Distance">The distance of the nearest counterexample that was found.</param>
/// <param name="Counterexample">The counterexample.</param>
/// <param name="Remarks">Why something is missing.</param>
/// <param name="Warnings">What does not fit together.</param>
internal sealed record ReportCardResult(
    string Sample, int Label, Norm Norm, double CertifiedRadius, double? LipschitzRadius, CleverInterval Clever, CleverInterval? SecondOrderClever, double? Distance,
    Counterexample? Counterexample, ImmutableArray<string> Remarks, ImmutableArray<string> Warnings)
{
    public static ReportCardResult Of(ReportCard card, Norm norm) => new(
        card.Name,
        card.Label,
        norm,
        Rounding.RoundDown(card.CertifiedRadius),
        card.LipschitzRadius is { } radius ? Rounding.RoundDown(radius) : null,
        CleverInterval.Of(card.Score),
        card.SecondOrderScore is { } second ? CleverInterval.Of(second) : null,
        card.Distance is { } distance ? Rounding.RoundUp(distance) : null,
        card.Counterexample,
        card.Remarks,
        card.Warnings);
}
