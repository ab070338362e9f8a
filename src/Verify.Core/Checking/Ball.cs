using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking;

/// <summary>The least value of a linear function over a ball, g·c − ‖g ⊙ r‖ in the dual norm.</summary>
internal static class Ball
{
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
}
