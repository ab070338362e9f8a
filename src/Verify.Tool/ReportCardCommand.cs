using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;
using RobustVerify.Core.Verification;
using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary><c>report-card model.onnx --data samples.csv --radius r</c>: everything that tells how far a sample is from another class, side by side.</summary>
internal static class ReportCardCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model, with an output for every class." };
        var data = new Option<string>("--data") { Required = true, Description = "A CSV file with a header and a sample in each row." };
        var radius = new Option<double>("--radius") { Required = true, CustomParser = QuestionArguments.ParseRadius, Description = "The radius of the ball of the CLEVER scores, and of the first attack, in the units of the data." };
        var norm = new Option<Norm>("--norm") { DefaultValueFactory = _ => Norm.L2, Description = "How the distance is measured." };
        var label = new Option<string?>("--label") { Description = "The column with the label; without it, the label that the model predicts." };
        var ignore = new Option<string[]>("--ignore") { AllowMultipleArgumentsPerToken = true, Description = "Columns that are neither inputs nor labels." };
        var domain = new Option<(double Lower, double Upper)?>("--domain") { CustomParser = QuestionArguments.ParseDomain, Description = "The values that every feature can have at all, as 'lower,upper'." };
        var seed = new Option<ulong>("--seed") { Description = "Which random numbers the scores are sampled with." };
        var json = JsonOutput.Option();
        var command = new Command("report-card", "Says how far each sample is from another class: certified radius, Lipschitz radius, CLEVER scores, and the nearest counterexample found.")
        {
            model, data, radius, norm, label, ignore, domain, seed, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var table = CsvSamples.Read(parsed.GetRequiredValue(data), new CsvSelection { Label = parsed.GetValue(label), Ignore = [.. parsed.GetValue(ignore) ?? []] });
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            var inputs = deployed.Network.Input.Size;
            var question = new ReportCardQuestion
            {
                Norm = parsed.GetValue(norm),
                Radius = parsed.GetValue(radius),
                Domain = parsed.GetValue(domain) is var (lower, upper) ? InputRegion.Box([.. Enumerable.Repeat(lower, inputs)], [.. Enumerable.Repeat(upper, inputs)]) : null,
                Seed = parsed.GetValue(seed),
            };
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var verifier = new Verifier(deployed);
            var results = EachSample.Answer(
                lines,
                "comparing",
                table.Samples,
                sample => ReportCardResult.Of(
                    RadiusComparison.Compare(verifier, sample.Name, [.. sample.Values.Select(value => (float)value)], question with { Label = QuestionArguments.ClassOf(sample) }, cancellation), question.Norm),
                Line,
                cancellation);
            if (lines.Interactive) lines.Write(Table(results));
            foreach (var result in results)
            {
                foreach (var warning in result.Warnings) lines.WriteSentence($"warning: {result.Sample}: {warning}");
            }

            foreach (var remark in results.SelectMany(result => result.Remarks).Distinct()) lines.WriteSentence($"note: {remark}");
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, results);
            var counterexamples = results.Count(result => result.Distance is not null);
            lines.WriteSentence(
                $"{results.Count} of {table.Samples.Length} samples, norm {question.Norm.ToString().ToLowerInvariant()}, {counterexamples} with a counterexample ({deployed.Runtime.Name}). "
                + $"Certified and Lipschitz radii are proved; CLEVER scores are estimates, and exceed the distance of a counterexample {results.Count(Exceeds)} times.");
            return Task.FromResult(results.Count == table.Samples.Length ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }

    private static bool Exceeds(ReportCardResult result) => result.Clever.Score > result.Distance || result.SecondOrderClever?.Score > result.Distance;

    private static string Line(ReportCardResult result) =>
        $"{result.Sample}: class {result.Label}, certified radius {Down(result.CertifiedRadius)}, Lipschitz radius {Down(result.LipschitzRadius)}, "
        + $"CLEVER {CleverCommand.Interval(result.Clever)}{(result.SecondOrderClever is { } second ? $", of second order {CleverCommand.Interval(second)}" : "")}, "
        + $"counterexample {(result.Distance is { } distance ? $"at {Up(distance)}" : "none")}";

    private static Table Table(IReadOnlyList<ReportCardResult> results)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("sample", "class", "certified radius", "Lipschitz radius", "CLEVER");
        var second = results.Any(result => result.SecondOrderClever is not null);
        if (second) table.AddColumn("second order");
        table.AddColumn("counterexample");
        foreach (var result in results)
        {
            string[] cells =
            [
                Markup.Escape(result.Sample),
                $"{result.Label}",
                Down(result.CertifiedRadius),
                Down(result.LipschitzRadius),
                Markup.Escape(CleverCommand.Interval(result.Clever)),
                .. second ? (string[])[Markup.Escape(CleverCommand.Interval(result.SecondOrderClever!))] : [],
                result.Warnings.IsEmpty ? Up(result.Distance) : $"[yellow]{Up(result.Distance)}[/]",
            ];
            table.AddRow(cells);
        }

        return table;
    }

    // Few digits to be read, still on the sound side.
    private const int Digits = 4;

    private static string Down(double? value) => value is { } number ? Rounding.RoundDown(number, Digits).ToString(CultureInfo.InvariantCulture) : "none";

    private static string Up(double? value) => value is { } number ? Rounding.RoundUp(number, Digits).ToString(CultureInfo.InvariantCulture) : "none";
}
