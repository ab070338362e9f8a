using System.CommandLine;
using System.Security.Cryptography;
using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Measuring;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary><c>gate prove|compare|accept</c>: the steps of a gated build, as <c>RobustVerify.Tasks</c> runs them.</summary>
internal static class GateCommand
{
    public static Command Create(Terminal terminal)
    {
        // Its arguments change with the package that calls it: no promise is made to anyone else.
        var command = new Command("gate", "The steps of a build that gates a model.") { Hidden = true };
        command.Add(Prove(terminal));
        command.Add(Compare(terminal));
        command.Add(Accept(terminal));
        return command;
    }

    private static Command Prove(Terminal terminal)
    {
        var specificationOption = Required("--specification", "The specification.");
        var modelOption = Required("--model", "The model that the project gates.");
        var reportOption = Required("--report", "Where the report goes; what was read is listed beside it.");
        var command = new Command("prove", "Verifies and measures, and writes the report.") { specificationOption, modelOption, reportOption };
        command.SetAction((parsed, cancellation) =>
        {
            var (path, report) = (parsed.GetRequiredValue(specificationOption), parsed.GetRequiredValue(reportOption));
            var specification = Specification.Load(path);
            var gated = Path.GetFullPath(parsed.GetRequiredValue(modelOption));
            if (gated != specification.ModelPath)
                throw new SpecificationException(path, $"the specification is of {specification.ModelPath}, but the project gates {gated} with it; name the same model in both");

            using var model = DeployedModel.Load(specification.ModelPath);
            var baseline = BaselineFile.Of(path);
            var result = SpecificationRun.Run(new Verifier(model) { KeepsProofs = true, Earlier = baseline.ReadCertificates() }, specification, cancellation: cancellation);
            if (!result.Complete) throw new OperationCanceledException();
            string?[] read =
            [
                typeof(GateCommand).Assembly.Location, typeof(Verifier).Assembly.Location,
                Environment.GetEnvironmentVariable("ROBUSTVERIFY_ONNXRUNTIME"),
                path, specification.SamplesFile, .. specification.Measures.Select(measure => measure.Regions.SamplesFile), baseline.CertificatePath, .. model.Model.Files,
            ];
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(report))!);
            File.WriteAllText(report, ReportJson.Write(result));
            CertificateFile.Of(result, model.Path, baseline.CertificatePath).Write(CertificatesOf(report));
            File.WriteAllLines($"{report}.inputs", read.Where(File.Exists).Select(file => Path.GetFullPath(file!)).Distinct().Select(file => $"{Sha256(file)}\t{file}"));
            terminal.Output.WriteLine($"{result.Certificates.Count(certificate => certificate.Verdict == Verdict.Verified)} of {result.Certificates.Length} properties of {result.Model} are verified{(result.Measurements.IsEmpty ? "" : $", {result.Measurements.Length} numbers measured")}.");
            return Task.FromResult(ExitCode.Holds);
        });
        return command;
    }

    private static Command Compare(Terminal terminal)
    {
        var (reportOption, baselineOption) = (Required("--report", "The report."), Required("--baseline", "The baseline."));
        var acceptOption = Required("--accept", "What to do to accept a difference, as the end of a sentence.");
        var command = new Command("compare", "Compares a report with the baseline.") { reportOption, baselineOption, acceptOption };
        command.SetAction((parsed, _) =>
        {
            var findings = new BaselineFile(parsed.GetRequiredValue(baselineOption)).Compare(
                Read(parsed.GetRequiredValue(reportOption)), parsed.GetRequiredValue(acceptOption), CertificateFile.Read(CertificatesOf(parsed.GetRequiredValue(reportOption))));
            // Where something is worse, to accept what is better would be to accept that as well.
            var worse = findings.Any(finding => finding.IsError);
            foreach (var finding in findings.Where(finding => finding.IsError || !worse)) terminal.Output.WriteLine(BaselineCommand.Line(finding));
            return Task.FromResult(worse ? ExitCode.Falsified : ExitCode.Holds);
        });
        return command;
    }

    private static Command Accept(Terminal terminal)
    {
        var (reportOption, baselineOption) = (Required("--report", "The report."), Required("--baseline", "The baseline."));
        var command = new Command("accept", "Makes a report the baseline.") { reportOption, baselineOption };
        command.SetAction((parsed, _) =>
        {
            var baseline = new BaselineFile(parsed.GetRequiredValue(baselineOption));
            var path = parsed.GetRequiredValue(reportOption);
            var report = Read(path);
            if (BaselineCommand.BrokenLimits(terminal, report, baseline)) return Task.FromResult(ExitCode.Falsified);
            baseline.Accept(report, CertificateFile.Read(CertificatesOf(path)));
            terminal.Output.WriteLine($"Accepted as the baseline: {baseline.Path}");
            return Task.FromResult(ExitCode.Holds);
        });
        return command;
    }

    private static Option<string> Required(string name, string description) => new(name) { Description = description, Required = true };

    /// <summary>Where the proofs of a report are until it is accepted.</summary>
    private static string CertificatesOf(string report) => Path.ChangeExtension(report, ".certificate");

    private static Report Read(string path) => ReportJson.Read(File.ReadAllText(path), path);

    private static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
