using System.CommandLine;
using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary><c>baseline accept|diff spec.json</c>: what was committed, and how a run differs from it.</summary>
internal static class BaselineCommand
{
    public static Command Create(Terminal terminal) => new("baseline", "Compares a run with the committed one, or makes it the committed one.")
    {
        Accept(terminal),
        Diff(terminal),
    };

    private static Command Accept(Terminal terminal)
    {
        var specification = Specification();
        var command = new Command("accept", "Verifies, and writes the result as the baseline beside the specification.") { specification };
        command.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(specification);
            var baseline = BaselineFile.Of(path);
            var (report, certificates) = Run(path, baseline, new ReportView(terminal, json: false), cancellation);
            if (!report.Complete) throw new OperationCanceledException();
            if (BrokenLimits(terminal, report, baseline)) return Task.FromResult(ExitCode.Falsified);
            baseline.Accept(report, certificates);
            terminal.Output.WriteLine($"Written: {baseline.Path}");
            return Task.FromResult(ExitCode.Holds);
        });
        return command;
    }

    private static Command Diff(Terminal terminal)
    {
        var specification = Specification();
        var json = JsonOutput.Option();
        var command = new Command("diff", "Verifies, and says what differs from the baseline. A missing baseline is written, except on a build server.") { specification, json };
        command.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(specification);
            var view = new ReportView(terminal.ForLogs(), json: false);
            var baseline = BaselineFile.Of(path);
            var (report, certificates) = Run(path, baseline, view, cancellation);
            var findings = baseline.Compare(report, $"run 'dotnet robustverify baseline accept {path}'", certificates);
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, findings);
            else foreach (var finding in findings) terminal.Output.WriteLine(Line(finding));
            view.Lines.Output.WriteLine(findings.IsEmpty ? "No difference from the baseline." : $"{Count("error", error: true)}, {Count("warning", error: false)}.");
            return Task.FromResult(
                findings.Any(finding => finding.Kind is FindingKind.Worse or FindingKind.LimitBroken) ? ExitCode.Falsified
                : !report.Complete ? ExitCode.Inconclusive
                : findings.Any(finding => finding.IsError) ? ExitCode.Falsified
                : ExitCode.Holds);

            string Count(string word, bool error)
            {
                var count = findings.Count(finding => finding.IsError == error);
                return $"{count} {word}{(count == 1 ? "" : "s")}";
            }
        });
        return command;
    }

    private static Argument<string> Specification() => new("spec.json") { Description = "The specification." };

    /// <summary>Verifies a specification, with what its baseline proves to begin with.</summary>
    private static (Report Report, CertificateFile Certificates) Run(string path, BaselineFile baseline, ReportView view, CancellationToken cancellation)
    {
        var question = new SampleQuestion(Core.Specifications.Specification.Load(path));
        using var model = DeployedModel.Load(question.ModelPath);
        var earlier = baseline.ReadCertificates();
        var report = view.Follow("verifying", question.Count, question.Measurements, progress =>
            question.Verify(new Verifier(model) { Progress = progress.Search, KeepsProofs = true, Earlier = earlier }, progress, cancellation));
        return (report, CertificateFile.Of(report, model.Path, baseline.CertificatePath));
    }

    /// <summary>Says what no baseline may hold, if there is anything.</summary>
    internal static bool BrokenLimits(Terminal terminal, Report report, BaselineFile baseline)
    {
        var broken = BaselineComparer.BrokenLimits(report, baseline.Path);
        foreach (var finding in broken) terminal.Output.WriteLine(Line(finding));
        return !broken.IsEmpty;
    }

    internal static string Line(Finding finding) =>
        $"{finding.Path}({finding.Line}): {(finding.IsError ? "error" : "warning")} {finding.Code}: {finding.Message}";
}
