using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Benchmarks;

/// <summary>The methods for upper bounds of Lipschitz constants beside one another: a margin around an input, in l∞.</summary>
internal static class LipschitzMethods
{
    // Of pixels from 0 to 1.
    private static readonly double[] Radii = [0.001, 0.005, 0.01, 0.02];

    private static readonly LipschitzMethod[] Methods =
        [LipschitzMethod.NormProduct, LipschitzMethod.IntervalJacobian, LipschitzMethod.GatedJacobian, LipschitzMethod.GradientNetwork];

    /// <summary>Prints a row for every network whose name holds some text, and every radius.</summary>
    /// <param name="folder">The folder of models/digits-* and reference/networks/mnist_*.</param>
    /// <param name="text">The text.</param>
    /// <returns>1 where a bound is below a gradient that was found, or below the default, otherwise 0.</returns>
    public static int Run(string folder, string text)
    {
        var digit = CsvSamples.Read(Path.Combine(folder, "models", "digits.csv"), new CsvSelection { Label = "label", Count = 1 }).Samples[0].Values.ToArray();
        using var inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "reference", "clever.json")));
        var image = inputs.RootElement.GetProperty("inputs").EnumerateObject().First().Value.EnumerateArray().Select(value => value.GetDouble()).ToArray();
        Console.WriteLine($"| network, radius | lower | upper | seconds | {string.Join(" | ", Methods)} |");
        Console.WriteLine($"|---|---|---|---|{string.Concat(Methods.Select(_ => "---|"))}");
        var wrong = 0;
        foreach (var (pattern, input, pixels) in new[] { (Path.Combine("models", "digits-*.onnx"), digit, 16.0), (Path.Combine("reference", "networks", "mnist_*.onnx"), image, 1.0) })
        {
            foreach (var file in Directory.GetFiles(Path.Combine(folder, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern)).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileNameWithoutExtension(file);
                if (!name.Contains(text, StringComparison.Ordinal)) continue;
                using var model = DeployedModel.Load(file);
                foreach (var radius in Radii) wrong += Row($"{name}, {radius.ToString(CultureInfo.InvariantCulture)}", model.Scores, input, pixels * radius) ? 0 : 1;
            }
        }

        if (wrong > 0) Console.WriteLine($"{wrong} rows have a bound below a gradient that was found, or one that is tighter than the default.");
        return wrong == 0 ? 0 : 1;
    }

    private static bool Row(string name, Network network, double[] input, double radius)
    {
        // The margin of the first class over the second.
        var order = network.Evaluate<double>(input).Select((score, i) => (Score: score, Class: i)).OrderByDescending(pair => pair.Score).ToArray();
        var question = new LipschitzQuestion(network, Norm.Linf, InputRegion.Ball(input, radius, Norm.Linf)).OfMargin(order[0].Class, order[1].Class);
        var (constant, seconds) = Timed(() => LipschitzEstimation.Bound(question));
        var bounds = Array.ConvertAll(Methods, method => Timed(() => LipschitzEstimation.Upper(question, method)));
        var cells = bounds.Select(bound => double.IsFinite(bound.Value) ? $"{Number(bound.Value)} ({bound.Seconds.ToString("F2", CultureInfo.InvariantCulture)})" : "");
        var upper = constant.Status == LipschitzStatus.Exact ? "exact" : Number(constant.Upper);
        Console.WriteLine($"| {name} | {Number(constant.Lower)} | {upper} | {seconds.ToString("F2", CultureInfo.InvariantCulture)} | {string.Join(" | ", cells)} |");
        return bounds.All(bound => bound.Value >= constant.Lower && bound.Value >= constant.Upper * (1 - 1e-9));
    }

    private static (T Value, double Seconds) Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        return (work(), watch.Elapsed.TotalSeconds);
    }

    private static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);
}
