using System.Runtime.InteropServices;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Relaxations;

/// <summary>
/// Piecewise-linear functions above and below an activation of which only a Lipschitz constant is known. They do not
/// depend on a slope, so one surrogate serves every line that is to be shifted on an interval.
/// </summary>
/// <remarks>
/// Requires finite bounds. Sound if the constant is; rounded outward. Between two samples the function stays below the two
/// lines of slope ±L through them, whose crossing is a vertex. Only vertices on the concave hull can be touched by a line
/// from above, so cells that have one there are divided until the evaluations are spent. The excess over the function is at
/// most L/2 times the width of a cell.
/// </remarks>
public static class LipschitzSurrogate
{
    private const int Evaluations = 512;

    /// <summary>A concave function above the activation on [lower, upper].</summary>
    /// <exception cref="InvalidOperationException">Values show that the function is steeper than its constant says.</exception>
    public static PiecewiseLinear Above(LipschitzActivation activation, double lower, double upper) =>
        Of(activation, lower, upper, 1);

    /// <summary>A convex function below the activation on [lower, upper].</summary>
    /// <exception cref="InvalidOperationException">Values show that the function is steeper than its constant says.</exception>
    public static PiecewiseLinear Below(LipschitzActivation activation, double lower, double upper) =>
        Of(activation, lower, upper, -1);

    /// <summary>The one above for side 1, the one below for side −1.</summary>
    internal static PiecewiseLinear Of(LipschitzActivation activation, double lower, double upper, int side)
    {
        if (!(lower < upper) || !double.IsFinite(upper - lower))
            throw new ArgumentException($"{activation.Name} needs a finite interval that is not a point, not [{lower}, {upper}].");

        var samples = new List<(double Z, double Value)> { (lower, Sample(lower)), (upper, Sample(upper)) };
        var cells = new HashSet<int> { 0 };
        var parts = 16;
        while (true)
        {
            var finer = new List<(double Z, double Value)>(samples.Count + cells.Count * (parts - 1));
            for (var i = 0; i + 1 < samples.Count; i++)
            {
                finer.Add(samples[i]);
                for (var k = 1; cells.Contains(i) && k < parts; k++)
                {
                    var z = samples[i].Z + (samples[i + 1].Z - samples[i].Z) * k / parts;
                    if (z > finer[^1].Z && z < samples[i + 1].Z) finer.Add((z, Sample(z)));
                }
            }

            finer.Add(samples[^1]);
            var exhausted = finer.Count == samples.Count;
            samples = finer;
            parts = 4;
            var vertices = Vertices(activation, samples);
            cells = [.. vertices.Where(vertex => vertex.Cell >= 0).Select(vertex => vertex.Cell)];
            if (exhausted || samples.Count + cells.Count * (parts - 1) > Evaluations)
                return Through(activation, vertices, side);
        }

        double Sample(double z)
        {
            var value = activation.Value(z);
            if (!double.IsFinite(value)) throw new InvalidOperationException($"{activation.Name} is {value} at {z}; it must be finite.");
            return side * value + activation.ValueError(z, value);
        }
    }

    /// <summary>The concave hull of the ends and of every cell's vertex, with the cell that each comes from.</summary>
    private static List<(double Z, double Value, int Cell)> Vertices(
        LipschitzActivation activation, List<(double Z, double Value)> samples)
    {
        var steepest = activation.LipschitzConstant;
        var hull = new List<(double Z, double Value, int Cell)>();
        Add(samples[0].Z, samples[0].Value, -1);
        for (var i = 0; i + 1 < samples.Count; i++)
        {
            var ((from, left), (to, right)) = (samples[i], samples[i + 1]);
            var width = to - from;
            var aside = (right - left) / (2 * steepest);
            if (Math.Abs(aside) > width / 2 * (1 + 1e-9) + 1e-14 * (Math.Abs(left) + Math.Abs(right)) / steepest)
            {
                throw new InvalidOperationException(
                    $"{activation.Name} changes by {Math.Abs(right - left)} between {from} and {to}: " +
                    $"its Lipschitz constant cannot be {steepest}. Give a larger one.");
            }

            Add(Math.Clamp(from + width / 2 + aside, from, to), left / 2 + right / 2 + steepest * width / 2, i);
        }

        Add(samples[^1].Z, samples[^1].Value, -1);
        return hull;

        void Add(double z, double value, int cell)
        {
            while (hull.Count > 0 && hull[^1].Z >= z)
            {
                if (hull[^1].Value >= value) return;
                hull.RemoveAt(hull.Count - 1);
            }

            while (hull.Count > 1 && IsBelow(hull[^1], hull[^2], (z, value))) hull.RemoveAt(hull.Count - 1);
            hull.Add((z, value, cell));
        }
    }

    private static bool IsBelow((double Z, double Value, int Cell) point, (double Z, double Value, int Cell) left, (double Z, double Value) right) =>
        (point.Value - left.Value) * (right.Z - left.Z) <= (right.Value - left.Value) * (point.Z - left.Z);

    private static PiecewiseLinear Through(
        LipschitzActivation activation, List<(double Z, double Value, int Cell)> hull, int side)
    {
        // Vertices, slopes and intercepts are rounded, as are the decisions of the hull.
        var points = CollectionsMarshal.AsSpan(hull);
        var size = Math.Max(Math.Abs(points[0].Z), Math.Abs(points[^1].Z)) * activation.LipschitzConstant;
        foreach (var point in points) size = Math.Max(size, Math.Abs(point.Value));
        var margin = 1e-14 * size;

        var breakpoints = new double[points.Length - 2];
        var (slopes, intercepts) = (new double[points.Length - 1], new double[points.Length - 1]);
        for (var i = 0; i < slopes.Length; i++)
        {
            if (i > 0) breakpoints[i - 1] = points[i].Z;
            var slope = (points[i + 1].Value - points[i].Value) / (points[i + 1].Z - points[i].Z);
            slopes[i] = side * slope;
            intercepts[i] = side * (points[i].Value - slope * points[i].Z + margin);
        }

        return new(activation.Name + (side > 0 ? " from above" : " from below"), breakpoints, slopes, intercepts);
    }
}
