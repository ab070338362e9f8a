using System.CommandLine;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Tool;

/// <summary><c>verify</c>: proves or refutes what is asked of a model.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("verify", "Proves or refutes properties of a model.");
        var arguments = new QuestionArguments(command);
        var json = JsonOutput.Option();
        command.Add(json);
        command.SetAction((parsed, cancellation) =>
        {
            var question = arguments.Read(parsed);
            using var model = DeployedModel.Load(question.ModelPath);
            var report = new ReportView(terminal, parsed.GetValue(json))
                .Follow("verifying", question.Count, progress => question.Verify(model, progress, cancellation));
            return Task.FromResult(ExitCode.Of(report));
        });
        return command;
    }
}
