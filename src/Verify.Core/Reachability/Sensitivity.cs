using System.Collections.Immutable;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Reachability;

/// <summary>How far the outputs of a network spread over an input region: the size of a set that holds them.</summary>
/// <remarks>
/// A volume has no scale: who multiplies the last layer by t multiplies it by tᴷ and changes no decision, and it is zero where one output
/// stays and another is wild. So it stands beside the largest width and, of classes, beside what does not change with scale (<see cref="Margins"/>).
/// Source: Wang et al. 2018, arXiv 1810.11726, whose sensitivity is the volume of such a set.
/// </remarks>
public sealed record Sensitivity
{
    /// <summary>The set.</summary>
    public required OutputSet Set { get; init; }

    /// <summary>The width of every output: the largest value in the set less the smallest, rounded up.</summary>
    public required ImmutableArray<double> Widths { get; init; }

    /// <summary>What every output was seen to spread at least, rounded down.</summary>
    public required ImmutableArray<double> ReachedWidths { get; init; }

    /// <summary>How the margins of a class spread; null where there are no classes.</summary>
    public MarginSensitivity? Margins { get; init; }

    /// <summary>The largest width.</summary>
    public double Width => Widths.Max();

    /// <summary>The geometric mean of the widths, rounded up: the K-th root of the volume of the smallest box around the set.</summary>
    public double MeanWidth => GeometricMean(Widths, 1);

    /// <summary>The geometric mean of the widths that were seen, rounded down.</summary>
    public double ReachedMeanWidth => GeometricMean(ReachedWidths, -1);

    /// <summary>Measures the set of a method.</summary>
    /// <param name="outputs">The outputs.</param>
    /// <param name="method">The method.</param>
    /// <param name="center">An input of the region that the margins are relative to; without it there are none.</param>
    /// <param name="label">The right class; unless given, that of the centre.</param>
    /// <exception cref="ArgumentException">Nothing bounds an output, the centre is no input of the network, or the label no output.</exception>
    public static Sensitivity Of(ReachableOutputs outputs, ReachabilityMethod method, ReadOnlySpan<float> center = default, int? label = null)
    {
        var set = outputs.By(method);
        var axes = new double[set.Size * set.Size];
        for (var k = 0; k < set.Size; k++) axes[k * set.Size + k] = 1;
        return new Sensitivity
        {
            Set = set,
            Widths = [.. set.Ranges.Select(Logarithms.Width)],
            ReachedWidths = [.. outputs.Reached(axes).Select(range => Spread(range))],
            Margins = center.IsEmpty || set.Size == 1 ? null : MarginSensitivity.Of(set, outputs, center, label),
        };
    }

    /// <summary>How far two values that are reached are apart, rounded down.</summary>
    internal static double Spread((double Lower, double Upper) reached) => Math.Max(0, -Rounding.SumUp(reached.Lower, -reached.Upper));

    /// <summary>The geometric mean, rounded up for side 1, down for side −1; 0 where a number is 0.</summary>
    internal static double GeometricMean(IReadOnlyCollection<double> numbers, int side)
    {
        // Logarithm and exponential are taken to be within four units in the last place.
        var mean = numbers.Average(Math.Log);
        if (double.IsNegativeInfinity(mean)) return 0;
        var error = 1e-15 * (4 + numbers.Count) * (1 + numbers.Max(number => Math.Abs(Math.Log(number))));
        return Math.Exp(mean) * (1 + side * 2 * error);
    }
}
