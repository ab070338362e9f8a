using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Bounds of the Jacobian as the output of a network: the gradient of every output, bounded backwards by lines.</summary>
/// <remarks>
/// Requires a region, and functions that do not jump. Sound, of any network whose derivative <see cref="Differentiation"/> makes, with
/// products, convolutions and branches. The lines are optimised. Of every row the l∞ norm is bounded once more as one linear function,
/// the sum of the entries' chords. Rounded up.
/// </remarks>
internal static class GradientNetwork
{
    private const int SlopeIterations = 20;

    // Some seconds with lines that are optimised, or with fixed ones.
    private const double MostOptimised = 1 << 23;
    private const double MostWork = 1 << 29;

    /// <summary>An upper bound; infinite where the method does not apply or is cancelled.</summary>
    /// <returns>The bound, and the lines that prove it where proofs are kept.</returns>
    public static (double Bound, GradientPart Part) Upper(Problem problem, CancellationToken cancellation)
    {
        try
        {
            return Bound(problem, cancellation);
        }
        catch (OperationCanceledException)
        {
            return (double.PositiveInfinity, new([]));
        }
    }

    private static (double Bound, GradientPart Part) Bound(Problem problem, CancellationToken cancellation)
    {
        var network = problem.Network;
        var (rows, columns) = (network.Output.Size, network.Input.Size);
        if (problem.Region is not { } region || Work(network) is var work && work > MostWork) return (double.PositiveInfinity, new([]));
        var iterations = work <= MostOptimised ? SlopeIterations : 0;
        foreach (var node in network.Nodes.OfType<ElementwiseNode>())
        {
            if (Slopes.Of(node, problem.Bounds).Upper.Contains(double.PositiveInfinity)) return (double.PositiveInfinity, new([]));
        }

        var (lower, upper, sums) = (new double[rows * columns], new double[rows * columns], new double[rows]);
        var told = ImmutableArray.CreateBuilder<GradientLines>();
        for (var r = 0; r < rows; r++)
        {
            var gradient = Differentiation.Gradient(network, r);
            var propagation = LinearBoundPropagation.Propagate(gradient, [region], iterations, tells: problem.Tells, cancellation: cancellation);
            var coefficients = new double[2 * columns * columns];
            for (var j = 0; j < columns; j++) (coefficients[2 * j * columns + j], coefficients[(2 * j + 1) * columns + j]) = (1, -1);
            var (bounds, entries) = propagation.LowerBoundsAndLines(coefficients, 0, iterations, null, cancellation);
            for (var j = 0; j < columns; j++) (lower[r * columns + j], upper[r * columns + j]) = (bounds[2 * j], -bounds[2 * j + 1]);
            var ofSum = RowLines.LeastArea;
            if (problem.Norm == Norm.Linf) (sums[r], ofSum) = Sum(propagation, lower.AsSpan(r * columns, columns), upper.AsSpan(r * columns, columns), cancellation);
            if (problem.Tells) told.Add(new GradientLines(propagation.Told, [.. entries], ofSum));
        }

        var magnitudes = new double[rows * columns];
        for (var i = 0; i < magnitudes.Length; i++) magnitudes[i] = Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        var plain = MatrixNorm.OfMagnitudes(magnitudes, rows, columns, problem.Norm);
        if (!double.IsFinite(plain)) return (double.PositiveInfinity, new([]));
        var bound = problem.Norm switch
        {
            Norm.Linf => Math.Min(plain, sums.Max()),
            Norm.L2 => Math.Min(plain, Split(lower, upper, rows, columns)),
            _ => plain,
        };
        return (bound, new(told.ToImmutable()));
    }

    /// <summary>Pairs of elements of the network and of its gradient, for all outputs.</summary>
    public static double Work(Network network)
    {
        var size = network.Nodes.Sum(node => 2.0 * node.Size);
        return network.Output.Size * size * size;
    }

    /// <summary>An upper bound of Σ |Jⱼ|, and the lines of it where they are kept.</summary>
    private static (double Bound, RowLines Lines) Sum(LinearBoundPropagation propagation, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, CancellationToken cancellation)
    {
        var (row, constant) = (new double[lower.Length], 0.0);
        for (var j = 0; j < row.Length; j++)
        {
            var (l, h) = (lower[j], upper[j]);
            if (!double.IsFinite(h - l)) return (double.PositiveInfinity, RowLines.LeastArea);
            if (l >= 0 || h <= 0)
            {
                row[j] = l >= 0 ? -1 : 1;
                continue;
            }

            // The offset of a line of the rounded slope that is above |x| at both ends.
            var slope = (h + l) / (h - l);
            row[j] = -slope;
            constant = Rounding.Up(constant + Rounding.Up(Math.Max(Rounding.Up(h - Rounding.Down(slope * h)), Rounding.Up(-l - Rounding.Down(slope * l)))));
        }

        var (bounds, lines) = propagation.LowerBoundsAndLines(row, 0, SlopeIterations, null, cancellation);
        return (Rounding.Up(constant - bounds[0]), lines.FirstOrDefault() ?? RowLines.LeastArea);
    }

    /// <summary>The norm of the centre and that of the radius.</summary>
    private static double Split(double[] lower, double[] upper, int rows, int columns)
    {
        var (center, radius) = (new double[lower.Length], new double[lower.Length]);
        for (var i = 0; i < center.Length; i++)
        {
            center[i] = lower[i] / 2 + upper[i] / 2;
            radius[i] = Rounding.Up(Math.Max(upper[i] - center[i], center[i] - lower[i]));
        }

        return Rounding.Up(MatrixNorm.Upper(center, rows, columns, Norm.L2) + MatrixNorm.OfMagnitudes(radius, rows, columns, Norm.L2));
    }
}
