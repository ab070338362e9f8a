using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Attacks;

/// <summary>The search for a counterexample by projected gradient descent on the margin, from many starting points at once.</summary>
/// <remarks>
/// Requires nothing of the network. Returns candidates, points of the region at which the network violates the property in
/// float32; only the deployed network can confirm them. Neither sound nor complete: finding nothing says nothing.
/// Source: Madry et al. 2018, arXiv 1706.06083.
/// </remarks>
public sealed class ProjectedGradient
{
    private const double FirstStep = 0.25;
    private const double Decay = 0.93;

    private readonly Network network;
    private readonly Network pullback;
    private readonly Node value;

    /// <summary>Prepares the search on a network.</summary>
    public ProjectedGradient(Network network)
    {
        this.network = network;
        (pullback, value) = Differentiation.Pullback(network);
    }

    /// <summary>Searches a region, yielding every point that violates the property as it is found.</summary>
    /// <param name="property">The property.</param>
    /// <param name="budget">How many starting points, and how many steps from each.</param>
    /// <param name="random">Chooses the starting points; the first is the centre of the region.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<float[]> Candidates(
        Property property, Budget budget, RandomStream random, CancellationToken cancellation = default)
    {
        var (region, size, rows) = (property.Region, network.Input.Size, budget.AttackRestarts);
        if (rows == 0) yield break;
        var points = Start(region, rows, random);
        var outputs = network.Evaluate<float>(points, rows);
        foreach (var losses in Walk(region, Aim(property.Output, outputs, rows), outputs, points, budget.AttackSteps, cancellation))
        {
            for (var row = 0; row < rows; row++)
            {
                if (losses[row] <= 0 && region.Contains(points.AsSpan(row * size, size))) yield return points.AsSpan(row * size, size).ToArray();
            }
        }
    }

    /// <summary>Moves inputs of a region to where the constraints of a violation are nearer to holding; each ends at the best point on its way.</summary>
    /// <param name="region">The region.</param>
    /// <param name="violation">The constraints, of which the one that is furthest from holding counts.</param>
    /// <param name="points">Rows of inputs, moved.</param>
    /// <param name="steps">Steps from each of them.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Descend(InputRegion region, Conjunction violation, float[] points, int steps, CancellationToken cancellation = default)
    {
        var (size, rows, best) = (network.Input.Size, points.Length / network.Input.Size, (float[])points.Clone());
        var (least, targets) = (new double[rows], new Conjunction[rows]);
        Array.Fill(least, double.PositiveInfinity);
        Array.Fill(targets, violation);
        foreach (var losses in Walk(region, targets, network.Evaluate<float>(points, rows), points, steps, cancellation))
        {
            for (var row = 0; row < rows; row++)
            {
                if (!(losses[row] < least[row])) continue;
                least[row] = losses[row];
                points.AsSpan(row * size, size).CopyTo(best.AsSpan(row * size));
            }
        }

        best.CopyTo(points, 0);
    }

    /// <summary>Steps against the gradient of the constraint of each point's target that is furthest from holding; yields the losses before each.</summary>
    private IEnumerable<double[]> Walk(InputRegion region, Conjunction[] targets, float[] outputs, float[] points, int steps, CancellationToken cancellation)
    {
        var (rows, size) = (targets.Length, network.Input.Size);
        var (losses, coefficients) = (new double[rows], new LinearConstraint[rows]);
        var directions = new float[rows * (size + network.Output.Size)];
        for (var row = 0; row < rows; row++) coefficients[row] = ViolationLoss.Of(targets[row], outputs.AsSpan(row * value.Size, value.Size)).Active;
        for (var step = 0; step <= steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < rows; row++) Lay(points.AsSpan(row * size, size), coefficients[row], directions, row);
            var evaluation = Evaluation<float>.Of(pullback, directions, rows);

            // The next step descends on the constraint that is furthest from holding here.
            for (var row = 0; row < rows; row++)
                (losses[row], coefficients[row]) = ViolationLoss.Of(targets[row], evaluation[value].Slice(row * value.Size, value.Size));
            yield return losses;
            for (var row = 0; row < rows; row++)
            {
                Step(
                    region,
                    points.AsSpan(row * size, size),
                    evaluation[pullback.Output].Slice(row * size, size),
                    FirstStep * Math.Pow(Decay, step));
            }
        }
    }

    /// <summary>The centre of the region, then points drawn from it.</summary>
    private static float[] Start(InputRegion region, int rows, RandomStream random)
    {
        var points = new float[rows * region.Size];
        var center = points.AsSpan(0, region.Size);
        for (var i = 0; i < center.Length; i++) center[i] = (float)(region.Lower[i] / 2 + region.Upper[i] / 2);
        Projection.Onto(region, center);
        UniformSampling.Draw(region, random, points.AsSpan(region.Size));
        return points;
    }

    /// <summary>Gives every starting point one conjunction to aim at: the nearest ones first, from where that point is.</summary>
    private static Conjunction[] Aim(OutputProperty property, ReadOnlySpan<float> outputs, int rows)
    {
        var size = outputs.Length / rows;
        var targets = new Conjunction[rows];
        for (var row = 0; row < rows; row++)
        {
            var y = outputs.Slice(row * size, size).ToArray();
            var byLoss = property.Violations.OrderBy(violation => ViolationLoss.Of(violation, y).Loss).Take(rows).ToArray();
            targets[row] = byLoss[row / 2 % byLoss.Length];
        }

        return targets;
    }

    /// <summary>Lays a point and the coefficients of a constraint side by side, as the pullback reads them.</summary>
    private static void Lay(ReadOnlySpan<float> point, LinearConstraint constraint, float[] directions, int row)
    {
        var size = constraint.Coefficients.Length;
        var both = directions.AsSpan(row * (point.Length + size), point.Length + size);
        point.CopyTo(both);
        for (var i = 0; i < size; i++) both[point.Length + i] = (float)constraint.Coefficients[i];
    }

    /// <summary>One step against the gradient: by its signs in a box, along it in an l2 ball, in one element in an l1 ball, in proportion to the region's widths.</summary>
    private static void Step(InputRegion region, Span<float> x, ReadOnlySpan<float> gradient, double step)
    {
        if (region.Norm == Norm.L1)
        {
            StepInOne(region, x, gradient, step);
            return;
        }

        var length = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var scaled = gradient[i] * (region.Upper[i] - region.Lower[i]);
            length += scaled * scaled;
        }

        if (!(length > 0)) return;
        length = Math.Sqrt(length);
        for (var i = 0; i < x.Length; i++)
        {
            var width = region.Upper[i] - region.Lower[i];
            var direction = region.IsBox ? Math.Sign(gradient[i]) : gradient[i] * width / length;
            x[i] -= (float)(step * width * direction);
        }

        Projection.Onto(region, x);
    }

    /// <summary>A step in the element that lowers the margin most for its length in l1, of those that are not at their border.</summary>
    private static void StepInOne(InputRegion region, Span<float> x, ReadOnlySpan<float> gradient, double step)
    {
        var (lower, upper) = region.Representable;
        var (steepest, most) = (-1, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            var slope = Math.Abs(gradient[i]) * (region.Upper[i] - region.Lower[i]);
            if (slope <= most || x[i] == (gradient[i] > 0 ? lower[i] : upper[i])) continue;
            (steepest, most) = (i, slope);
        }

        if (steepest < 0) return;
        x[steepest] -= (float)(step * (region.Upper[steepest] - region.Lower[steepest]) * Math.Sign(gradient[steepest]));
        Projection.Onto(region, x);
    }
}
