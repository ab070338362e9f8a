using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>Elementary and error functions that .NET does not have, or not without cancellation; a few units in the last place.</summary>
internal static class SpecialFunctions
{
    // The trapezoidal rule with this step has an error of e^(−(π/step)²) = 7e-18, relative to erfc.
    private const double Step = 0.5;

    private static readonly double[] Series = CreateSeries();

    // Of the nodes n·step from n = 1: e^(−t²) and t². Two vectors of them, whose last weigh next to nothing.
    private static readonly double[] Squares = [.. Enumerable.Range(1, 16).Select(n => n * n * Step * Step)];
    private static readonly double[] Weights = [.. Squares.Select(square => Math.Exp(-square))];

    /// <summary>eᶻ − 1, exact near zero.</summary>
    /// <remarks>Source: Kahan; the rounding of eᶻ cancels between numerator and denominator.</remarks>
    public static double Expm1(double z)
    {
        var e = Math.Exp(z);
        if (e == 1) return z;
        var difference = e - 1;
        return difference == -1 || double.IsInfinity(e) || Math.Abs(z) > 1 ? difference : difference * (z / Math.Log(e));
    }

    /// <summary>ln(1 + z), exact near zero.</summary>
    /// <remarks>Source: Kahan, as for <see cref="Expm1"/>.</remarks>
    public static double Log1p(double z)
    {
        var sum = 1 + z;
        return sum == 1 || double.IsInfinity(sum) ? z : Math.Log(sum) * (z / (sum - 1));
    }

    /// <summary>e^(−z²), exact in the tails: the rounding of z² is taken back.</summary>
    public static double Gaussian(double z)
    {
        var square = z * z;
        var e = Math.Exp(-square);
        return e == 0 ? 0 : e - e * Math.FusedMultiplyAdd(z, z, -square);
    }

    /// <summary>The error function.</summary>
    public static double Erf(double z) =>
        Math.Abs(z) < 0.5 ? SmallErf(z) : z < 0 ? LargeErfc(-z) - 1 : 1 - LargeErfc(z);

    /// <summary>The complementary error function 1 − erf(z), exact in the tail.</summary>
    public static double Erfc(double z) =>
        Math.Abs(z) < 0.5 ? 1 - SmallErf(z) : z < 0 ? 2 - LargeErfc(-z) : LargeErfc(z);

    private static double SmallErf(double z)
    {
        var square = z * z;
        var sum = 0.0;
        for (var n = Series.Length - 1; n >= 0; n--) sum = Math.FusedMultiplyAdd(sum, square, Series[n]);
        return z * sum;
    }

    /// <remarks>
    /// The trapezoidal rule for erfc(z) = (z/π)·e^(−z²)·∫ e^(−t²)/(t² + z²) dt, and what the pole at t = iz contributes.
    /// Source: Hunter and Regan 1972, Mathematics of Computation 26.
    /// </remarks>
    private static double LargeErfc(double z)
    {
        var square = z * z;
        var gaussian = Gaussian(z);
        if (gaussian == 0) return 0;
        var sum = 0.5 / square;
        ref var weights = ref Weights[0];
        ref var nodes = ref Squares[0];
        sum += Reduction.Sum(
            Vector512.LoadUnsafe(ref weights) / (Vector512.LoadUnsafe(ref nodes) + Vector512.Create(square))
            + Vector512.LoadUnsafe(ref weights, 8) / (Vector512.LoadUnsafe(ref nodes, 8) + Vector512.Create(square)));
        var pole = z < 6 ? 2 / (1 - Math.Exp(2 * Math.PI / Step * z)) : 0;
        return Math.FusedMultiplyAdd(2 * Step / Math.PI * z * gaussian, sum, pole);
    }

    /// <summary>2/√π·(−1)ⁿ/(n!·(2n + 1)), as far as matters for z² ≤ 1/4.</summary>
    private static double[] CreateSeries()
    {
        var series = new double[13];
        var factor = 2 / Math.Sqrt(Math.PI);
        for (var n = 0; n < series.Length; n++)
        {
            series[n] = factor / (2 * n + 1);
            factor /= -(n + 1);
        }

        return series;
    }
}
