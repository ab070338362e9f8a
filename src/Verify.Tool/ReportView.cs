using System.Collections.Immutable;
using System.Globalization;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;
using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary>Follows a run and shows its report: a table for a person, a line a property in a log, JSON for a program.</summary>
internal sealed class ReportView(Terminal terminal, bool json)
{
    /// <summary>Where lines about the run go: not among the JSON.</summary>
    public Terminal Lines { get; } = json ? terminal.ForLogs() : terminal;

    /// <summary>Runs and shows.</summary>
    /// <param name="title">What runs.</param>
    /// <param name="count">How many properties there are, where it is known.</param>
    /// <param name="measurements">How many numbers are measured beside.</param>
    /// <param name="run">The run, which reports each result, and how far the search for one is.</param>
    public Report Follow(string title, int? count, int measurements, Func<RunProgress, Report> run)
    {
        var report = Lines.WithProgress(title, count + measurements, (step, tell) => run(new RunProgress(
            Told<Certificate>(Line, step),
            Told<Measurement>(Line, step),
            new Each<SearchProgress>(search => tell(
                $"{search.Parts} parts, {search.Open} open{(double.IsFinite(search.Margin) ? $", worst bound {Down(search.Margin)}" : "")}")))));
        if (Lines.Interactive && !report.Certificates.IsEmpty) Lines.Write(Table(report));
        if (Lines.Interactive && !report.Measurements.IsEmpty) Lines.Write(Table(report.Measurements));
        if (HasRadii(report)) Lines.Output.WriteLine("Radii are multiples of the radius that was given.");
        if (report.Measurements.Any(measurement => measurement is CleverMeasurement)) Lines.Output.WriteLine("CLEVER scores are estimates and prove nothing.");
        if (!json && report.Certificates.Any(certificate => certificate.Counterexample is not null)) Lines.Output.WriteLine("With --json the report shows the counterexamples.");
        if (!json && report.Measurements.Any(measurement => measurement is LipschitzMeasurement { Witness: not null })) Lines.Output.WriteLine("With --json the report shows where limits are broken.");
        Lines.WriteSentence(Summary(report, count, measurements));
        if (json) terminal.Output.Write(ReportJson.Write(report));
        return report;
    }

    private Each<T> Told<T>(Func<T, string> line, Action step) => new(result =>
    {
        if (!Lines.Interactive) Lines.Output.WriteLine(line(result));
        step();
    });

    private static string Line(Measurement measurement)
    {
        var limit = measurement.Limit is { } status ? $"; must be {measurement.Demand()}: {Word(status)}" : "";
        return $"{measurement.Name}: {measurement.Quantity()} {measurement.Value()}{limit}";
    }

    private static string Line(Certificate certificate)
    {
        var facts = Facts(certificate);
        return $"{certificate.Property}: {Word(certificate.Verdict)}{(facts.Length == 0 ? "" : $" ({facts})")}";
    }

    private static string Facts(Certificate certificate) => string.Join(", ", new[]
    {
        certificate.CertifiedRadius is { } certified ? $"certified radius {Down(certified)}" : null,
        certificate.AttackedRadius is { } attacked ? $"attacked radius {Up(attacked)}" : null,
        certificate.Margin is { } margin ? $"margin {Down(margin)}" : null,
        How(certificate),
        certificate.Reason,
    }.Where(fact => !string.IsNullOrEmpty(fact)));

    // A counterexample is one of float32 whatever was asked.
    private static string How(Certificate certificate) => certificate is { Semantics: Semantics.Float32, Verdict: not Verdict.Falsified }
        ? $"{certificate.Method}, for float32"
        : certificate.Method;

    private static Table Table(Report report)
    {
        var radii = HasRadii(report);
        var table = new Table().RoundedBorder();
        table.AddColumns("property", "verdict");
        if (radii) table.AddColumns("certified radius", "attacked radius");
        table.AddColumns("margin", "how");
        foreach (var certificate in report.Certificates)
        {
            var how = certificate.Reason is { } reason ? $"{How(certificate)}: {reason}" : How(certificate);
            string[] cells =
            [
                Markup.Escape(certificate.Property),
                $"[{Color(certificate.Verdict)}]{Word(certificate.Verdict)}[/]",
                .. radii ? (string[])[Down(certificate.CertifiedRadius), Up(certificate.AttackedRadius)] : [],
                Down(certificate.Margin),
                Markup.Escape(how),
            ];
            table.AddRow(cells);
        }

        return table;
    }

    private static Table Table(ImmutableArray<Measurement> measurements)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("measure", "quantity", "value", "limit");
        foreach (var measurement in measurements)
        {
            var limit = measurement.Limit is { } status ? $"[{Color(status)}]{Markup.Escape(measurement.Demand()!)}: {Word(status)}[/]" : "";
            table.AddRow(Markup.Escape(measurement.Name), Markup.Escape(measurement.Quantity()), Markup.Escape(measurement.Value()), limit);
        }

        return table;
    }

    private static string Summary(Report report, int? count, int measurements)
    {
        var counts = Counts(report.Certificates.Select(certificate => certificate.Verdict));
        var measured = measurements == 0 ? "" : $"; {report.Measurements.Length} measured{(report.Measurements.Any(measurement => measurement.Limit is not null) ? $", limits {Counts(report.Measurements.Select(measurement => measurement.Limit).OfType<LimitStatus>())}" : "")}";
        var all = $"{count?.ToString(CultureInfo.InvariantCulture) ?? "its"} properties{(measurements == 0 ? "" : $" and {report.Measurements.Length} of {measurements} measurements")}";
        var ended = report.Complete ? "" : $"; the run ended early, after {report.Certificates.Length} of {all}";
        return $"{report.Specification}: {counts}{measured} ({report.Model}, {report.Runtime}){ended}";
    }

    /// <summary>How many there are of each word, from best to worst.</summary>
    private static string Counts<T>(IEnumerable<T> words)
        where T : struct, Enum
    {
        var all = words.ToArray();
        return string.Join(", ", Enum.GetValues<T>().Reverse().Select(word => $"{all.Count(one => one.Equals(word))} {Word(word)}"));
    }

    private static bool HasRadii(Report report) =>
        report.Certificates.Any(certificate => certificate.CertifiedRadius is not null || certificate.AttackedRadius is not null);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Color(Enum value) => value switch
    {
        Verdict.Verified or LimitStatus.Kept => "green",
        Verdict.Falsified or LimitStatus.Broken => "red",
        _ => "yellow",
    };

    // Few digits for a table, still on the sound side.
    private const int Digits = 4;

    private static string Down(double? value) => value is { } number ? Rounding.RoundDown(number, Digits).ToString(CultureInfo.InvariantCulture) : "";

    private static string Up(double? value) => value is { } number ? Rounding.RoundUp(number, Digits).ToString(CultureInfo.InvariantCulture) : "";
}
