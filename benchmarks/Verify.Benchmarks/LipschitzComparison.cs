using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>Lipschitz constants beside those of other tools, case by case: every method's upper bound and its seconds.</summary>
internal static class LipschitzComparison
{
    private static readonly LipschitzMethod[] Methods = Enum.GetValues<LipschitzMethod>();

    /// <summary>Compares the cases of a file of JSON lines whose names hold some text; the networks lie beside its folder.</summary>
    public static int Run(string path, string text)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "clever.json"))).RootElement.GetProperty("inputs");
        Console.WriteLine($"{"case",-38} {"lower",10} {"upper",10} {"seconds",8} {"status",-7} {"parts",7} {"proved",10} {"check",6} {"bytes",8}  by method: bound (seconds); other tools");
        var wrong = 0;
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0))
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            var network = entry.GetProperty("network").GetString()!;
            var isLocal = entry.GetProperty("kind").GetString() == "local";
            var radius = isLocal ? entry.GetProperty("region").GetProperty("radius").GetDouble() : 0;
            var name = $"{Path.GetFileNameWithoutExtension(network)} {(isLocal ? $"linf at {radius}" : "l2 global")}";
            if (!name.Contains(text, StringComparison.Ordinal)) continue;
            using var model = DeployedModel.Load(Path.Combine(folder, "..", network));
            var question = new LipschitzQuestion(model.Network, isLocal ? Norm.Linf : Norm.L2, isLocal ? InputRegion.Ball(Center(entry, inputs), radius, Norm.Linf) : null);
            if (isLocal) question = Margin(question, entry.GetProperty("margin"));
            var budget = isLocal ? new LipschitzBudget { Parts = 1_000_000, Seconds = 10 } : null;
            var (constant, seconds) = Timed(() => LipschitzEstimation.Bound(question, budget));
            var proved = Certificate(question, LipschitzEstimation.Prove(question, budget));
            var (check, checking) = Timed(() => LipschitzChecker.Check(question.Network, proved));
            var bounds = Methods.Select(method => (Method: method, Result: Timed(() => LipschitzEstimation.Upper(question, method))))
                .Where(pair => double.IsFinite(pair.Result.Value)).ToArray();
            var others = entry.GetProperty("results").EnumerateObject().Select(result =>
                $"{result.Name} {Number(result.Value.GetProperty("value").GetDouble())} ({result.Value.GetProperty("seconds")})");
            Console.WriteLine(
                $"{name,-38} {Number(constant.Lower),10} {Number(constant.Upper),10} {seconds,8:F2} {constant.Status,-7} {constant.Parts,7} {Number(check.Upper),10} {checking,6:F2} {Bytes(proved),8}  "
                + $"{string.Join(", ", bounds.Select(pair => $"{pair.Method} {Number(pair.Result.Value)} ({pair.Result.Seconds:F2})"))}; {string.Join(", ", others)}");
            var sampled = entry.GetProperty("results").TryGetProperty("sampled-lower", out var reference) ? reference.GetProperty("value").GetDouble() : 0;
            if (!check.IsAccepted || bounds.Any(pair => pair.Result.Value < Math.Max(constant.Lower, sampled * (1 - 1e-5)) || pair.Result.Value < constant.Upper * (1 - 1e-9))) wrong++;
        }

        if (wrong > 0) Console.WriteLine($"{wrong} cases have a bound below a sampled value, one that is tighter than the default, or a proof that is rejected.");
        return wrong == 0 ? 0 : 1;
    }

    private static double[] Center(JsonElement entry, JsonElement inputs) =>
        (entry.TryGetProperty("input", out var named)
            ? inputs.EnumerateObject().First(input => named.GetString()!.StartsWith(input.Name, StringComparison.Ordinal)).Value
            : entry.GetProperty("region").GetProperty("centre")).EnumerateArray().Select(value => value.GetDouble()).ToArray();

    private static LipschitzQuestion Margin(LipschitzQuestion question, JsonElement margin)
    {
        if (margin.ValueKind == JsonValueKind.Object)
            return question.OfMargin(margin.GetProperty("label").GetInt32(), margin.GetProperty("target").GetInt32());
        var row = margin.EnumerateArray().Select(value => value.GetDouble()).ToArray();
        return question.OfMargin(Array.IndexOf(row, 1), Array.IndexOf(row, -1));
    }

    private static LipschitzCertificate Certificate(LipschitzQuestion question, LipschitzConstant constant) => new()
    {
        Model = "",
        Norm = question.Norm,
        Region = question.Region,
        Lower = constant.Lower,
        Upper = constant.Upper,
        Witness = constant.Witness,
        Method = constant.Method,
        Engine = "",
        Proof = constant.Proof,
    };

    private static int Bytes(LipschitzCertificate constant) => new CertificateFile
    {
        ModelPath = "",
        Report = new Report { Specification = "", Model = "", ModelSha256 = "", Runtime = "", Certificates = [] },
        Constants = [constant],
    }.ToBytes().Length;

    private static (T Value, double Seconds) Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        return (work(), watch.Elapsed.TotalSeconds);
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
