using System.Diagnostics;
using System.Text.Json;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>CLEVER scores beside those of another tool, case by case, and how many gradients a second both take.</summary>
/// <remarks>
/// The other tool evaluates a pool of gradients once and draws the samples of all batches from it, so its largest gradient is
/// that of the pool. What its score would be with gradients drawn here is found by taking the maxima of as many
/// batches as make a pool, again and again: its scores should lie within that interval. Ours are of fresh samples, of which
/// there are more, and therefore smaller. It moves points to the domain [0, 1], as is done here; in l1 it draws the
/// distance from the centre from a law of its own. A score of several targets counts each gradient.
/// The products alone are the multiply–adds of the gradient network at the speed of the fastest float32 matrix
/// product of the same run. Our seconds are those of the processor, whatever else the machine does.
/// </remarks>
internal static class CleverComparison
{
    private const int Resamples = 2000;

    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Compares the cases of a file whose networks' names hold some text; the networks lie beside its folder.</summary>
    public static void Run(string path, string text)
    {
        var root = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..");
        var reference = JsonSerializer.Deserialize<Reference>(File.ReadAllText(path), Options)!;
        var (cases, inside, slowest, peak) = (0, 0, double.PositiveInfinity, Peak());
        Console.WriteLine(
            $"{"case",-30} {"ours",9} {"interval",21} {"reference",21} {"ours, of its pool",21} {"inside",6} {"grad/s",9} {"reference",9} {"ratio",6} {"of products",11}");
        foreach (var group in reference.Scores.GroupBy(score => (score.Network, score.Kind, score.Norm)))
        {
            var first = group.First();
            var name = $"{Path.GetFileNameWithoutExtension(first.Network)} {first.Kind[..6]} {first.Norm}";
            if (!name.Contains(text, StringComparison.Ordinal)) continue;
            using var model = DeployedModel.Load(Path.Combine(root, first.Network));
            var input = reference.Inputs[first.Input];
            var question = new CleverQuestion
            {
                Norm = Enum.Parse<Norm>(first.Norm, ignoreCase: true),
                Radius = first.Radius,
                Target = first.Target,
                Batches = first.Batches,
                Samples = first.Samples,
                Domain = InputRegion.Box(new double[input.Length], [.. Enumerable.Repeat(1.0, input.Length)]),
            };
            CleverEstimator.Estimate(model.Scores, input, question with { Batches = 10, Samples = 256 });
            var start = Environment.CpuUsage.TotalTime;
            var report = CleverEstimator.Estimate(model.Scores, input, question);
            var seconds = (Environment.CpuUsage.TotalTime - start).TotalSeconds;

            var (low, high) = OfPool(report, first.Pool / first.Samples);
            var isInside = group.All(score => score.Score >= low && score.Score <= high);
            var targets = report.Scores.Length;
            var (speed, theirs) = (targets * question.Batches * question.Samples / seconds, targets * first.Pool / group.Min(score => score.Seconds));
            var products = MultiplyAdds(model.Scores, report) / peak * question.Batches * question.Samples;
            Console.WriteLine(
                $"{name,-30} {report.Score.Value,9:G4} {$"[{report.Score.Lower:G4}, {report.Score.Upper:G4}]",21} "
                + $"{string.Join(", ", group.Select(score => score.Score.ToString("G4"))),21} {$"[{low:G4}, {high:G4}]",21} {(isInside ? "yes" : "no"),6} "
                + $"{speed,9:F0} {theirs,9:F0} {speed / theirs,6:F1} {products / seconds,11:P0}");
            (cases, inside, slowest) = (cases + 1, inside + (isInside ? 1 : 0), Math.Min(slowest, speed / theirs));
        }

        Console.WriteLine($"reference inside on {inside} of {cases}, least ratio of speed {slowest:F1}, peak {peak * 1e-9:F1} billion multiply-adds a second in float32");
    }

    /// <summary>Where 95 % of the scores lie that a pool of some batches would give by its largest gradient.</summary>
    private static (double Low, double High) OfPool(CleverReport report, int batches)
    {
        var random = new RandomStream(1);
        var scores = new double[Resamples];
        foreach (ref var score in scores.AsSpan())
        {
            var drawn = Enumerable.Range(0, batches).Select(_ => random.NextInt(report.Nearest.Constant.Maxima.Length)).ToArray();
            score = report.Scores.Min(target => target.Margin / drawn.Max(batch => target.Constant.Maxima[batch]));
        }

        Array.Sort(scores);
        return (scores[(int)(0.025 * Resamples)], scores[(int)(0.975 * Resamples)]);
    }

    /// <summary>Multiply–adds a second of a float32 matrix product that fits in the cache, on one thread.</summary>
    private static double Peak()
    {
        const int Size = 256;
        var (a, b, c, least) = (new float[Size * Size], new float[Size * Size], new float[Size * Size], double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            var start = Stopwatch.GetTimestamp();
            MatrixProduct.Accumulate<float>(a, b, c, Size, Size, Size);
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (double)Size * Size * Size / least;
    }

    private static double MultiplyAdds(Network network, CleverReport report)
    {
        var margins = report.Scores.Select(score =>
        {
            var margin = new double[network.Output.Size];
            (margin[report.Label], margin[score.Target]) = (1, -1);
            return margin;
        });
        return Differentiation.Gradients(network, [.. margins]).Network.Nodes.OfType<AffineNode>().SelectMany(node => node.Terms).Sum(term => MultiplyAdds(term.Map));
    }

    private static double MultiplyAdds(LinearMap map) => map switch
    {
        DenseMap dense => (double)dense.InputSize * dense.OutputSize / dense.Blocks,
        ConvolutionMap { Shape: var shape } => (double)shape.WeightSize * shape.OutputHeight * shape.OutputWidth,
        CompositionMap composition => MultiplyAdds(composition.Outer) + MultiplyAdds(composition.Inner),
        _ => 0,
    };

    private sealed record Reference(Dictionary<string, float[]> Inputs, Case[] Scores);

    private sealed record Case(
        string Network, string Input, string Kind, int? Target, string Norm, double Radius, int Batches, int Samples, int Pool, double Score, double Seconds);
}
