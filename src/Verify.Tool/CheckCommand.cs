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
        var files = new Argument<string[]>("certificates") { Arity = ArgumentArity.OneOrMore, Description = "Files that 'verify --certificate' or 'lipschitz --certificate' wrote." };
        var model = new Option<string?>("--model") { Description = "The model, where it is not where the file says." };
        var json = JsonOutput.Option();
        var command = new Command("check", "Derives every verdict of a file of certificates again, without searching.") { files, model, json };
        command.SetAction((parsed, cancellation) =>
        {
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var results = new List<IChecked>();
            foreach (var path in parsed.GetRequiredValue(files))
            {
                var file = CertificateFile.Read(path);
                using var loaded = DeployedModel.Load(parsed.GetValue(model) ?? file.ResolveModel(path));
                var verifier = new Verifier(loaded);
                foreach (var constant in file.Constants) Tell(new CheckedConstant(path, constant, verifier.Check(constant, cancellation)));
                for (var i = 0; i < file.Properties.Length; i++)
                {
                    var certificate = file.Report.Certificates[i];
                    Tell(new Checked(path, certificate, verifier.Check(file.Properties[i], certificate, cancellation)));
                }
            }

            if (parsed.GetValue(json)) JsonOutput.Write(terminal, results.Select(result => result.Facts));
            var (accepted, unknown) = (results.Count(result => result.IsShown), results.Count(result => result.IsUnknown));
            lines.WriteSentence($"{accepted} of {results.Count} accepted{(unknown > 0 ? $", {unknown} unknown" : "")}.");
            return Task.FromResult(
                results.Any(result => result.IsRejected) ? ExitCode.Falsified : unknown > 0 ? ExitCode.Inconclusive : ExitCode.Holds);

            void Tell(IChecked result)
            {
                results.Add(result);
                lines.Output.WriteLine(result.ToString());
            }
        });
        return command;
    }

    private interface IChecked
    {
        bool IsRejected { get; }

        bool IsUnknown { get; }

        bool IsShown { get; }

        object Facts { get; }
    }

    private sealed record CheckedConstant(string Path, LipschitzCertificate Constant, LipschitzCheck Result) : IChecked
    {
        public bool IsRejected => !Result.IsAccepted;

        public bool IsUnknown => Result.IsAccepted && !double.IsFinite(Constant.Upper);

        public bool IsShown => Result.IsAccepted && !IsUnknown;

        public object Facts => new
        {
            File = Path,
            Constant = Constant.Name,
            Constant.Norm,
            Accepted = IsShown,
            Result.Lower,
            Upper = double.IsFinite(Result.Upper) ? Result.Upper : (double?)null,
            Result.Reason,
            Part = Result.Path,
        };

        public override string ToString()
        {
            var name = $"{(Constant.Name.Length > 0 ? $"{Constant.Name}: " : "")}Lipschitz constant in {Constant.Norm.ToString().ToLowerInvariant()}";
            if (IsRejected) return $"{name}: rejected: {Result.Reason}{(Result.Path is { } part ? $" (at {part})" : "")}";
            var lower = Rounding.RoundDown(Result.Lower).ToString(CultureInfo.InvariantCulture);
            return IsUnknown
                ? $"{name}: accepted, at least {lower}; of an upper bound there is nothing to check"
                : $"{name}: accepted, between {lower} and {Rounding.RoundUp(Result.Upper).ToString(CultureInfo.InvariantCulture)}";
        }
    }

    private sealed record Checked(string Path, Certificate Certificate, CheckResult Result) : IChecked
    {
        public bool IsRejected => !Result.IsAccepted;

        public bool IsUnknown => Result.IsAccepted && Certificate.Verdict == Verdict.Unknown;

        public bool IsShown => Result.IsAccepted && !IsUnknown;

        public object Facts => new
        {
            File = Path,
            Certificate.Property,
            Certificate.Verdict,
            Certificate.Semantics,
            Accepted = IsShown,
            Margin = double.IsFinite(Result.Margin) ? Rounding.RoundDown(Result.Margin) : (double?)null,
            Result.Reason,
            Part = Result.Path,
        };

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
