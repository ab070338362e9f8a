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
    /// <param name="run">The run, which reports each certificate, and how far the search for one is.</param>
    public Report Follow(string title, int? count, Func<IProgress<Certificate>, IProgress<SearchProgress>, Report> run)
    {
        var report = Lines.WithProgress(title, count, (step, tell) => run(
            new Each<Certificate>(certificate =>
            {
                if (!Lines.Interactive) Lines.Output.WriteLine(Line(certificate));
                step();
            }),
            new Each<SearchProgress>(search => tell(
                $"{search.Parts} parts, {search.Open} open{(double.IsFinite(search.Margin) ? $", worst bound {Down(search.Margin)}" : "")}"))));
        if (Lines.Interactive) Lines.Write(Table(report));
        if (HasRadii(report)) Lines.Output.WriteLine("Radii are multiples of the radius that was given.");
        if (!json && report.Certificates.Any(certificate => certificate.Counterexample is not null)) Lines.Output.WriteLine("With --json the report shows the counterexamples.");
        Lines.WriteSentence(Summary(report, count));
        if (json) terminal.Output.Write(ReportJson.Write(report));
        return report;
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

    private static string Summary(Report report, int? count)
    {
        var counts = string.Join(", ", Enum.GetValues<Verdict>().Reverse()
            .Select(verdict => $"{report.Certificates.Count(certificate => certificate.Verdict == verdict)} {Word(verdict)}"));
        var ended = report.Complete ? "" : $"; the run ended early, after {report.Certificates.Length} of {count?.ToString(CultureInfo.InvariantCulture) ?? "its"} properties";
        return $"{report.Specification}: {counts} ({report.Model}, {report.Runtime}){ended}";
    }

    private static bool HasRadii(Report report) =>
        report.Certificates.Any(certificate => certificate.CertifiedRadius is not null || certificate.AttackedRadius is not null);

    private static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();

    private static string Color(Verdict verdict) => verdict switch
    {
        Verdict.Verified => "green",
        Verdict.Falsified => "red",
        _ => "yellow",
    };

    // Few digits for a table, still on the sound side.
    private const int Digits = 4;

    private static string Down(double? value) => value is { } number ? Rounding.RoundDown(number, Digits).ToString(CultureInfo.InvariantCulture) : "";

    private static string Up(double? value) => value is { } number ? Rounding.RoundUp(number, Digits).ToString(CultureInfo.InvariantCulture) : "";
}
