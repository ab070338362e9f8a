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
/// Of two bounds of a Lipschitz constant or a sensitivity the smaller upper one is better, and a limit that is kept better than one that is not decided. Of
/// two estimates one is worse only where its whole interval is: so noise is no difference. A limit that is broken is an error
/// whatever the baseline says.
/// </remarks>
public static class BaselineComparer
{
    /// <summary>
    /// How much smaller, relative to the baseline, a radius or margin may be and still count as the same: 0.1 %. The same
    /// model gives the same numbers to within the last digit, so this only has to cover the mathematical functions of
    /// different platforms; a model that was trained again differs by far more.
    /// </summary>
    public const double RelativeTolerance = 1e-3;

    /// <summary>What differs: first the baseline's properties in its order, then the properties that are new; after them, so, what was measured.</summary>
    /// <param name="baseline">What was committed.</param>
    /// <param name="current">What was found out now.</param>
    /// <param name="howToAccept">What to do to make this run the new baseline, as the end of a sentence, for example "run 'dotnet build -t:RobustVerifyAccept'".</param>
    public static ImmutableArray<Finding> Compare(Baseline baseline, Report current, string howToAccept)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        Match(baseline.Report.Certificates, baseline.Lines, current.Certificates, certificate => certificate.Property, Difference, Words);
        Match(baseline.Report.Measurements, baseline.MeasurementLines, current.Measurements, measurement => measurement.Name, Difference, Words);
        return findings.ToImmutable();

        void Match<T>(
            ImmutableArray<T> before, ImmutableArray<int> lines, ImmutableArray<T> after, Func<T, string> name, Func<T, T, Change?> difference, Func<T, string> words)
        {
            var now = after.ToDictionary(name);
            for (var i = 0; i < before.Length; i++)
            {
                var found = now.Remove(name(before[i]), out var same) ? difference(before[i], same) : Missing(name(before[i]), words(before[i]), current);
                if (found is { } change) Add(name(before[i]), lines[i], change);
            }

            foreach (var one in after.Where(one => now.ContainsKey(name(one))))
                Add(name(one), 1, one is Measurement measurement && BrokenLimit(measurement) is { } broken ? broken : New(name(one), words(one)));
        }

        void Add(string name, int line, Change change)
        {
            var advice = change.Kind switch
            {
                FindingKind.LimitBroken => "Change the model, or the limit in the specification.",
                FindingKind.Worse or FindingKind.Missing => $"To see all that changed, compare {baseline.FileName} with {baseline.ReceivedFileName}. If the change is meant, {howToAccept}.",
                FindingKind.Better => $"To hold the model to this from now on, {howToAccept}.",
                _ => $"To guard it from now on, {howToAccept}.",
            };
            var isError = change.Kind is FindingKind.Worse or FindingKind.Missing or FindingKind.LimitBroken;
            findings.Add(new Finding(change.Kind, isError, change.Code, name, $"{change.Text} {advice}", baseline.Path, line));
        }
    }

    /// <summary>What breaks its limit.</summary>
    /// <param name="current">What was found out now.</param>
    /// <param name="path">The file of the baseline.</param>
    public static ImmutableArray<Finding> BrokenLimits(Report current, string path) =>
        [.. Compare(new Baseline(path, current with { Certificates = [], Measurements = [] }, []), current, "").Where(finding => finding.Kind == FindingKind.LimitBroken)];

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
            return Difference("largest radius proved robust", before.CertifiedRadius, after.CertifiedRadius, $"'{after.Property}'");
        return after.Verdict > Verdict.Falsified && before.Margin is not null && after.Margin is not null
            ? Difference("proved margin", before.Margin, after.Margin, $"'{after.Property}'")
            : null;
    }

    private static Change? Difference(Measurement before, Measurement after)
    {
        if (BrokenLimit(after) is { } broken) return broken;
        if (before.Quantity() != after.Quantity())
            return new Change(FindingKind.Missing, DiagnosticCodes.PropertyMissing, $"'{after.Name}' measured the {before.Quantity()} and measures the {after.Quantity()} now, so nothing guards the former.");
        if (after is CleverMeasurement) return OfEstimates(before, after);
        if (after.Limit == LimitStatus.Undecided && before.Limit == LimitStatus.Kept)
            return new Change(FindingKind.Worse, DiagnosticCodes.VerdictWorse, $"{Subject(after)} was shown to be {before.Demand()} and is now {Words(after)}.");
        if (after.Limit == LimitStatus.Kept && before.Limit == LimitStatus.Undecided)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"{Subject(after)} is now shown to be {after.Demand()}.");
        return Difference("upper bound", before.Upper, after.Upper, Subject(after), lessIsBetter: true);
    }

    private static Change? OfEstimates(Measurement before, Measurement after)
    {
        var tolerance = RelativeTolerance * Math.Abs(before.Lower);
        if (after.Upper < before.Lower - tolerance)
            return new Change(FindingKind.Worse, DiagnosticCodes.BoundWorse, $"{Subject(after)} was {before.Value()} and is now {after.Value()}.");
        if (after.Lower > before.Upper + tolerance)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"{Subject(after)} was {before.Value()} and is now {after.Value()}.");
        return null;
    }

    private static Change? BrokenLimit(Measurement measurement) => measurement.Limit != LimitStatus.Broken ? null : new Change(
        FindingKind.LimitBroken,
        DiagnosticCodes.LimitBroken,
        $"{Subject(measurement)} must be {measurement.Demand()} and is {measurement.Value()}; {measurement.Evidence()}.");

    private static Change? Difference(string quantity, double? before, double? after, string subject, bool lessIsBetter = false)
    {
        if (before is null && after is null) return null;
        if (after is null)
            return new Change(FindingKind.Worse, DiagnosticCodes.BoundWorse, $"The {quantity} of {subject} was {Number(before)}; this run did not determine it.");
        if (before is null)
            return new Change(FindingKind.Better, DiagnosticCodes.Better, $"The {quantity} of {subject} is now {Number(after)}; the baseline has none.");
        var tolerance = RelativeTolerance * Math.Abs(before.Value);
        var (fell, rose) = (after < before - tolerance, after > before + tolerance);
        if (!fell && !rose) return null;
        var text = $"The {quantity} of {subject} {(fell ? "fell" : "rose")} from {Number(before)} to {Number(after)}.";
        return fell == lessIsBetter ? new Change(FindingKind.Better, DiagnosticCodes.Better, text) : new Change(FindingKind.Worse, DiagnosticCodes.BoundWorse, text);
    }

    private static Change Missing(string name, string words, Report current) => new(
        FindingKind.Missing,
        DiagnosticCodes.PropertyMissing,
        current.Complete
            ? $"'{name}' is in the baseline ({words}) but no longer in the specification, so nothing guards it."
            : $"'{name}' was not reached: the run ended early. The baseline says {words}.");

    private static Change New(string name, string words) => new(
        FindingKind.New, DiagnosticCodes.PropertyNew, $"'{name}' is not in the baseline; it is {words}.");

    private static string Subject(Measurement measurement) => $"'{measurement.Name}' ({measurement.Quantity()})";

    private static string Words(Measurement measurement) =>
        $"{measurement.Value()}{(measurement.Limit == LimitStatus.Undecided ? $", so not known to be {measurement.Demand()}" : "")}";

    private static string Words(Certificate certificate) => certificate.Verdict switch
    {
        Verdict.Verified => "verified (proved for every input of its region)",
        Verdict.Falsified => "falsified (an input of its region violates it)",
        _ => "unknown (neither proved nor refuted)",
    };

    private static string Number(double? value) => value!.Value.ToString("G6", CultureInfo.InvariantCulture);
}
