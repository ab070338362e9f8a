using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary><c>lipschitz model.onnx</c>: by how much the outputs change at most where the inputs do.</summary>
internal static class LipschitzCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model." };
        var norm = new Option<Norm>("--norm") { Required = true, Description = "The norm of changes, of the inputs and of the outputs: l1, l2 or linf." };
        var output = new Option<int[]>("--output") { Arity = new ArgumentArity(1, 2), AllowMultipleArgumentsPerToken = true, Description = "One output alone, counted from 0; of two, the difference. Without it, all outputs together." };
        var scores = new Option<bool>("--scores") { Description = "Of the scores before a final softmax or sigmoid, instead of the model's outputs." };
        var exact = new Option<bool>("--exact") { Description = "Search for the exact constant of a ReLU or LeakyReLU network, or for a narrower interval." };
        var certificate = new Option<string?>("--certificate") { Description = "A file for the proofs of all upper bounds and the witnesses of all lower ones, which 'check' derives again." };
        var json = JsonOutput.Option();
        var command = new Command("lipschitz", "Bounds a Lipschitz constant: by how much the outputs change at most where the inputs change by one.")
        {
            model, norm, output, scores, exact, certificate, json,
        };
        var region = new RegionArguments(command, allowsGlobal: true);
        command.SetAction((parsed, cancellation) =>
        {
            region.Check(parsed);
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            var network = parsed.GetValue(scores) ? deployed.Scores : deployed.Network;
            var budget = parsed.GetValue(exact) ? LipschitzBudget.Exact : LipschitzBudget.Default;
            var regions = region.Regions(parsed, network).ToArray();
            var samples = new List<SampleConstant>();
            var (file, certificates) = (parsed.GetValue(certificate), new List<LipschitzCertificate>());
            foreach (var (name, inputs) in regions)
            {
                var outputs = parsed.GetValue(output) ?? [];
                var question = Of(new LipschitzQuestion(network, parsed.GetValue(norm), inputs), outputs);
                var constant = file is null ? LipschitzEstimation.Bound(question, budget, cancellation) : LipschitzEstimation.Prove(question, budget, cancellation);
                certificates.Add(new LipschitzCertificate
                {
                    Name = name ?? "",
                    Model = deployed.Sha256,
                    Norm = question.Norm,
                    Region = inputs,
                    OnScores = parsed.GetValue(scores),
                    Outputs = [.. outputs],
                    Lower = constant.Lower,
                    Upper = constant.Upper,
                    Witness = constant.Witness,
                    Method = constant.Method,
                    Engine = Verifier.Engine,
                    Proof = constant.Proof,
                });
                samples.Add(new SampleConstant(name, constant));
                if (!parsed.GetValue(json)) terminal.WriteSentence(Line(name, constant));
                if (cancellation.IsCancellationRequested) break;
            }

            if (file is not null) Write(deployed, certificates, file);
            var most = Summary.Of(samples, samples.Count == regions.Length && !cancellation.IsCancellationRequested);
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, most);
            else if (samples.Count > 1) terminal.WriteSentence($"the largest: between {Down(most.Lower)} and {Up(most.Upper)}");
            return Task.FromResult(most.Complete && most.Upper is not null ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }

    private static void Write(DeployedModel model, List<LipschitzCertificate> constants, string file) => new CertificateFile
    {
        ModelPath = CertificateFile.ModelPathFrom(file, model.Path),
        Report = new Report { Specification = "", Model = Path.GetFileName(model.Path), ModelSha256 = model.Sha256, Runtime = model.Runtime.Name, Certificates = [] },
        Constants = [.. constants],
    }.Write(file);

    private static LipschitzQuestion Of(LipschitzQuestion question, int[] outputs)
    {
        try
        {
            return question.OfOutputs(outputs);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--output: {exception.Message}");
        }
    }

    private static string Line(string? name, LipschitzConstant constant)
    {
        var where = name is null ? "" : name + ": ";
        var what = constant.Status == LipschitzStatus.Exact
            ? $"exact, {constant.Upper.ToString("G10", CultureInfo.InvariantCulture)}"
            : $"between {Down(constant.Lower)} and {Up(double.IsFinite(constant.Upper) ? constant.Upper : null)}";
        return $"{where}{what} ({constant.Method}{(constant.Parts > 0 ? $", {constant.Parts} parts" : "")}){(constant.Explanation is { } explanation ? $"; {explanation}" : "")}";
    }

    private static string Down(double value) => Rounding.RoundDown(value).ToString(CultureInfo.InvariantCulture);

    private static string Up(double? value) => value is { } number ? Rounding.RoundUp(number).ToString(CultureInfo.InvariantCulture) : "infinity";

    private sealed record SampleConstant(string? Name, LipschitzConstant Constant);

    /// <summary>The result as programs read it: the largest constant of all regions.</summary>
    private sealed record Summary(
        double Lower, double? Upper, bool Exact, string Method, double? Closed, double? Strict, string? Explanation, IReadOnlyList<double> Witness, bool Complete, IReadOnlyList<Entry>? Samples)
    {
        public static Summary Of(List<SampleConstant> samples, bool complete)
        {
            var (most, lowest) = (samples.MaxBy(sample => sample.Constant.Upper)!.Constant, samples.MaxBy(sample => sample.Constant.Lower)!.Constant);
            var both = most with { Lower = lowest.Lower };
            return new Summary(
                lowest.Lower,
                Finite(most.Upper),
                both.Status == LipschitzStatus.Exact,
                most.Method,
                most.Closed,
                most.Strict,
                most.Explanation,
                [.. lowest.Witness],
                complete,
                samples.Count == 1 && samples[0].Name is null
                    ? null
                    : [.. samples.Select(sample => new Entry(sample.Name!, sample.Constant.Lower, Finite(sample.Constant.Upper), sample.Constant.Status == LipschitzStatus.Exact))]);
        }

        // JSON has no infinity.
        private static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    private sealed record Entry(string Name, double Lower, double? Upper, bool Exact);
}
