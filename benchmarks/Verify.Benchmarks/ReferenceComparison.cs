using System.Diagnostics;
using System.Text.Json;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>
/// Bounds beside those of another tool, case by case: the lower bounds of linear functions of a network's outputs over a box,
/// and the seconds that they take.
/// </summary>
internal static class ReferenceComparison
{
    private const int NeuronIterations = 20;
    private const int RowIterations = 40;

    // A bound counts as as tight where it is lower by no more than this part of it.
    private const double Tolerance = 1e-3;

    private static readonly string[] OptimisedMethods = ["aCROWN-100", "aCROWN-ab-100"];
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Compares all cases of a file of JSON lines; the networks lie beside the folder that it is in.</summary>
    public static void Run(string path)
    {
        var root = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..");
        var (tight, cases, ratios) = (0, 0, new List<double>());
        Console.WriteLine($"{"case",-40} {"plain",11} {"CROWN",11} {"optimised",11} {"reference",11} {"seconds",9} {"reference",9}");
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0))
        {
            var reference = JsonSerializer.Deserialize<Case>(line, Options)!;
            using var model = DeployedModel.Load(Path.Combine(root, reference.Network));
            var region = InputRegion.Box(reference.Lower, reference.Upper);
            var rows = reference.Rows.SelectMany(row => row).ToArray();
            var (plain, _) = Fastest(5, () => LinearBoundPropagation.Propagate(model.Network, [region]).LowerBounds(rows));
            var (optimised, seconds) = Fastest(2, () =>
                LinearBoundPropagation.Propagate(model.Network, [region], NeuronIterations).LowerBounds(rows, 0, RowIterations));

            var best = OptimisedMethods.Select(name => reference.Methods.GetValueOrDefault(name)).OfType<Bounds>().MaxBy(bounds => bounds.Lower.Min())!;
            for (var row = 0; row < optimised.Length; row++)
            {
                if (reference.SampledMinimum is { } sampled && Math.Max(plain[row], optimised[row]) > sampled[row])
                    throw new InvalidOperationException($"{reference.Network}, row {row}: {optimised[row]} is above the sampled {sampled[row]}.");
            }

            cases++;
            if (optimised.Zip(best.Lower).All(pair => pair.First >= pair.Second - Tolerance * Math.Abs(pair.Second))) tight++;
            if (best.Seconds is { } known) ratios.Add(seconds / known);
            Console.WriteLine(
                $"{Path.GetFileNameWithoutExtension(reference.Network) + " " + reference.Radius,-40} {plain.Min(),11:G6} "
                + $"{reference.Methods["CROWN"].Lower.Min(),11:G6} {optimised.Min(),11:G6} {best.Lower.Min(),11:G6} {seconds,9:F3} {best.Seconds,9:F3}");
        }

        ratios.Sort();
        Console.WriteLine($"{tight} of {cases} at least as tight, median time ratio {ratios[ratios.Count / 2]:F3}, worst {ratios[^1]:F3}");
    }

    private static (double[] Bounds, double Seconds) Fastest(int times, Func<double[]> bound)
    {
        var (bounds, seconds) = (Array.Empty<double>(), double.PositiveInfinity);
        for (var i = 0; i < times; i++)
        {
            var start = Stopwatch.GetTimestamp();
            bounds = bound();
            seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (bounds, seconds);
    }

    private sealed record Bounds(double[] Lower, double? Seconds);

    private sealed record Case(
        string Network,
        JsonElement Radius,
        double[] Lower,
        double[] Upper,
        double[][] Rows,
        Dictionary<string, Bounds> Methods,
        [property: System.Text.Json.Serialization.JsonPropertyName("sampled_minimum")] double[]? SampledMinimum);
}
