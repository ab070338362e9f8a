using System.Diagnostics;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>
/// Interval bounds, fixed lines, fixed lines on split boxes and optimised lines beside one another, on networks of
/// activations that are no ReLU.
/// </summary>
/// <remarks>
/// Per activation and radius: on how many images the bounds prove every margin positive, and how wide the bounds are. The
/// width is how far the lower bounds of an image's margins lie below their values at the centre, as a multiple of how far
/// the lowest sampled values do: 1 is exact. Fixed lines on split boxes have, image by image, the time that the optimised
/// ones took; the other methods cannot use it.
/// </remarks>
internal static class CurveComparison
{
    private const int Training = 260;
    private const double Attack = 0.1;
    private const int Epochs = 60;
    private const int Images = 50;
    private const int NeuronIterations = 20;
    private const int RowIterations = 40;

    private const int Splits = 3;

    private static readonly string[] Methods = ["interval", "tangent or chord", "least area", "least area, splits", "optimised"];
    private static readonly Case[] Cases =
    [
        new("GELU", Gelu.Instance, 1, [0.05, 0.06, 0.08]),
        new("SiLU", SigmoidGate.Silu, 1, [0.05, 0.06, 0.08]),
        new("Mish", Mish.Instance, 1, [0.05, 0.06, 0.08]),
        new("HardSwish", HardSwish.Instance, 1, [0.05, 0.06, 0.08]),
        new("softplus", Softplus.Instance, 1, [0.06, 0.08, 0.1]),
        new("arctan", Atan.Instance, 1, [0.05, 0.06, 0.08]),
        new("sine", Sine.Sin, 10, [0.01, 0.015, 0.06]),
    ];

    /// <summary>Prints the table, of one activation where its name is given.</summary>
    /// <returns>1 where a method without splits verifies more images than optimised lines in any row, or as many in all; otherwise 0.</returns>
    public static int Run(string name)
    {
        var digits = Digit.Read(Path.Combine(AppContext.BaseDirectory, "digits.csv"));
        var total = new int[Methods.Length];
        var isBest = true;
        Console.WriteLine($"| activation | radius | images | {string.Join(" | ", Methods)} | seconds, least area | seconds, optimised |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", Methods.Length + 5))}");
        foreach (var (label, activation, spread, radii) in Cases.Where(known => name.Length == 0 || known.Name == name))
        {
            var start = Stopwatch.GetTimestamp();
            var classifier = DigitClassifier.Train(activation, spread, Attack, digits[..Training], Epochs);
            var right = digits[Training..].Where(digit => classifier.Answer(digit.Pixels) == digit.Label).ToArray();
            Console.Error.WriteLine($"{label}: {right.Length} of {digits.Length - Training} right, trained in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
            var images = right.Take(Images).ToArray();
            var networks = Enumerable.Range(0, 10).Select(digit => new MarginNetwork(classifier.Margins(digit))).ToArray();
            // Once before the clock runs, for the compiler's sake.
            Measure(networks, [.. images.Take(5)], radii[^1]);
            foreach (var radius in radii)
            {
                var row = Measure(networks, images, radius);
                Console.WriteLine(
                    $"| {label} | {radius} | {images.Length} | "
                    + string.Join(" | ", row.Verified.Zip(row.Width).Select(cell => $"{cell.First} ({cell.Second / images.Length:F2})"))
                    + $" | {row.Seconds[2] / images.Length:F4} | {row.Seconds[^1] / images.Length:F4} |");
                for (var method = 0; method < Methods.Length; method++)
                {
                    total[method] += row.Verified[method];
                    isBest &= method == Splits || row.Verified[method] <= row.Verified[^1];
                }

                if (double.IsFinite(activation.Period)) Console.Error.WriteLine($"{row.Periods / images.Length:F1} neurons pass over more than a period");
            }
        }

        Console.WriteLine($"| all | | | {string.Join(" | ", total)} | | |");
        return isBest && total[..Splits].All(other => other < total[^1]) ? 0 : 1;
    }

    private static Row Measure(MarginNetwork[] networks, Digit[] images, double radius)
    {
        var row = new Row(new int[Methods.Length], new double[Methods.Length], new double[Methods.Length], 0);
        foreach (var (index, image) in images.Index())
        {
            var margins = networks[image.Label];
            var (network, rows) = (margins.Network, margins.Rows);
            var region = InputRegion.Box([.. image.Pixels.Select(pixel => pixel - radius)], [.. image.Pixels.Select(pixel => pixel + radius)]);
            var (center, lowest) = margins.Sample(region, RandomStream.From("curves", (ulong)index));
            var limit = 0.0;
            foreach (var method in Enumerable.Range(0, Methods.Length).Reverse())
            {
                var start = Stopwatch.GetTimestamp();
                var bounds = method switch
                {
                    0 => Intervals(network, region),
                    1 => TangentChord.LowerBounds(network, region),
                    2 => LinearBoundPropagation.Propagate(network, [region]).LowerBounds(rows, enough: margins.Any),
                    Splits => margins.SplitBounds(region, limit),
                    _ => LinearBoundPropagation.Propagate(network, [region], NeuronIterations).LowerBounds(rows, 0, RowIterations),
                };
                var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (method == Methods.Length - 1) limit = seconds;
                if (bounds.Min() > 0) row.Verified[method]++;
                row.Width[method] += center.Zip(bounds, (value, bound) => value - bound).Sum() / center.Zip(lowest, (value, low) => value - low).Sum();
                row.Seconds[method] += seconds;
                for (var k = 0; k < bounds.Length; k++)
                {
                    if (bounds[k] > lowest[k] + 1e-9)
                        throw new InvalidOperationException($"{Methods[method]}, radius {radius}, image {index}, margin {k}: the bound {bounds[k]} is above the sampled {lowest[k]}.");
                }
            }

            row = row with { Periods = row.Periods + Periods(network, region) };
        }

        return row;
    }

    private static double[] Intervals(Network network, InputRegion region) =>
        IntervalPropagation.Propagate(network, [region]).Lower(network.Output).ToArray();

    /// <summary>Neurons of the first layer whose values stretch over more than a period of the activation.</summary>
    private static int Periods(Network network, InputRegion region)
    {
        var node = network.Nodes.OfType<ElementwiseNode>().First();
        var bounds = IntervalPropagation.Propagate(network, [region]);
        var (low, high) = (bounds.Lower(node.Source).ToArray(), bounds.Upper(node.Source).ToArray());
        return low.Zip(high).Count(pair => pair.Second - pair.First > node.Activation.Period);
    }

    /// <param name="Name">The activation's name, as in papers.</param>
    /// <param name="Activation">The activation.</param>
    /// <param name="Spread">How much larger than usual the first layer's weights are to begin with, at most.</param>
    /// <param name="Radii">The radii around every pixel, which is from 0 to 1.</param>
    private sealed record Case(string Name, Activation Activation, double Spread, double[] Radii);

    private sealed record Row(int[] Verified, double[] Width, double[] Seconds, double Periods);
}
