using System.CommandLine;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Tool;

/// <summary><c>radius</c>: how far each sample may move.</summary>
internal static class RadiusCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command(
            "radius",
            "Finds the largest radius that can be certified, and the smallest at which a counterexample is found, of every sample, in multiples of the radius that is given.");
        var arguments = new QuestionArguments(command);
        var json = JsonOutput.Option();
        command.Add(json);
        command.SetAction((parsed, cancellation) =>
        {
            var question = arguments.Read(parsed);
            using var model = DeployedModel.Load(question.ModelPath);
            var report = new ReportView(terminal, parsed.GetValue(json))
                .Follow("measuring radii", question.Count, progress => question.MeasureRadii(model, progress, cancellation));
            return Task.FromResult(report.Complete ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }
}
