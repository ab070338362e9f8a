using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>The ball {x : ‖(x − c)/r‖ ≤ 1} in l1 or l2 as linear functions see it.</summary>
internal sealed class BallSupport
{
    private readonly double[] center, radii;
    private readonly Norm norm;

    private BallSupport(InputRegion region)
    {
        (center, radii, norm) = (region.Center.ToArray(), region.Radii.ToArray(), region.Norm);
    }

    /// <summary>The ball of a region, or null where that is a box.</summary>
    public static BallSupport? Of(InputRegion region) => region.IsBox ? null : new(region);

    /// <summary>The least value of a function over the ball, and a bound of all magnitudes it is computed of; both rounded.</summary>
    /// <param name="coefficients">The function.</param>
    /// <param name="sizes">Magnitudes that its coefficients are computed of.</param>
    public (double Minimum, double Magnitude) Minimum(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> sizes)
    {
        var (minimum, magnitude) = (-DualNorm(coefficients), 0.0);
        for (var j = 0; j < center.Length; j++)
        {
            minimum += coefficients[j] * center[j];
            magnitude += sizes[j] * (Math.Abs(center[j]) + radii[j]);
        }

        return (minimum, magnitude);
    }

    /// <summary>The point of the ball where a function is least.</summary>
    public double[] Minimizer(ReadOnlySpan<double> coefficients)
    {
        var point = (double[])center.Clone();
        var length = DualNorm(coefficients);
        if (!(length > 0)) return point;
        for (var j = 0; j < point.Length; j++)
        {
            if (norm == Norm.L2) point[j] -= radii[j] * (radii[j] * coefficients[j] / length);
            else if (Math.Abs(coefficients[j]) * radii[j] == length) { point[j] -= radii[j] * Math.Sign(coefficients[j]); break; }
        }

        return point;
    }

    /// <summary>‖(x − c)/r‖, rounded.</summary>
    public double Distance(ReadOnlySpan<double> point)
    {
        var sum = 0.0;
        for (var j = 0; j < center.Length; j++)
        {
            var share = Math.Abs(point[j] - center[j]) / radii[j];
            sum += norm == Norm.L2 ? share * share : share;
        }

        return norm == Norm.L2 ? Math.Sqrt(sum) : sum;
    }

    /// <summary>Whether a point lies in the ball for certain.</summary>
    public bool Contains(ReadOnlySpan<double> point) => Distance(point) <= 1 - 1e-15 * (center.Length + 16);

    /// <summary>From a point inside towards one outside, to the border.</summary>
    public double[] Exit(double[] inside, double[] outside)
    {
        var (least, most, point) = (0.0, 1.0, new double[inside.Length]);
        for (var step = 0; step < 50; step++)
        {
            var share = (least + most) / 2;
            for (var j = 0; j < point.Length; j++) point[j] = inside[j] + share * (outside[j] - inside[j]);
            if (Contains(point)) least = share;
            else most = share;
        }

        for (var j = 0; j < point.Length; j++) point[j] = inside[j] + least * (outside[j] - inside[j]);
        return point;
    }

    /// <summary>A half-space that holds the ball and not a point outside of it, but for rounding.</summary>
    public HalfSpace Cut(ReadOnlySpan<double> point, HalfSpace? before)
    {
        var (normal, at) = (new double[center.Length], 0.0);
        for (var j = 0; j < normal.Length; j++)
        {
            var away = (point[j] - center[j]) / radii[j];
            normal[j] = (norm == Norm.L2 ? away : Math.Sign(away)) / radii[j];
            at += normal[j] * center[j];
        }

        return new HalfSpace(normal, at + DualNorm(normal), before);
    }

    /// <summary>The norm of the function's changes over the ball's radii: l2 of l2, the largest of l1.</summary>
    private double DualNorm(ReadOnlySpan<double> coefficients)
    {
        var (squares, largest) = (0.0, 0.0);
        for (var j = 0; j < radii.Length; j++)
        {
            var change = Math.Abs(coefficients[j]) * radii[j];
            squares += change * change;
            largest = Math.Max(largest, change);
        }

        return norm == Norm.L2 ? Math.Sqrt(squares) : largest;
    }
}
