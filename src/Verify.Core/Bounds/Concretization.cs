using System.Runtime.Intrinsics;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>The least value of a linear function over an input region.</summary>
internal static class Concretization
{
    /// <summary>A lower bound of Σ aᵢ xᵢ over the region, and the magnitude that its rounding error is relative to.</summary>
    /// <remarks>
    /// Exact over a box. Over the part of a box that lies in a ball, the larger of the bounds over the box and over the
    /// ball, a·c − ‖a ⊙ r‖ in the dual norm: sound, and exact where the box does not cut the ball.
    /// </remarks>
    public static (double Minimum, double Magnitude) Minimum(ReadOnlySpan<double> a, InputRegion region)
    {
        var inBox = InBox(a, region.Lower, region.Upper);
        return region.IsBox ? inBox : Larger(inBox, InBall(a, region));
    }

    /// <summary>The point at which the bound of <see cref="Minimum"/> is attained, but for rounding.</summary>
    public static void Minimizer(ReadOnlySpan<double> a, InputRegion region, Span<double> x)
    {
        if (region.IsBox || InBox(a, region.Lower, region.Upper).Minimum >= InBall(a, region).Minimum)
        {
            for (var i = 0; i < x.Length; i++) x[i] = a[i] >= 0 ? region.Lower[i] : region.Upper[i];
            return;
        }

        region.Center.CopyTo(x);
        var (length, steepest) = (0.0, 0);
        for (var i = 0; i < x.Length; i++)
        {
            var reach = Math.Abs(a[i]) * region.Radii[i];
            length += reach * reach;
            if (reach > Math.Abs(a[steepest]) * region.Radii[steepest]) steepest = i;
        }

        if (region.Norm == Norm.L1)
        {
            x[steepest] -= Math.Sign(a[steepest]) * region.Radii[steepest];
            return;
        }

        length = Math.Sqrt(length);
        for (var i = 0; i < x.Length && length > 0; i++) x[i] -= a[i] * region.Radii[i] / length * region.Radii[i];
    }

    /// <summary>A lower bound of Σ aᵢ yᵢ for y between two bounds, rounded down, or −∞ where nothing is known.</summary>
    public static double MinimumInBox(ReadOnlySpan<double> a, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        var (minimum, magnitude) = InBox(a, lower, upper);
        return RoundedDown(minimum, Rounding.Gamma(a.Length + 4), magnitude);
    }

    /// <summary>A bound less γ times the magnitude that its rounding error is relative to, or −∞ where it is no number.</summary>
    /// <remarks>
    /// The magnitude is itself a sum of rounded numbers: a relative error far below one part in a thousand. The last term
    /// stands for all that underflowed.
    /// </remarks>
    public static double RoundedDown(double bound, double gamma, double magnitude)
    {
        var rounded = Math.BitDecrement(bound - 1.001 * gamma * magnitude - 1e-290);
        return double.IsNaN(rounded) ? double.NegativeInfinity : rounded;
    }

    /// <remarks>
    /// Eight lanes whatever the machine has, so that sums have one order everywhere; the remainder follows one by one. An
    /// element that counts for nothing may be unbounded.
    /// </remarks>
    private static (double Minimum, double Magnitude) InBox(ReadOnlySpan<double> a, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        var (minima, magnitudes) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var i = 0;
        for (; i <= a.Length - 8; i += 8)
        {
            var coefficient = Vector512.Create(a[i..]);
            if (Vector512.EqualsAll(coefficient, Vector512<double>.Zero)) continue;
            var (low, high) = (Vector512.Create(lower[i..]), Vector512.Create(upper[i..]));
            var counts = ~Vector512.Equals(coefficient, Vector512<double>.Zero);
            var end = Vector512.ConditionalSelect(Vector512.GreaterThan(coefficient, Vector512<double>.Zero), low, high);
            var furthest = Vector512.Max(Vector512.Abs(low), Vector512.Abs(high));
            minima += coefficient * end & counts;
            magnitudes += Vector512.Abs(coefficient) * furthest & counts;
        }

        var (minimum, magnitude) = (Reduction.Sum(minima), Reduction.Sum(magnitudes));
        for (; i < a.Length; i++)
        {
            if (a[i] == 0) continue;
            minimum += a[i] > 0 ? a[i] * lower[i] : a[i] * upper[i];
            magnitude += Math.Abs(a[i]) * Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        }

        return (minimum, magnitude);
    }

    private static (double Minimum, double Magnitude) InBall(ReadOnlySpan<double> a, InputRegion region)
    {
        var (center, magnitude, furthest) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            center += a[i] * region.Center[i];
            magnitude += Math.Abs(a[i] * region.Center[i]);
            furthest = Math.Max(furthest, Math.Abs(a[i]) * region.Radii[i]);
        }

        var dual = furthest;
        if (region.Norm == Norm.L2 && furthest > 0)
        {
            // As parts of the largest, so that squares neither overflow nor underflow where they count.
            var squares = 0.0;
            for (var i = 0; i < a.Length; i++)
            {
                var share = Math.Abs(a[i]) * region.Radii[i] / furthest;
                squares += share * share;
            }

            dual *= Math.Sqrt(squares);
        }

        return (center - dual, magnitude + dual);
    }

    private static (double Minimum, double Magnitude) Larger((double Minimum, double Magnitude) p, (double Minimum, double Magnitude) q) =>
        p.Minimum >= q.Minimum ? p : q;
}
