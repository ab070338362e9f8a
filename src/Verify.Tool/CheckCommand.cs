using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary><c>check file.certificate</c>: derives every verdict of a file again, without searching.</summary>
internal static class CheckCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("certificates") { Arity = ArgumentArity.OneOrMore, Description = "Files that 'verify --certificate' wrote." };
        var model = new Option<string?>("--model") { Description = "The model, where it is not where the file says." };
        var json = JsonOutput.Option();
        var command = new Command("check", "Derives every verdict of a file of certificates again, without searching.") { files, model, json };
        command.SetAction((parsed, cancellation) =>
        {
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var results = new List<Checked>();
            foreach (var path in parsed.GetRequiredValue(files))
            {
                var file = CertificateFile.Read(path);
                using var loaded = DeployedModel.Load(parsed.GetValue(model) ?? file.ResolveModel(path));
                var verifier = new Verifier(loaded);
                for (var i = 0; i < file.Properties.Length; i++)
                {
                    var certificate = file.Report.Certificates[i];
                    results.Add(new Checked(path, certificate, verifier.Check(file.Properties[i], certificate, cancellation)));
                    lines.Output.WriteLine(results[^1].ToString());
                }
            }

            if (parsed.GetValue(json)) JsonOutput.Write(terminal, results.Select(Facts));
            var (accepted, unknown) = (results.Count(result => result.IsShown), results.Count(result => result.IsUnknown));
            lines.WriteSentence($"{accepted} of {results.Count} accepted{(unknown > 0 ? $", {unknown} unknown" : "")}.");
            return Task.FromResult(
                results.Any(result => !result.Result.IsAccepted) ? ExitCode.Falsified : unknown > 0 ? ExitCode.Inconclusive : ExitCode.Holds);
        });
        return command;
    }

    private static object Facts(Checked result) => new
    {
        File = result.Path,
        result.Certificate.Property,
        result.Certificate.Verdict,
        result.Certificate.Semantics,
        Accepted = result.IsShown,
        Margin = double.IsFinite(result.Result.Margin) ? Rounding.RoundDown(result.Result.Margin) : (double?)null,
        result.Result.Reason,
        Part = result.Result.Path,
    };

    private sealed record Checked(string Path, Certificate Certificate, CheckResult Result)
    {
        public bool IsUnknown => Result.IsAccepted && Certificate.Verdict == Verdict.Unknown;

        public bool IsShown => Result.IsAccepted && !IsUnknown;

        public override string ToString()
        {
            var verdict = Certificate.Verdict.ToString().ToLowerInvariant();
            if (!Result.IsAccepted) return $"{Certificate.Property}: rejected, not shown to be {verdict}: {Result.Reason}{(Result.Path is { } part ? $" (at {part})" : "")}";
            if (IsUnknown) return $"{Certificate.Property}: unknown, nothing to check";
            var margin = double.IsFinite(Result.Margin) ? $" (margin {Rounding.RoundDown(Result.Margin, 4).ToString(CultureInfo.InvariantCulture)})" : "";
            return $"{Certificate.Property}: accepted, {verdict}{margin}";
        }
    }
}
