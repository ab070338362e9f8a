using System.Diagnostics;
using System.Text.Json;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>
/// Bounds beside those of another tool, case by case: the lower bounds of linear functions of a network's outputs over a box,
/// and the seconds that they take.
/// </summary>
/// <remarks>
/// The share of the machine's peak is that of the plain pass: its multiply–adds, but for those with elements that are zero,
/// in its seconds, beside the fastest matrix product seen on one thread in the same run. That most rows reach only a part of
/// the image behind a convolution is not taken into account.
/// </remarks>
internal static class ReferenceComparison
{
    private const int NeuronIterations = 80;
    private const int RowIterations = 300;

    // A bound counts as as tight where it is lower by no more than this part of it.
    private const double Tolerance = 1e-3;

    // What takes CROWN less is not compared in time.
    private const double LeastSeconds = 0.01;

    private static readonly string[] OptimisedMethods = ["aCROWN-100", "aCROWN-ab-100"];
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Compares the cases of a file of JSON lines whose names hold some text; the networks lie beside its folder.</summary>
    public static void Run(string path, string text)
    {
        var root = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..");
        var (tight, plainTight, cases, ratios, plainRatios) = (0, 0, 0, new List<double>(), new List<double>());
        var peak = Peak();
        Console.WriteLine(
            $"{"case",-40} {"plain",11} {"CROWN",11} {"optimised",11} {"reference",11} "
            + $"{"plain s",9} {"CROWN s",9} {"of peak",8} {"seconds",9} {"reference",9} {"gap",9}");
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0))
        {
            var reference = JsonSerializer.Deserialize<Case>(line, Options)!;
            var name = Path.GetFileNameWithoutExtension(reference.Network) + " " + reference.Radius;
            if (!name.Contains(text, StringComparison.Ordinal)) continue;
            using var model = DeployedModel.Load(Path.Combine(root, reference.Network));
            var region = InputRegion.Box(reference.Lower, reference.Upper);
            var rows = reference.Rows.SelectMany(row => row).ToArray();
            var (plain, plainSeconds) = Fastest(5, () => LinearBoundPropagation.Propagate(model.Network, [region]).LowerBounds(rows));
            var (optimised, seconds) = Fastest(2, () =>
                LinearBoundPropagation.Propagate(model.Network, [region], NeuronIterations).LowerBounds(rows, 0, RowIterations));

            var best = OptimisedMethods.Select(name => reference.Methods.GetValueOrDefault(name)).OfType<Bounds>().MaxBy(bounds => bounds.Lower.Min())!;
            for (var row = 0; row < optimised.Length; row++)
            {
                if (reference.SampledMinimum is { } sampled && Math.Max(plain[row], optimised[row]) > sampled[row])
                    throw new InvalidOperationException($"{reference.Network}, row {row}: {optimised[row]} is above the sampled {sampled[row]}.");
            }

            cases++;
            var gap = Gap(optimised, best.Lower);
            if (gap <= Tolerance) tight++;
            if (best.Seconds is { } known) ratios.Add(seconds / known);
            var crown = reference.Methods["CROWN"];
            if (Gap(plain, crown.Lower) <= Tolerance) plainTight++;
            if (crown.Seconds is { } quick and > LeastSeconds) plainRatios.Add(plainSeconds / quick);
            var share = MultiplyAdds(LinearBoundPropagation.Propagate(model.Network, [region]), optimised.Length) / plainSeconds / peak;
            Console.WriteLine(
                $"{name,-40} {plain.Min(),11:G6} "
                + $"{crown.Lower.Min(),11:G6} {optimised.Min(),11:G6} {best.Lower.Min(),11:G6} "
                + $"{plainSeconds,9:F5} {crown.Seconds,9:F5} {share,8:P0} {seconds,9:F3} {best.Seconds,9:F3} {gap,9:E1}");
        }

        ratios.Sort();
        if (ratios.Count == 0) ratios.Add(double.NaN);
        Console.WriteLine(
            $"peak {peak * 1e-9:F1} billion multiply-adds a second; plain at least as tight as CROWN on {plainTight} of {cases}, "
            + $"no slower on {plainRatios.Count(ratio => ratio <= 1)} of {plainRatios.Count} above {LeastSeconds} s, worst {plainRatios.DefaultIfEmpty().Max():F3}");
        Console.WriteLine($"{tight} of {cases} at least as tight, median time ratio {ratios[ratios.Count / 2]:F3}, worst {ratios[^1]:F3}");
    }

    /// <summary>By which part of itself a bound is above ours, at most over the rows.</summary>
    private static double Gap(double[] ours, double[] theirs) => ours.Zip(theirs).Max(pair => (pair.Second - pair.First) / Math.Abs(pair.Second));

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

    /// <summary>Multiply–adds a second of a matrix product that fits in the cache, in double, on one thread.</summary>
    private static double Peak()
    {
        const int Size = 192;
        var (a, b, c) = (new double[Size * Size], new double[Size * Size], new double[Size * Size]);
        var (_, seconds) = Fastest(200, () =>
        {
            MatrixProduct.Accumulate<double>(a, b, c, Size, Size, Size);
            return c;
        });
        return (double)Size * Size * Size / seconds;
    }

    /// <summary>
    /// The multiply–adds of plain bounds that count: two rows for every neuron that a function is not linear on, and those of
    /// the property, each through every map before, but for the elements that a ReLU holds at zero.
    /// </summary>
    private static double MultiplyAdds(LinearBoundPropagation propagation, int rows)
    {
        var (network, bounds) = (propagation.Bounds.Network, propagation.Bounds);
        var (sum, before) = (0.0, 0.0);
        foreach (var node in network.Nodes)
        {
            var affine = node as AffineNode;
            var consumers = network.Nodes.Where(consumer => consumer.Sources.Contains(node)).ToArray();
            var onlyReLU = consumers.Length > 0 && consumers.All(consumer => consumer is ElementwiseNode { Activation: ReLU });
            // An affine function of the box is known without a row.
            var isExact = node is InputNode || affine?.Terms is [{ Source: InputNode }] or [];
            if (!isExact && consumers.Any(consumer => consumer is not AffineNode))
                sum += 2 * Share(node, (low, high) => onlyReLU ? low < 0 && high > 0 : low < high) * node.Size * before;
            foreach (var (source, map) in affine?.Terms ?? [])
            {
                before += MultiplyAdds(map)
                    * Share(source, (low, high) => low != 0 || high != 0)
                    * Share(node, (_, high) => !onlyReLU || high > 0);
            }
        }

        return sum + rows * before;

        double Share(Node node, Func<double, double, bool> counts)
        {
            var low = bounds.Lower(node);
            var high = bounds.Upper(node);
            var count = 0.0;
            for (var i = 0; i < low.Length; i++) count += counts(low[i], high[i]) ? 1 : 0;
            return count / low.Length;
        }
    }

    private static double MultiplyAdds(LinearMap map) => map switch
    {
        DenseMap dense => (double)dense.InputSize * dense.OutputSize / dense.Blocks,
        ConvolutionMap { Shape: var shape } => (double)shape.WeightSize * shape.OutputHeight * shape.OutputWidth,
        CompositionMap composition => MultiplyAdds(composition.Outer) + MultiplyAdds(composition.Inner),
        _ => 0,
    };

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
