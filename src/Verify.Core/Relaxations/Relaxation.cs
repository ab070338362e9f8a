using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Relaxations;

/// <summary>The two lines of least area between which an activation lies on an interval.</summary>
/// <remarks>
/// Requires an interval on which the activation is defined. Sound (every offset comes from <see cref="Slir"/>), and of
/// least area up to rounding. The area between an upper line and the activation grows with the line's height at the
/// midpoint, so the best line supports the concave envelope there: the tangent where the envelope touches the activation,
/// otherwise a chord of it, found as the limit of chords through contact points (Newton's method on the slope).
/// </remarks>
public static class Relaxation
{
    /// <summary>The line of least area below and the one above the activation on [lower, upper].</summary>
    /// <exception cref="DomainException">The activation is not defined on the whole interval.</exception>
    public static (Line Lower, Line Upper) MinimumArea(Activation activation, double lower, double upper)
    {
        if (activation is ReLU && lower <= upper && double.IsFinite(upper - lower)) return ReLULines(lower, upper);

        // Where an interval is hardly more than the spacing of numbers, slopes are noise.
        var isNarrow = upper - lower <= 1e-12 * Math.Max(Math.Abs(lower), Math.Abs(upper));
        if (!(lower < upper) || isNarrow || !double.IsFinite(upper - lower) || upper - lower > 4 * activation.Period)
        {
            var (low, high) = Slir.Range(activation, lower, upper);
            return (new(0, low), new(0, high));
        }

        return (Supporting(activation, lower, upper, -1), Supporting(activation, lower, upper, 1));
    }

    private static (Line Lower, Line Upper) ReLULines(double lower, double upper)
    {
        if (lower >= 0) return (new(1, 0), new(1, 0));
        if (upper <= 0) return (new(0, 0), new(0, 0));

        // At the lower end the rounded slope may leave the chord below zero; at the upper end, below the function.
        var slope = upper / (upper - lower);
        var offset = Math.Max(-slope * lower, upper - slope * upper);
        return (new(upper > -lower ? 1 : 0, 0), new(slope, offset + 4.5e-16 * (offset + upper) + double.Epsilon));
    }

    /// <summary>The line of least area on one side: above for side 1, below for side −1.</summary>
    private static Line Supporting(Activation activation, double lower, double upper, int side)
    {
        if (activation is LipschitzActivation lipschitz) activation = LipschitzSurrogate.Of(lipschitz, lower, upper, side);
        var middle = lower / 2 + upper / 2;
        var piece = activation.PieceAt(middle);
        if (piece.Curvature == (side > 0 ? Curvature.Concave : Curvature.Convex))
        {
            var slope = piece.Function.Derivative.Value(middle);
            if (double.IsFinite(slope))
            {
                var tangent = Slir.Touch(activation, lower, upper, slope, side, middle);
                var height = piece.Function.Value(middle);
                if (side * (slope * middle + tangent.Offset - height) <= 1e-12 * (Math.Abs(height) + Math.Abs(slope * middle)))
                    return new(slope, tangent.Offset);
            }
        }

        var (left, right) = (lower, upper);
        var (leftHeight, rightHeight) = (Height(activation, lower, side), Height(activation, upper, side));
        var line = new Line(0, side * double.PositiveInfinity);
        var best = double.PositiveInfinity;
        var shift = new Shift(0, middle);
        for (var step = 0; step < 64; step++)
        {
            var slope = (rightHeight - leftHeight) / (right - left);
            if (!double.IsFinite(slope)) slope = 0;
            shift = Slir.Touch(activation, lower, upper, slope, side, shift.Contact);
            var area = side * Math.FusedMultiplyAdd(slope, middle, shift.Offset);
            if (area < best) (best, line) = (area, new(slope, shift.Offset));

            var height = Math.FusedMultiplyAdd(slope, shift.Contact, shift.Offset);
            var chord = leftHeight + slope * (shift.Contact - left);
            if (!(side * (height - chord) > 1e-13 * (Math.Abs(height) + Math.Abs(slope * shift.Contact)))) break;
            if (shift.Contact < middle)
            {
                if (shift.Contact <= left) break;
                (left, leftHeight) = (shift.Contact, height);
            }
            else
            {
                if (shift.Contact >= right) break;
                (right, rightHeight) = (shift.Contact, height);
            }
        }

        return double.IsPositiveInfinity(best) ? new(0, Slir.Touch(activation, lower, upper, 0, side).Offset) : line;
    }

    /// <summary>The value at an end, at a jump the limit that is further out.</summary>
    internal static double Height(Activation activation, double z, int side)
    {
        var piece = activation.PieceAt(z);
        var height = piece.Function.Value(z);
        if (piece.Start < z) return height;
        var before = activation.PieceAt(Math.BitDecrement(z)).Function.Value(z);
        return side > 0 ? Math.Max(height, before) : Math.Min(height, before);
    }
}
