using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>A path between two minima along which the objective rises little: a chain of points that springs hold apart.</summary>
/// <remarks>
/// For differentiable objectives. Returns how high it rises along the path that was found: an estimate of the lowest barrier, from above
/// but for what lies between the points that were evaluated. Every point moves against the gradient across the chain and by the
/// springs along it; in the end the highest climbs along the chain to the saddle. Sources: Henkelman and Jónsson, J. Chem. Phys. 113,
/// 9978 (2000), for the chain's direction; Henkelman, Uberuaga and Jónsson, J. Chem. Phys. 113, 9901 (2000), for the climb.
/// </remarks>
internal sealed class ElasticBand
{
    private const int Points = 14, Steps = 300, SamplesBetweenPoints = 4;
    private const double Spring = 0.1, SmallForce = 1e-4, LongestStep = 0.1;

    private readonly IObjective objective;
    private readonly double[][] points, gradients, forces, velocities;
    private readonly double[] values, tangent, difference;

    private ElasticBand(IObjective objective, ReadOnlySpan<double> from, ReadOnlySpan<double> to)
    {
        this.objective = objective;
        var size = objective.Size;
        points = [.. Enumerable.Range(0, Points + 2).Select(_ => new double[size])];
        for (var i = 0; i < points.Length; i++)
        {
            var share = (double)i / (points.Length - 1);
            for (var k = 0; k < size; k++) points[i][k] = (1 - share) * from[k] + share * to[k];
        }

        gradients = [.. points.Select(_ => new double[size])];
        forces = [.. points.Select(_ => new double[size])];
        velocities = [.. points.Select(_ => new double[size])];
        values = new double[points.Length];
        (tangent, difference) = (new double[size], new double[size]);
    }

    /// <summary>How high the objective rises between two minima.</summary>
    public static double Height(IObjective objective, ReadOnlySpan<double> from, ReadOnlySpan<double> to, CancellationToken cancellation) =>
        new ElasticBand(objective, from, to).Relax(cancellation);

    private double Relax(CancellationToken cancellation)
    {
        values[0] = objective.Evaluate(points[0], gradients[0]);
        values[^1] = objective.Evaluate(points[^1], gradients[^1]);
        Relax(climbs: false, cancellation);
        var height = Highest();
        if (HighestPoint() is 0 or Points + 1) return height;
        Relax(climbs: true, cancellation);
        // Where the valley bends too much for so few points, the climb may leave it.
        return Math.Min(height, Highest());
    }

    private void Relax(bool climbs, CancellationToken cancellation)
    {
        var descent = new InertialDescent();
        for (var step = 0; step < Steps && !cancellation.IsCancellationRequested; step++)
        {
            for (var i = 1; i <= Points; i++) values[i] = objective.Evaluate(points[i], gradients[i]);
            var (highest, largest) = (HighestPoint(), 0.0);
            for (var i = 1; i <= Points; i++) largest = Math.Max(largest, Force(i, climbs && i == highest));
            if (largest < SmallForce) break;
            descent.Move(points, velocities, forces, LongestStep);
        }
    }

    private int HighestPoint() => values.AsSpan().IndexOf(TensorPrimitives.Max<double>(values));

    /// <summary>The force on a point; returns the norm of what the objective has of it.</summary>
    private double Force(int i, bool climbs)
    {
        Tangent(i);
        var force = forces[i];
        TensorPrimitives.Negate(gradients[i], force);
        var along = Reduction.Dot(force, tangent);
        TensorPrimitives.MultiplyAdd<double>(tangent, climbs ? -2 * along : -along, force, force);
        var norm = Norm(force);
        if (climbs) return norm;
        var stretch = Distance(points[i + 1], points[i]) - Distance(points[i], points[i - 1]);
        TensorPrimitives.MultiplyAdd<double>(tangent, Spring * stretch, force, force);
        return norm;
    }

    // Towards the higher neighbour: with the mean of both directions chains kink where the forces along them are large.
    private void Tangent(int i)
    {
        var (before, at, after) = (values[i - 1], values[i], values[i + 1]);
        var (rise, fall) = (Math.Abs(after - at), Math.Abs(before - at));
        var (forward, backward) = after > at && at > before ? (1.0, 0.0)
            : after < at && at < before ? (0.0, 1.0)
            : after > before ? (Math.Max(rise, fall), Math.Min(rise, fall))
            : (Math.Min(rise, fall), Math.Max(rise, fall));
        if (forward == 0 && backward == 0) (forward, backward) = (1, 1);
        TensorPrimitives.Subtract<double>(points[i + 1], points[i], tangent);
        TensorPrimitives.Multiply(tangent, forward, tangent);
        TensorPrimitives.Subtract<double>(points[i], points[i - 1], difference);
        TensorPrimitives.MultiplyAdd<double>(difference, backward, tangent, tangent);
        var norm = Norm(tangent);
        if (norm > 0) TensorPrimitives.Divide(tangent, norm, tangent);
    }

    private static double Norm(double[] vector) => Math.Sqrt(Reduction.Dot(vector, vector));

    private double Distance(double[] a, double[] b)
    {
        TensorPrimitives.Subtract<double>(a, b, difference);
        return Norm(difference);
    }

    private double Highest()
    {
        var highest = double.NegativeInfinity;
        for (var i = 0; i + 1 < points.Length; i++)
        {
            for (var s = 0; s <= SamplesBetweenPoints; s++)
            {
                TensorPrimitives.Subtract<double>(points[i + 1], points[i], difference);
                TensorPrimitives.MultiplyAdd<double>(difference, (double)s / SamplesBetweenPoints, points[i], difference);
                highest = Math.Max(highest, objective.Evaluate(difference, tangent));
            }
        }

        return highest;
    }
}
