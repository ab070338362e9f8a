using System.CommandLine;
using System.Globalization;
using RobustVerify.Training;
using RobustVerify.Training.Specifications;
using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary><c>train spec.json</c>: trains the network of a specification, and writes it as ONNX.</summary>
internal static class TrainCommand
{
    // A log should show how the training goes, and not every epoch.
    private const int Lines = 20;

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("spec.json") { Description = "What is trained on what; paths in it are relative to it." };
        var json = JsonOutput.Option();
        var command = new Command("train", "Trains a network, so that it answers well and its answers spread little, and writes it as ONNX.") { file, json };
        command.SetAction((parsed, cancellation) =>
        {
            var specification = TrainingSpecification.Load(parsed.GetRequiredValue(file));
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            try
            {
                var report = Run(specification, lines, cancellation);
                if (parsed.GetValue(json)) JsonOutput.Write(terminal, report);
                else Show(terminal, report);
                return Task.FromResult(ExitCode.Holds);
            }
            catch (OperationCanceledException) when (File.Exists(ModelTraining.CheckpointPath(specification)))
            {
                lines.WriteSentence($"The training was cancelled; the same command goes on from {ModelTraining.CheckpointPath(specification)}.");
                return Task.FromResult(ExitCode.Inconclusive);
            }
        });
        return command;
    }

    private static TrainingReport Run(TrainingSpecification specification, Terminal lines, CancellationToken cancellation)
    {
        var (epochs, every) = (specification.Plan.Epochs, Math.Max(1, specification.Plan.Epochs / Lines));
        var before = 0;
        return lines.WithProgress("training", epochs, (step, detail) => ModelTraining.Run(
            specification,
            state =>
            {
                // Taken up again, it begins with some epochs done.
                for (; before < state.Epochs; before++) step();
                var loss = string.Create(CultureInfo.InvariantCulture, $"loss {state.Loss:G4}");
                detail(loss);
                if (!lines.Interactive && (state.Epochs % every == 0 || state.Epochs == epochs)) lines.Output.WriteLine($"epoch {state.Epochs} of {epochs}: {loss}");
            },
            cancellation));
    }

    private static void Show(Terminal terminal, TrainingReport report)
    {
        (string Name, Assessment Result)[] rows = report.Test is { } test ? [("training", report.Training), ("test", test)] : [("training", report.Training)];
        if (terminal.Interactive)
        {
            var table = new Table().RoundedBorder().AddColumns("samples", "accuracy", "loss", "sensitivity", "median width");
            foreach (var (name, result) in rows) table.AddRow([name, .. Cells(result)]);
            terminal.Write(table);
        }
        else
        {
            foreach (var (name, result) in rows)
            {
                var cells = Cells(result);
                terminal.Output.WriteLine($"{name}: accuracy {cells[0]}, loss {cells[1]}, sensitivity {cells[2]}, median width {cells[3]}");
            }
        }

        terminal.WriteSentence($"The model is {Path.GetRelativePath(Directory.GetCurrentDirectory(), report.Model)}.");
    }

    private static string[] Cells(Assessment result) =>
        [Number(result.Accuracy, "P1"), Number(result.Loss, "G4"), Number(result.Sensitivity, "G4"), Number(result.MedianWidth, "G4")];

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
