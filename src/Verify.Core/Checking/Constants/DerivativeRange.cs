using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Between which numbers the difference quotients of an activation lie.</summary>
internal static class DerivativeRange
{
    // Limits that differ by less, relative to them, are those of one continuous function whose constants are rounded.
    private const double Continuous = 1e-12;

    /// <summary>Of every element of a node, by bounds of its source; everywhere where there are none.</summary>
    public static (double[] Lower, double[] Upper) Of(ElementwiseNode node, double[]? from, double[]? to)
    {
        var (lower, upper) = (new double[node.Size], new double[node.Size]);
        for (var i = 0; i < lower.Length; i++)
            (lower[i], upper[i]) = Of(node.Activation, from?[i] ?? double.NegativeInfinity, to?[i] ?? double.PositiveInfinity);
        return (lower, upper);
    }

    /// <summary>Between two numbers, which may be infinite; infinite where the function jumps or may be undefined.</summary>
    public static (double Lower, double Upper) Of(Activation activation, double from, double to)
    {
        if (activation is ReLU) return from >= 0 ? (1, 1) : to <= 0 ? (0, 0) : (0, 1);
        if (activation is LipschitzActivation known) return (-known.LipschitzConstant, known.LipschitzConstant);
        if (!(from <= to) || !activation.IsDefinedOn(from, to)) return (double.NegativeInfinity, double.PositiveInfinity);
        if (to - from > 2 * activation.Period)
        {
            // What is repeated is the same everywhere.
            (from, to) = (0, 2.5 * activation.Period);
        }

        return Jumps(activation, from, to) ? (double.NegativeInfinity, double.PositiveInfinity) : Range(activation.Derivative, from, to);
    }

    private static bool Jumps(Activation activation, double from, double to)
    {
        for (var piece = activation.PieceAt(from); ; piece = activation.PieceAt(piece.End))
        {
            if (piece.Start >= from && double.IsFinite(piece.Start))
            {
                var (before, after) = (activation.PieceAt(Math.BitDecrement(piece.Start)).Function.Value(piece.Start), piece.Function.Value(piece.Start));
                if (!(Math.Abs(before - after) <= Continuous * (1 + Math.Abs(before)))) return true;
            }

            if (!(piece.End <= to) || double.IsInfinity(piece.End)) return false;
        }
    }

    /// <summary>The values of a derivative: towards infinity a last piece that bends one way and has a limit rises or falls all along.</summary>
    private static (double Lower, double Upper) Range(Activation derivative, double from, double to)
    {
        var (lower, upper) = (double.PositiveInfinity, double.NegativeInfinity);
        if (double.IsNegativeInfinity(from))
        {
            var first = derivative.PieceAt(from);
            from = double.IsFinite(first.End) && first.End <= to ? first.End : double.IsFinite(to) ? to : 0;
            Tail(first.Function, from, double.NegativeInfinity);
        }

        if (double.IsPositiveInfinity(to))
        {
            var last = derivative.PieceAt(double.MaxValue);
            to = double.IsFinite(last.Start) && last.Start >= from ? last.Start : from;
            Tail(last.Function, to, double.PositiveInfinity);
        }

        var (least, most) = SoundLine.Range(derivative, from, to);
        return (Math.Min(lower, least), Math.Max(upper, most));

        void Tail(Activation function, double end, double infinity)
        {
            foreach (var z in (ReadOnlySpan<double>)[end, infinity])
            {
                var value = function.Value(z);
                var error = double.IsFinite(z) ? function.ValueError(z, value) : 1e-15 * Math.Abs(value);
                lower = double.IsNaN(value) ? double.NegativeInfinity : Math.Min(lower, value - 1.001 * error);
                upper = double.IsNaN(value) ? double.PositiveInfinity : Math.Max(upper, value + 1.001 * error);
            }
        }
    }
}
