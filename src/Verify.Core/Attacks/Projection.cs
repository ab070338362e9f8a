using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Attacks;

/// <summary>Brings points into an input region, as float32 numbers.</summary>
internal static class Projection
{
    /// <summary>Moves a point into the region: along the ray from the ball's centre, then into the box.</summary>
    /// <remarks>Not the nearest point of a ball, but one inside it, whatever the norm.</remarks>
    public static void Onto(InputRegion region, Span<float> x)
    {
        if (!region.IsBox)
        {
            var distance = Distance(region, x);
            if (distance > 1)
            {
                // A little inside, so that rounding to float32 does not carry the point out again.
                var shrink = (1 - 1e-6) / distance;
                for (var i = 0; i < x.Length; i++) x[i] = (float)(region.Center[i] + shrink * (x[i] - region.Center[i]));
            }
        }

        var (lower, upper) = region.Representable;
        for (var i = 0; i < x.Length; i++) x[i] = Math.Clamp(x[i], lower[i], upper[i]);
    }

    /// <summary>‖(x − c) / r‖ in the region's norm.</summary>
    private static double Distance(InputRegion region, ReadOnlySpan<float> x)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            if (region.Radii[i] == 0) continue;
            var step = Math.Abs(x[i] - region.Center[i]) / region.Radii[i];
            sum += region.Norm == Norm.L2 ? step * step : step;
        }

        return region.Norm == Norm.L2 ? Math.Sqrt(sum) : sum;
    }
}
