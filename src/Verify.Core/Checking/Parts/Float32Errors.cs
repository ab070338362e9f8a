using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>How far what float32 computes of a node may be from the node's function of what it computed of the sources.</summary>
/// <remarks>
/// A sum of n roundings is off by at most γₙ Σ|Lᵢ||xᵢ| with the γ of float32, whatever its order, and by the smallest normal number for all
/// that underflows; a function by what it states. Where something may overflow, the error is infinite. Source: Higham 2002, section 3.1.
/// </remarks>
internal static class Float32Errors
{
    private const double SmallestNormal = 1.17549435082229e-38;

    // More than the errors' own sums in double round.
    private const double Slack = 1 + 1e-4;

    /// <summary>The error of every element, or null where values are exact.</summary>
    /// <param name="k">The index of the node.</param>
    /// <param name="bounds">Intervals of its sources' computed values, and of its function of them.</param>
    public static double[]? Of(int k, PartBounds bounds)
    {
        var (node, sources) = (bounds.Layout.Network.Nodes[k], bounds.Layout.Sources[k]);
        var errors = new double[node.Size];
        switch (node)
        {
            case AffineNode { Roundings: > 0 } affine:
                affine.BiasMagnitude.CopyTo(errors);
                for (var t = 0; t < sources.Length; t++) affine.Terms[t].Map.Abs.Accumulate<double>(bounds.Largest(sources[t]), errors, 1);
                for (var i = 0; i < errors.Length; i++) errors[i] = OfSum(affine.Roundings, errors[i]);
                return errors;
            case ProductNode product:
                // Factors before or behind the product may be multiplied where the product is.
                var sizes = Planes.Magnitudes(product, bounds.Largest(sources[0]), bounds.Largest(sources[1]));
                for (var i = 0; i < errors.Length; i++) errors[i] = OfSum(product.Inner + 4, sizes[i]);
                return errors;
            case ElementwiseNode elementwise:
                var (from, to, largest) = (bounds.Lower(sources[0]), bounds.Upper(sources[0]), bounds.Largest(k));
                var written = elementwise.Written is { } operators ? OfWritten(operators, from, to) : null;
                for (var i = 0; i < errors.Length; i++)
                {
                    var error = Slack * (written is null ? elementwise.Activation.Float32Error(from[i], to[i]) : written[i]);
                    errors[i] = Slack * largest[i] + error < float.MaxValue ? error : double.PositiveInfinity;
                }

                return errors.AsSpan().ContainsAnyExcept(0) ? errors : null;
            default:
                return null;
        }
    }

    private static double OfSum(int roundings, double magnitude)
    {
        var error = Slack * (Rounding.GammaSingle(roundings) * magnitude + roundings * SmallestNormal);
        return Slack * magnitude + error < float.MaxValue ? error : double.PositiveInfinity;
    }

    /// <summary>The error of a function that the model writes out in several operators.</summary>
    /// <remarks>
    /// Twice theirs, since one operation of a runtime may stand for all of them; and what the operators' constants, rounded to float32,
    /// make of the function.
    /// </remarks>
    private static double[] OfWritten(Network operators, double[] from, double[] to)
    {
        var errors = new double[from.Length];
        Array.Fill(errors, double.PositiveInfinity);
        if (!from.All(double.IsFinite) || !to.All(double.IsFinite)) return errors;
        var layout = new Layout(operators, InputRegion.Box(from, to), Semantics.Float32);
        var deviation = Deviation(layout, PartBounds.Intervals(layout, from, to));
        for (var i = 0; i < errors.Length; i++)
        {
            var error = 2 * deviation[i] + Activation.WrittenTolerance * Math.Max(1, Math.Max(Math.Abs(from[i]), Math.Abs(to[i])));
            if (!double.IsNaN(error)) errors[i] = error;
        }

        return errors;
    }

    /// <summary>How far a network's computed output may be from its function: the errors of its nodes, each carried on by what follows it.</summary>
    private static double[] Deviation(Layout layout, PartBounds bounds)
    {
        var deviations = new double[layout.Network.Nodes.Length][];
        for (var k = 0; k < deviations.Length; k++)
        {
            var (node, sources) = (layout.Network.Nodes[k], layout.Sources[k]);
            var deviation = deviations[k] = (double[]?)bounds.Errors(k)?.Clone() ?? new double[node.Size];
            switch (node)
            {
                case AffineNode affine:
                    for (var t = 0; t < sources.Length; t++) affine.Terms[t].Map.Abs.Accumulate<double>(deviations[sources[t]], deviation, 1);
                    break;
                case ElementwiseNode elementwise:
                    var (from, to) = (bounds.Lower(sources[0]), bounds.Upper(sources[0]));
                    for (var i = 0; i < deviation.Length; i++)
                    {
                        if (deviations[sources[0]][i] != 0) deviation[i] += Steepness(elementwise.Activation, from[i], to[i]) * deviations[sources[0]][i];
                    }

                    break;
                case ProductNode product:
                    var carried = Planes.Magnitudes(product, bounds.Largest(sources[0]), deviations[sources[1]]);
                    var others = Planes.Magnitudes(product, deviations[sources[0]], bounds.Largest(sources[1]));
                    for (var i = 0; i < deviation.Length; i++) deviation[i] += carried[i] + others[i];
                    break;
            }

            for (var i = 0; i < deviation.Length; i++) deviation[i] *= Slack;
        }

        return deviations[^1];
    }

    /// <summary>An upper bound of |f′|; infinite where f jumps, or nothing is known.</summary>
    private static double Steepness(Activation activation, double lower, double upper)
    {
        if (activation is Fraction || (activation is PiecewiseLinear pieces && Enumerable.Range(0, pieces.Breakpoints.Length).Any(pieces.JumpsAt)))
            return double.PositiveInfinity;
        if (activation is LipschitzActivation lipschitz) return lipschitz.LipschitzConstant;
        var (least, most) = activation.IsDefinedOn(lower, upper)
            ? SoundLine.Range(activation.Derivative, lower, upper)
            : (double.NegativeInfinity, double.PositiveInfinity);
        return Math.Max(Math.Abs(least), Math.Abs(most));
    }
}
