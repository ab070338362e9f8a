using System.CommandLine;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary>The two commands that ask something of a model: <c>verify</c> and <c>radius</c>.</summary>
internal static class QuestionCommand
{
    private delegate Report Answer(Question question, Verifier verifier, RunProgress progress, CancellationToken cancellation);

    /// <summary><c>verify</c>: proves or refutes what is asked.</summary>
    public static Command Verify(Terminal terminal) => Create(
        terminal,
        new Command("verify", "Proves or refutes properties of a model, and takes the measures of its specification."),
        "verifying",
        question => question.Measurements,
        (question, verifier, progress, cancellation) => question.Verify(verifier, progress, cancellation),
        ExitCode.Of);

    /// <summary><c>radius</c>: how far each sample may move.</summary>
    public static Command Radius(Terminal terminal) => Create(
        terminal,
        new Command(
            "radius",
            "Finds the largest radius that can be certified, and the smallest at which a counterexample is found, of every sample, in multiples of the radius that is given."),
        "measuring radii",
        _ => 0,
        (question, verifier, progress, cancellation) => question.MeasureRadii(verifier, progress, cancellation),
        report => report.Complete ? ExitCode.Holds : ExitCode.Inconclusive);

    private static Command Create(Terminal terminal, Command command, string doing, Func<Question, int> measurements, Answer answer, Func<Report, int> exitCode)
    {
        var arguments = new QuestionArguments(command);
        var json = JsonOutput.Option();
        var method = new Option<SearchMethod>("--method") { Description = "For experiments: how a property is divided that bounds leave open. Without it, as suits the network." };
        var certificate = new Option<string?>("--certificate") { Description = "A file for the proofs of all verdicts, which 'check' derives again. If it is there already, what it proves is not searched again." };
        command.Add(json);
        command.Add(method);
        command.Add(certificate);
        command.SetAction((parsed, cancellation) =>
        {
            var question = arguments.Read(parsed);
            var file = parsed.GetValue(certificate);
            using var model = DeployedModel.Load(question.ModelPath);
            var report = new ReportView(terminal, parsed.GetValue(json))
                .Follow(doing, question.Count, measurements(question), progress => answer(
                    question,
                    new Verifier(model)
                    {
                        Method = parsed.GetValue(method),
                        Progress = progress.Search,
                        KeepsProofs = file is not null,
                        Earlier = File.Exists(file) ? CertificateFile.Read(file) : null,
                    },
                    progress,
                    cancellation));
            if (file is not null) CertificateFile.Of(report, model.Path, file).Write(file);
            return Task.FromResult(exitCode(report));
        });
        return command;
    }
}
