using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Bounds of a network's Jacobian as the outputs of the networks that its gradients are.</summary>
internal static class GradientBounds
{
    /// <summary>A bound of the norm of the Jacobian over a box, by lines; infinite where the network may jump.</summary>
    /// <param name="network">The network.</param>
    /// <param name="norm">The norm.</param>
    /// <param name="region">The region that the box lies in.</param>
    /// <param name="bounds">Bounds of the network over the box.</param>
    /// <param name="lines">The lines of every output, or none where all are of least area.</param>
    /// <param name="place">The part, for messages.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static double Upper(
        Network network, Norm norm, InputRegion region, PartBounds bounds, ImmutableArray<GradientLines> lines, Place place, CancellationToken cancellation)
    {
        if (lines.IsDefault || (lines.Length != 0 && lines.Length != network.Output.Size)) throw new InvalidProof(place, $"There are not lines of {network.Output.Size} outputs.");
        if (Jumps(network, bounds)) return double.PositiveInfinity;
        var (rows, columns) = (network.Output.Size, network.Input.Size);
        var (lower, upper) = (new double[rows * columns], new double[rows * columns]);
        for (var r = 0; r < rows; r++)
        {
            var gradient = Differentiation.Gradient(network, r);
            var own = lines.IsEmpty ? new GradientLines([], [], RowLines.LeastArea) : lines[r];
            var layout = new Layout(gradient, region, Semantics.Real);
            new ProofFormat(layout, null, place).Require(own, columns);
            var part = PartBounds.Over(layout, bounds.Lower(0), bounds.Upper(0), null, own.Neurons, cancellation);
            if (part.IsEmpty) throw new InvalidProof(place, "The bounds of a gradient contradict one another.");
            if (part.FirstUnknown() is not null) return double.PositiveInfinity;
            var entries = new double[2 * columns][];
            for (var j = 0; j < columns; j++)
            {
                (entries[2 * j], entries[2 * j + 1]) = (new double[columns], new double[columns]);
                (entries[2 * j][j], entries[2 * j + 1][j]) = (1, -1);
            }

            var least = Least(part, entries, own.Entries, cancellation);
            for (var j = 0; j < columns; j++) (lower[r * columns + j], upper[r * columns + j]) = (least[2 * j], -least[2 * j + 1]);
            if (norm != Norm.Linf) continue;

            // The sum of the absolute values lies below that of their chords: where it is less than the sum of the largest, all of
            // the row is taken to be one entry.
            var (slopes, offset) = (new double[columns], 0.0);
            for (var j = 0; j < columns; j++)
            {
                var (l, h) = (lower[r * columns + j], upper[r * columns + j]);
                slopes[j] = l >= 0 ? -1 : h <= 0 ? 1 : -(h + l) / (h - l);
                offset = Rounding.Up(offset + Rounding.Up(Math.Max(Rounding.Up(Math.Abs(l) + Rounding.Up(slopes[j] * l)), Rounding.Up(Math.Abs(h) + Rounding.Up(slopes[j] * h)))));
            }

            var sum = Rounding.Up(offset - Least(part, [slopes], [own.Sum], cancellation)[0]);
            var row = lower.AsSpan(r * columns, columns);
            if (!(sum < MatrixNorms.Upper(Largest(row, upper.AsSpan(r * columns, columns)), 1, columns, norm))) continue;
            row.Clear();
            upper.AsSpan(r * columns, columns).Clear();
            upper[r * columns] = sum;
        }

        var sizes = Largest(lower, upper);
        var plain = MatrixNorms.OfSizes(sizes, rows, columns, norm);
        if (norm != Norm.L2 || !double.IsFinite(plain)) return double.IsFinite(plain) ? plain : double.PositiveInfinity;
        var (center, radius) = (new double[sizes.Length], new double[sizes.Length]);
        for (var i = 0; i < center.Length; i++)
        {
            center[i] = lower[i] / 2 + upper[i] / 2;
            radius[i] = Rounding.Up(Math.Max(upper[i] - center[i], center[i] - lower[i]));
        }

        return Math.Min(plain, Rounding.Up(MatrixNorms.Upper(center, rows, columns, norm) + MatrixNorms.OfSizes(radius, rows, columns, norm)));
    }

    /// <summary>A lower bound of the norm of the derivative near an input, wherever there is one; zero where nothing is known.</summary>
    /// <remarks>
    /// Intervals of the gradient networks at the point itself hold its limits from all sides. Of matrices within a distance of another the norm is
    /// at least that of it less the distance.
    /// </remarks>
    public static double Lower(Network network, Norm norm, double[] point)
    {
        var (rows, columns) = (network.Output.Size, network.Input.Size);
        var (center, radius) = (new double[rows * columns], new double[rows * columns]);
        for (var r = 0; r < rows; r++)
        {
            var gradient = Differentiation.Gradient(network, r);
            var output = gradient.Nodes.Length - 1;
            var bounds = PartBounds.Intervals(new Layout(gradient, InputRegion.Box(point, point), Semantics.Real), point, point);
            for (var j = 0; j < columns; j++)
            {
                var (l, h) = (bounds.Lower(output)[j], bounds.Upper(output)[j]);
                if (!double.IsFinite(h - l)) return 0;
                center[r * columns + j] = l / 2 + h / 2;
                radius[r * columns + j] = Rounding.Up(Math.Max(h - center[r * columns + j], center[r * columns + j] - l));
            }
        }

        var distance = MatrixNorms.OfSizes(radius, rows, columns, norm);
        var bound = Math.Max(0, Rounding.Down(MatrixNorms.Lower(center, rows, columns, norm) - distance));
        if (norm == Norm.L2) return bound;
        for (var i = 0; i < center.Length; i++) center[i] = Math.Max(0, Rounding.Down(Math.Abs(center[i]) - radius[i]));
        return Math.Max(bound, MatrixNorms.Lower(center, rows, columns, norm));
    }

    /// <summary>Whether a function of the network may jump, so that its derivatives do not bound its differences.</summary>
    public static bool Jumps(Network network, PartBounds? bounds) => network.Nodes.OfType<ElementwiseNode>().Any(node =>
    {
        var source = network.IndexOf(node.Source);
        var (lower, upper) = DerivativeRange.Of(node, bounds?.Lower(source), bounds?.Upper(source));
        return !lower.All(double.IsFinite) || !upper.All(double.IsFinite);
    });

    /// <summary>The least values of linear functions of the output.</summary>
    private static double[] Least(PartBounds part, double[][] functions, ImmutableArray<RowLines> lines, CancellationToken cancellation)
    {
        var violations = Array.ConvertAll(functions, function => new WeightedViolation(new Conjunction([new LinearConstraint([.. function], 0)]), [1]));
        var rows = functions.Select((_, i) => ViolationRow.Of(0, 0, 1, lines.IsEmpty ? RowLines.LeastArea : lines[i])).ToArray();
        return Array.ConvertAll(BackwardRows.OfOutput(part, violations, rows, needsFunctions: false, cancellation), bound => bound.Minimum);
    }

    private static double[] Largest(ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        var largest = new double[lower.Length];
        for (var i = 0; i < largest.Length; i++) largest[i] = Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        return largest;
    }
}
