using System.Collections.Immutable;
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
        var targets = Aim(property.Output, outputs, rows);
        var directions = new float[rows * (size + network.Output.Size)];
        var coefficients = new LinearConstraint[rows];
        for (var row = 0; row < rows; row++)
            coefficients[row] = ViolationLoss.Of(targets[row], outputs.AsSpan(row * value.Size, value.Size)).Active;
        for (var step = 0; step <= budget.AttackSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < rows; row++) Lay(points.AsSpan(row * size, size), coefficients[row], directions, row);
            var evaluation = Evaluation<float>.Of(pullback, directions, rows);
            for (var row = 0; row < rows; row++)
            {
                // The next step descends on the constraint that is furthest from holding here.
                (var loss, coefficients[row]) = ViolationLoss.Of(targets[row], evaluation[value].Slice(row * value.Size, value.Size));
                if (loss <= 0 && region.Contains(points.AsSpan(row * size, size))) yield return points.AsSpan(row * size, size).ToArray();
            }

            for (var row = 0; row < rows; row++)
            {
                Descend(
                    region,
                    points.AsSpan(row * size, size),
                    evaluation[pullback.Output].Slice(row * size, size),
                    FirstStep * Math.Pow(Decay, step));
            }
        }
    }

    /// <summary>Moves inputs of a region to where a linear function of the output is less; each ends at the best point on its way.</summary>
    /// <param name="region">The region.</param>
    /// <param name="coefficients">One for every output.</param>
    /// <param name="points">Rows of inputs, moved.</param>
    /// <param name="steps">Steps from each of them.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Minimize(InputRegion region, ImmutableArray<double> coefficients, float[] points, int steps, CancellationToken cancellation = default)
    {
        var (size, objective) = (network.Input.Size, new LinearConstraint(coefficients, 0));
        var (rows, best) = (points.Length / size, (float[])points.Clone());
        var (least, directions) = (new double[rows], new float[rows * (size + network.Output.Size)]);
        Array.Fill(least, double.PositiveInfinity);
        for (var step = 0; step <= steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < rows; row++) Lay(points.AsSpan(row * size, size), objective, directions, row);
            var evaluation = Evaluation<float>.Of(pullback, directions, rows);
            for (var row = 0; row < rows; row++)
            {
                var point = points.AsSpan(row * size, size);
                var reached = objective.Excess(evaluation[value].Slice(row * value.Size, value.Size));
                if (reached < least[row])
                {
                    least[row] = reached;
                    point.CopyTo(best.AsSpan(row * size));
                }

                Descend(region, point, evaluation[pullback.Output].Slice(row * size, size), FirstStep * Math.Pow(Decay, step));
            }
        }

        best.CopyTo(points, 0);
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
    private static void Descend(InputRegion region, Span<float> x, ReadOnlySpan<float> gradient, double step)
    {
        if (region.Norm == Norm.L1)
        {
            DescendInOne(region, x, gradient, step);
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
    private static void DescendInOne(InputRegion region, Span<float> x, ReadOnlySpan<float> gradient, double step)
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
