using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Bounds;

/// <summary>What follows from a softmax's elements summing to one (<see cref="Node.Simplex"/>), which no node alone shows.</summary>
internal static class Simplex
{
    // The sum is one for the model's constants; the network's are rounded, by parts in 10¹⁵ of what the exponents are made of.
    private const double Tolerance = 1e-12;

    /// <summary>Tightens the interval of every element by those of the others: sᵢ = 1 − Σⱼ sⱼ, j ≠ i, and 0 ≤ sᵢ ≤ 1.</summary>
    /// <param name="length">How many consecutive elements sum to one.</param>
    /// <param name="low">Lower bounds.</param>
    /// <param name="high">Upper bounds.</param>
    public static void Intersect(int length, Span<double> low, Span<double> high)
    {
        for (var start = 0; start < low.Length; start += length)
        {
            var (least, most) = (0.0, 0.0);
            for (var i = start; i < start + length; i++)
            {
                (low[i], high[i]) = (Math.Max(low[i], 0), Math.Min(high[i], 1));
                least += low[i];
                most += high[i];
            }

            var error = Tolerance + 2 * Rounding.Gamma(length + 2) * (1 + most);
            for (var i = start; i < start + length; i++)
            {
                (low[i], high[i]) = (
                    Math.Max(low[i], 1 - (most - high[i]) - error),
                    Math.Min(high[i], 1 - (least - low[i]) + error));
            }
        }
    }

    /// <summary>
    /// Subtracts from the coefficients of every block what they have in common, Σ aᵢsᵢ = t + Σ (aᵢ − t)sᵢ, and returns the sum
    /// of the t's, rounded down, and that of their magnitudes.
    /// </summary>
    /// <remarks>
    /// What is lost to lines and planes grows with |aᵢ − t| times the width of sᵢ; the sum of these is least for the median
    /// weighted by the widths.
    /// </remarks>
    /// <param name="length">How many consecutive elements sum to one.</param>
    /// <param name="a">A row's coefficients of the node, changed.</param>
    /// <param name="low">Lower bounds of the node.</param>
    /// <param name="high">Upper bounds of the node.</param>
    public static (double Sum, double Magnitude) Center(int length, Span<double> a, ReadOnlySpan<double> low, ReadOnlySpan<double> high)
    {
        var (keys, weights) = (new double[length], new double[length]);
        var (sum, magnitude) = (0.0, 0.0);
        for (var start = 0; start < a.Length; start += length)
        {
            var block = a.Slice(start, length);
            if (!block.ContainsAnyExcept(0)) continue;
            block.CopyTo(keys);
            for (var i = 0; i < length; i++) weights[i] = high[start + i] - low[start + i];
            var common = Median(keys, weights);
            for (var i = 0; i < length; i++) block[i] -= common;
            sum += common - Tolerance * Math.Abs(common);
            magnitude += Math.Abs(common);
        }

        return (sum, magnitude);
    }

    /// <summary>The value below and above which at most half of the weight lies. Reorders both arrays.</summary>
    /// <remarks>Source: Hoare 1961, algorithm 65 (Find), by weight instead of rank.</remarks>
    internal static double Median(double[] values, double[] weights)
    {
        var half = 0.0;
        foreach (var weight in weights) half += weight / 2;
        var (first, last) = (0, values.Length - 1);
        while (first < last)
        {
            var pivot = values[(first + last) / 2];
            var (i, j, left) = (first, last, 0.0);
            while (i <= j)
            {
                while (values[i] < pivot) left += weights[i++];
                while (values[j] > pivot) j--;
                if (i > j) break;
                (values[i], values[j], weights[i], weights[j]) = (values[j], values[i], weights[j], weights[i]);
                left += weights[i++];
                j--;
            }

            // What is first..j is at most the pivot, i..last at least; a single element in between is the pivot itself.
            var middle = i - j == 2 ? weights[j + 1] : 0;
            if (left - middle >= half) last = j;
            else if (left >= half) return pivot;
            else (first, half) = (i, half - left);
        }

        return values[first];
    }
}
