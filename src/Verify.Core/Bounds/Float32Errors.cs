using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>How far float32 takes a node from its function of what was computed of its sources, at most, element by element.</summary>
/// <remarks>
/// A sum of n roundings in any order is off by at most γₙ Σ|Lᵢ||xᵢ| with the γ of float32, and by the smallest normal
/// number for everything that underflows, be it to a subnormal number or to zero; a function by what
/// <see cref="Activation.Float32Error"/> states. Where a number may overflow, nothing is known: the error is infinite.
/// The bounds of the sources must hold for computed values. Source: Higham 2002, section 3.1.
/// </remarks>
internal static class Float32Errors
{
    /// <summary>The smallest normal float32 number.</summary>
    private const double Smallest = 1.17549435082229e-38;

    /// <summary>What the errors' own rounding, relative to them, stays below by far.</summary>
    private const double Slack = 1 + 1e-4;

    /// <summary>regions × size, or nothing where the node's value is always exact.</summary>
    /// <param name="node">The node.</param>
    /// <param name="bounds">Bounds of its sources, and of its function of them.</param>
    public static double[]? Of(Node node, NodeBounds bounds) => node switch
    {
        AffineNode { Roundings: > 0 } affine => OfSum(affine, bounds),
        ElementwiseNode elementwise => OfFunction(elementwise, bounds),
        ProductNode product => OfProduct(product, bounds),
        _ => null,
    };

    private static double[] OfSum(AffineNode node, NodeBounds bounds)
    {
        var regions = bounds.Regions.Length;
        var errors = new double[regions * node.Size];
        for (var r = 0; r < regions; r++) node.BiasMagnitude.CopyTo(errors.AsSpan(r * node.Size));
        foreach (var (source, map) in node.Terms) map.Abs.Accumulate<double>(bounds.Magnitude(source), errors, regions);
        for (var i = 0; i < errors.Length; i++) errors[i] = OfSum(node.Roundings, errors[i]);
        return errors;
    }

    private static double[] OfProduct(ProductNode node, NodeBounds bounds)
    {
        var (left, right) = (bounds.Magnitude(node.Left), bounds.Magnitude(node.Right));
        var errors = new double[bounds.Regions.Length * node.Size];
        var (leftSize, rightSize, size) = (node.Rows * node.Inner, node.Inner * node.Columns, node.Rows * node.Columns);
        for (var b = 0; b < bounds.Regions.Length * node.Batch; b++)
        {
            MatrixProduct.Accumulate<double>(
                left.AsSpan(b * leftSize, leftSize), right.AsSpan(b * rightSize, rightSize), errors.AsSpan(b * size, size),
                node.Rows, node.Inner, node.Columns);
        }

        // Factors that stand before or behind the product may be multiplied where the product is.
        for (var i = 0; i < errors.Length; i++) errors[i] = OfSum(node.Inner + 4, errors[i]);
        return errors;
    }

    /// <summary>The error of a sum of n roundings, the magnitudes of whose terms add up to a number.</summary>
    private static double OfSum(int n, double magnitude)
    {
        var error = Slack * (Rounding.GammaSingle(n) * magnitude + n * Smallest);
        return Slack * magnitude + error < float.MaxValue ? error : double.PositiveInfinity;
    }

    private static double[]? OfFunction(ElementwiseNode node, NodeBounds bounds)
    {
        var from = bounds.Lower(node.Source);
        var to = bounds.Upper(node.Source);
        var low = bounds.Lower(node);
        var high = bounds.Upper(node);
        var written = node.Written is null ? null : OfWritten(node, bounds);
        var errors = new double[low.Length];
        for (var i = 0; i < errors.Length; i++)
        {
            var error = written is null ? node.Activation.Float32Error(from[i], to[i]) : written[i];
            errors[i] = Slack * (Math.Max(Math.Abs(low[i]), Math.Abs(high[i])) + error) < float.MaxValue ? Slack * error : double.PositiveInfinity;
        }

        return errors.AsSpan().ContainsAnyExcept(0) ? errors : null;
    }

    /// <summary>The error of a function that is written out in several nodes.</summary>
    /// <remarks>
    /// Twice that of the nodes, since one operation of a runtime may stand for all of them, and what the written
    /// function differs from the activation by.
    /// </remarks>
    private static double[] OfWritten(ElementwiseNode node, NodeBounds bounds)
    {
        var (from, to) = (bounds.Lower(node.Source).ToArray(), bounds.Upper(node.Source).ToArray());
        var errors = new double[from.Length];
        if (!from.All(double.IsFinite) || !to.All(double.IsFinite))
        {
            Array.Fill(errors, double.PositiveInfinity);
            return errors;
        }

        var boxes = Enumerable.Range(0, bounds.Regions.Length)
            .Select(r => InputRegion.Box(from.AsSpan(r * node.Size, node.Size), to.AsSpan(r * node.Size, node.Size)));
        var inside = IntervalPropagation.Propagate(node.Written!, [.. boxes], Semantics.Float32);
        var deviation = Deviation(inside);
        for (var i = 0; i < errors.Length; i++)
        {
            var size = Math.Max(1, Math.Max(Math.Abs(from[i]), Math.Abs(to[i])));
            errors[i] = 2 * deviation[i] + Activation.WrittenTolerance * size;
            if (double.IsNaN(errors[i])) errors[i] = double.PositiveInfinity;
        }

        return errors;
    }

    /// <summary>How far the output that is computed in float32 may be from the network's function of the same input.</summary>
    /// <remarks>The errors of all nodes, each carried on by how steep the nodes after it are.</remarks>
    private static double[] Deviation(NodeBounds bounds)
    {
        var network = bounds.Network;
        var deviations = new Dictionary<Node, double[]>();
        foreach (var node in network.Nodes)
        {
            var deviation = deviations[node] = (double[]?)bounds.Errors(node)?.Clone() ?? new double[bounds.Regions.Length * node.Size];
            switch (node)
            {
                case AffineNode affine:
                    foreach (var (source, map) in affine.Terms)
                        map.Abs.Accumulate<double>(deviations[source], deviation, bounds.Regions.Length);
                    break;
                case ElementwiseNode elementwise:
                    var from = bounds.Lower(elementwise.Source);
                    var to = bounds.Upper(elementwise.Source);
                    var of = deviations[elementwise.Source];
                    for (var i = 0; i < deviation.Length; i++)
                        if (of[i] != 0) deviation[i] += Steepness(elementwise.Activation, from[i], to[i]) * of[i];
                    break;
                case ProductNode product:
                    var (x, y) = (bounds.Magnitude(product.Left), bounds.Magnitude(product.Right));
                    var (dx, dy) = (deviations[product.Left], deviations[product.Right]);
                    for (var i = 0; i < deviation.Length; i++) deviation[i] += x[i] * dy[i] + y[i] * dx[i];
                    break;
            }

            for (var i = 0; i < deviation.Length; i++) deviation[i] *= Slack;
        }

        return deviations[network.Output];
    }

    /// <summary>An upper bound of |f′|, infinite where f jumps or nothing is known.</summary>
    private static double Steepness(Activation activation, double lower, double upper)
    {
        switch (activation)
        {
            case Fraction:
                return double.PositiveInfinity;
            case PiecewiseLinear pieces:
                for (var i = 0; i < pieces.Breakpoints.Length; i++)
                    if (pieces.JumpsAt(i)) return double.PositiveInfinity;
                return pieces.Slopes.ToArray().Max(Math.Abs);
            default:
                if (!double.IsFinite(upper - lower) || !activation.IsDefinedOn(lower, upper) || !activation.Derivative.IsDefinedOn(lower, upper))
                    return double.PositiveInfinity;
                var (least, most) = Slir.Range(activation.Derivative, lower, upper);
                return Math.Max(Math.Abs(least), Math.Abs(most));
        }
    }
}
