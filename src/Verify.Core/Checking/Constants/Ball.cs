using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>The least value of a linear function over a ball, g·c − ‖g ⊙ r‖ in the dual norm.</summary>
internal static class Ball
{
    private const int Thirds = 60;

    /// <summary>The value, and what its rounding is relative to.</summary>
    public static (double Minimum, double Magnitude) Minimum(ReadOnlySpan<double> g, InputRegion region)
    {
        var (center, magnitude, largest) = (0.0, 0.0, 0.0);
        for (var i = 0; i < g.Length; i++)
        {
            center += g[i] * region.Center[i];
            magnitude += Math.Abs(g[i] * region.Center[i]);
            largest = Math.Max(largest, Math.Abs(g[i]) * region.Radii[i]);
        }

        // The dual of the sum is the largest element. Squares are taken of shares of it, so that none overflows.
        var (norm, squares) = (largest, 0.0);
        if (region.Norm == Norm.L2 && largest > 0)
        {
            for (var i = 0; i < g.Length; i++)
            {
                var share = Math.Abs(g[i]) * region.Radii[i] / largest;
                squares += share * share;
            }

            norm *= Math.Sqrt(squares);
        }

        return (center - norm, magnitude + norm);
    }

    /// <summary>A lower bound over the part of a ball in a box, and what its rounding is relative to.</summary>
    /// <remarks>
    /// Of any g = g₁ + g₂ the least of g₁·x in the box and of g₂·x in the ball add up to one. The best g₂ is g, clipped to what a multiple of the
    /// ball's norm is as steep as within the box; the multiple is found by thirds, since the bound is concave in it.
    /// </remarks>
    public static (double Minimum, double Magnitude) Minimum(ReadOnlySpan<double> g, InputRegion region, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        var (inBox, inBall, from, to) = (new double[g.Length], new double[g.Length], 0.0, 0.0);
        for (var i = 0; i < g.Length; i++) to += Math.Abs(g[i]) * region.Radii[i];
        var best = Split(to, g, lower, upper);
        for (var step = 0; step < Thirds && from < to; step++)
        {
            var (first, second) = (from + (to - from) / 3, to - (to - from) / 3);
            var (one, other) = (Split(first, g, lower, upper), Split(second, g, lower, upper));
            if (one.Minimum >= other.Minimum) to = second;
            else from = first;
            best = one.Minimum > best.Minimum ? one : best;
            best = other.Minimum > best.Minimum ? other : best;
        }

        return best;

        (double Minimum, double Magnitude) Split(double steepness, ReadOnlySpan<double> g, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
        {
            var magnitude = 0.0;
            for (var i = 0; i < g.Length; i++)
            {
                var (c, r) = (region.Center[i], region.Radii[i]);
                var (least, most) = region.Norm == Norm.L2 ? (-steepness * (upper[i] - c) / (r * r), -steepness * (lower[i] - c) / (r * r)) : (-steepness / r, steepness / r);
                inBall[i] = least <= most && double.IsFinite(least) && double.IsFinite(most) ? Math.Clamp(g[i], least, most) : 0;
                inBox[i] = g[i] - inBall[i];
                magnitude += (Math.Abs(g[i]) + Math.Abs(inBall[i])) * Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
            }

            var ball = Minimum(inBall, region);
            return (ball.Minimum + Kernels.Dot(inBox, lower, upper), magnitude + ball.Magnitude);
        }
    }
}
