using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Specifications;
using RobustVerify.Training.Landscape;
using RobustVerify.Training.Specifications;
using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary><c>landscape spec.json</c>: the minima of a training objective, how paths join them, and whether lower ones are less sensitive.</summary>
internal static class LandscapeCommand
{
    public static Command Create(Terminal terminal)
    {
        var usual = new HoppingSettings();
        var file = new Argument<string>("spec.json") { Description = "What is trained on what, as for 'train'; its seed is the seed of the search." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => usual.Steps, Description = $"Local minimisations of each of the {usual.Chains} searches." };
        var displacement = NumberOption.Of("--displacement", $"How far a step goes, relative to the root mean square of the parameters; {Text(usual.Displacement)}, if left out.");
        var temperature = NumberOption.Of("--temperature", $"A step to a minimum that is higher by Δ is accepted with probability exp(−Δ / temperature); {Text(usual.Temperature)}, if left out.");
        var picture = new Option<string?>("--picture") { Description = "A file for the disconnectivity graph (SVG)." };
        var json = JsonOutput.Option();
        var command = new Command("landscape", "Searches for the minima of a training objective, and tells how they are joined and whether lower ones are less sensitive.")
        {
            file, steps, displacement, temperature, picture, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var specification = TrainingSpecification.Load(parsed.GetRequiredValue(file));
            var settings = usual with
            {
                Steps = parsed.GetValue(steps),
                Displacement = parsed.GetValue(displacement) ?? usual.Displacement,
                Temperature = parsed.GetValue(temperature) ?? usual.Temperature,
                Seed = specification.Plan.Seed,
            };
            if (settings is not { Steps: > 0, Displacement: > 0, Temperature: > 0 }) throw new UsageException("--steps, --displacement and --temperature are above zero.");
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var study = Run(specification, settings, lines, cancellation);
            if (parsed.GetValue(picture) is { } svg && !study.Minima.IsEmpty) study.Picture().Save(svg);
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, LandscapeResult.Of(study, !cancellation.IsCancellationRequested));
            else Show(terminal, study);
            return Task.FromResult(cancellation.IsCancellationRequested || study.Minima.IsEmpty ? ExitCode.Inconclusive : ExitCode.Holds);
        });
        return command;
    }

    private static LandscapeStudy Run(TrainingSpecification specification, HoppingSettings settings, Terminal lines, CancellationToken cancellation)
    {
        try
        {
            return lines.WithProgress("minima", settings.Chains * settings.Steps, (step, detail) => LandscapeStudy.Run(
                specification.Architecture,
                specification.Training,
                specification.Loss,
                specification.Test ?? specification.Training,
                settings,
                progress =>
                {
                    if (progress.Of == LandscapeStudy.Minimisations) step();
                    else detail($"{progress.Of} {progress.Done} of {progress.Count}");
                },
                cancellation));
        }
        catch (ArgumentException exception)
        {
            throw new SpecificationException(specification.File, exception.Message);
        }
    }

    private static void Show(Terminal terminal, LandscapeStudy study)
    {
        string[] titles = ["minimum", "visits", "objective", "loss", "accuracy", "certified", "sensitivity", "of margins"];
        var rows = study.Minima.Zip(study.Figures).Select((minimum, i) => (string[])
        [
            Text(i), Text(minimum.First.Visits), Text(minimum.First.Value), Text(minimum.Second.TaskLoss),
            Text(minimum.Second.Accuracy), Text(minimum.Second.Certified), Text(minimum.Second.Sensitivity), Text(minimum.Second.MarginSensitivity),
        ]).ToArray();
        if (terminal.Interactive)
        {
            var table = new Table().RoundedBorder().AddColumns(titles);
            foreach (var row in rows) table.AddRow(row);
            terminal.Write(table);
        }
        else
        {
            foreach (var row in rows) terminal.Output.WriteLine(string.Join(", ", titles.Zip(row, (title, cell) => $"{title} {cell}")));
        }

        terminal.WriteSentence($"{study.Minima.Length} minima, {study.Paths.Length} paths between them.");
        Correlation("outputs", study.OutputCorrelation);
        if (study.MarginCorrelation is { } margins) Correlation("margins", margins);

        void Correlation(string of, RankCorrelation correlation) => terminal.WriteSentence(
            $"Rank correlation of the objective with the sensitivity of {of}: {Text(correlation.Coefficient)} (p = {Text(correlation.PValue)}).");
    }

    private static string Text(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "-";
}
