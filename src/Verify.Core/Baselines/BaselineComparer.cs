using System.Collections.Immutable;
using System.Globalization;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Baselines;

/// <summary>Compares a run with what was committed before.</summary>
/// <remarks>
/// Properties are matched by name. Of two certificates the one with the better verdict is better
/// (falsified &lt; unknown &lt; verified); of two that are verified, the one that holds for float32, too; of two with the same
/// verdict, the one with the larger certified radius, or, where no radius was asked for, with the larger margin. Differences within <see cref="RelativeTolerance"/> are none.
/// Of two falsified certificates neither margin nor attacked radius is compared: what an attack happens to find is no bound.
/// </remarks>
public static class BaselineComparer
{
    /// <summary>
    /// How much smaller, relative to the baseline, a radius or margin may be and still count as the same: 0.1 %. The same
    /// model gives the same numbers to within the last digit, so this only has to cover the mathematical functions of
    /// different platforms; a model that was trained again differs by far more.
    /// </summary>
    public const double RelativeTolerance = 1e-3;

    /// <summary>What differs: first the baseline's properties in its order, then the properties that are new.</summary>
    /// <param name="baseline">What was committed.</param>
    /// <param name="current">What was found out now.</param>
    /// <param name="howToAccept">What to do to make this run the new baseline, as the end of a sentence, for example "run 'dotnet build -t:RobustVerifyAccept'".</param>
    public static ImmutableArray<Finding> Compare(Baseline baseline, Report current, string howToAccept)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var now = current.Certificates.ToDictionary(certificate => certificate.Property);
        for (var i = 0; i < baseline.Report.Certificates.Length; i++)
        {
            var before = baseline.Report.Certificates[i];
            var difference = now.Remove(before.Property, out var after) ? Difference(before, after) : Missing(before, current);
            if (difference is { } found) Add(before.Property, baseline.Lines[i], found);
        }

        foreach (var certificate in current.Certificates.Where(certificate => now.ContainsKey(certificate.Property)))
            Add(certificate.Property, 1, New(certificate));
        return findings.ToImmutable();

        void Add(string property, int line, Change change)
        {
            var advice = change.Kind switch
            {
                FindingKind.Worse or FindingKind.Missing => $"To see all that changed, compare {baseline.FileName} with {baseline.ReceivedFileName}. If the change is meant, {howToAccept}.",
                FindingKind.Better => $"To hold the model to this from now on, {howToAccept}.",
                _ => $"To guard it from now on, {howToAccept}.",
            };
            var isError = change.Kind is FindingKind.Worse or FindingKind.Missing;
            findings.Add(new Finding(change.Kind, isError, change.Code, property, $"{change.Text} {advice}", baseline.Path, line));
        }
    }

    private readonly record struct Change(FindingKind Kind, string Code, string Text);

    private static Change? Difference(Certificate before, Certificate after)
    {
        if (after.Verdict < before.Verdict)
            return new Change(FindingKind.Worse, DiagnosticCodes.VerdictWorse, $"'{after.Property}' was {Words(before)} and is now {Words(after)}.");
        if (after.Verdict > before.Verdict)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"'{after.Property}' was {Words(before)} and is now {Words(after)}.");
        if (after.Verdict == Verdict.Verified && after.Semantics < before.Semantics)
            return new Change(FindingKind.Worse, DiagnosticCodes.VerdictWorse, $"'{after.Property}' was verified for what is computed in float32 and is now verified for real numbers only.");
        if (after.Verdict == Verdict.Verified && after.Semantics > before.Semantics)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"'{after.Property}' was verified for real numbers only and is now verified for what is computed in float32.");
        if (before.CertifiedRadius is not null || after.CertifiedRadius is not null)
            return Difference("largest radius proved robust", before.CertifiedRadius, after.CertifiedRadius, after.Property);
        return after.Verdict > Verdict.Falsified && before.Margin is not null && after.Margin is not null
            ? Difference("proved margin", before.Margin, after.Margin, after.Property)
            : null;
    }

    private static Change? Difference(string quantity, double? before, double? after, string property)
    {
        if (after is null)
            return new Change(FindingKind.Worse, DiagnosticCodes.BoundWorse, $"The {quantity} of '{property}' was {Number(before)}; this run did not determine it.");
        if (before is null)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"The {quantity} of '{property}' is now {Number(after)}; the baseline has none.");
        var tolerance = RelativeTolerance * Math.Abs(before.Value);
        if (after < before - tolerance)
            return new Change(FindingKind.Worse, DiagnosticCodes.BoundWorse, $"The {quantity} of '{property}' fell from {Number(before)} to {Number(after)}.");
        if (after > before + tolerance)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"The {quantity} of '{property}' rose from {Number(before)} to {Number(after)}.");
        return null;
    }

    private static Change Missing(Certificate before, Report current) => new(
        FindingKind.Missing,
        DiagnosticCodes.PropertyMissing,
        current.Complete
            ? $"'{before.Property}' is in the baseline ({Words(before)}) but no longer in the specification, so nothing guards it."
            : $"'{before.Property}' was not reached: the run ended early. The baseline says {Words(before)}.");

    private static Change New(Certificate certificate) => new(
        FindingKind.New, DiagnosticCodes.PropertyNew, $"'{certificate.Property}' is not in the baseline; it is {Words(certificate)}.");

    private static string Words(Certificate certificate) => certificate.Verdict switch
    {
        Verdict.Verified => "verified (proved for every input of its region)",
        Verdict.Falsified => "falsified (an input of its region violates it)",
        _ => "unknown (neither proved nor refuted)",
    };

    private static string Number(double? value) => value!.Value.ToString("G6", CultureInfo.InvariantCulture);
}
