using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>What follows from the elements of a softmax being positive and summing to one (<see cref="Node.Simplex"/>).</summary>
internal static class Simplex
{
    // The sum is one for the model's constants; the network's are rounded, by parts in 10¹⁵ of what the exponents are made of.
    private const double Tolerance = 1e-12;

    /// <summary>Narrows every element of a block to what the others leave of one.</summary>
    public static void Narrow(int length, double[] lower, double[] upper)
    {
        for (var start = 0; start < lower.Length; start += length)
        {
            var (least, most) = (0.0, 0.0);
            for (var i = start; i < start + length; i++)
            {
                (lower[i], upper[i]) = (Math.Max(lower[i], 0), Math.Min(upper[i], 1));
                least += lower[i];
                most += upper[i];
            }

            var error = Tolerance + 4 * Rounding.Gamma(length + 2) * (1 + most);
            for (var i = start; i < start + length; i++)
            {
                lower[i] = Math.Max(lower[i], 1 - (most - upper[i]) - error);
                upper[i] = Math.Min(upper[i], 1 - (least - lower[i]) + error);
            }
        }
    }

    /// <summary>Takes off the coefficients of each block what they have in common, Σ aᵢsᵢ = t + Σ (aᵢ − t)sᵢ; returns Σt, rounded down, and Σ|t|.</summary>
    /// <remarks>The t of each block is the median, weighted by the widths of the intervals: then what lines lose is least.</remarks>
    public static (double Sum, double Magnitude) Center(int length, Span<double> a, double[] lower, double[] upper)
    {
        var (keys, widths) = (new double[length], new double[length]);
        var (sum, magnitude) = (0.0, 0.0);
        for (var start = 0; start < a.Length; start += length)
        {
            var block = a.Slice(start, length);
            if (!block.ContainsAnyExcept(0)) continue;
            var total = 0.0;
            for (var i = 0; i < length; i++) total += widths[i] = upper[start + i] - lower[start + i];
            block.CopyTo(keys);
            Array.Sort(keys, widths);
            var (median, passed) = (0, widths[0]);
            while (passed < total / 2 && median < length - 1) passed += widths[++median];
            var common = keys[median];
            for (var i = 0; i < length; i++) block[i] -= common;
            sum += common - 1.001 * Tolerance * Math.Abs(common);
            magnitude += Math.Abs(common);
        }

        return (sum, magnitude);
    }
}
