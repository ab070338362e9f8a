using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Relaxations;

/// <summary>
/// Shifting: the smallest offset with which a line of any given slope stays above (or the largest with which it stays
/// below) an activation on an interval.
/// </summary>
/// <remarks>
/// <para>
/// Requires an interval on which the activation is defined. Sound for every slope: the offset is rounded outward by the
/// error of the computed values. Exact up to rounding, for every activation that knows its pieces. The touching lines of
/// all slopes are the supporting lines of the concave and the convex envelope, so no other single line is tighter.
/// </para>
/// <para>
/// With h(z) = f(z) − slope·z the offset is the maximum of h. On a piece where f is convex or linear it is at an end. On a
/// concave piece every tangent of h lies above h, so any point near the maximum proves a bound of it: how well the point
/// was found decides how tight the offset is, never whether it is sound. Lower offsets are the mirror image.
/// </para>
/// <para>Source: Kern et al. 2026, arXiv 2606.20292, as reconstructed from its abstract.</para>
/// </remarks>
public static class Slir
{
    private const double Largest = 1e305;

    // A tangent's excess over the function of this size, relative to the values, ends the search for the contact point.
    private const double Tolerance = 1e-12;

    /// <summary>The line of a slope above the activation: f(z) ≤ slope·z + offset on [lower, upper].</summary>
    /// <exception cref="DomainException">The activation is not defined on the whole interval.</exception>
    public static Shift UpperShift(Activation activation, double lower, double upper, double slope) =>
        Touch(activation, lower, upper, slope, 1);

    /// <summary>The line of a slope below the activation: f(z) ≥ slope·z + offset on [lower, upper].</summary>
    /// <exception cref="DomainException">The activation is not defined on the whole interval.</exception>
    public static Shift LowerShift(Activation activation, double lower, double upper, double slope) =>
        Touch(activation, lower, upper, slope, -1);

    /// <summary>An interval that contains every value of the activation on [lower, upper].</summary>
    /// <exception cref="DomainException">The activation is not defined on the whole interval.</exception>
    public static (double Lower, double Upper) Range(Activation activation, double lower, double upper) =>
        activation is ReLU && lower <= upper
            ? (Math.Max(lower, 0), Math.Max(upper, 0))
            : (LowerShift(activation, lower, upper, 0).Offset, UpperShift(activation, lower, upper, 0).Offset);

    /// <summary>
    /// The slopes worth using on [lower, upper]: those between the smallest and the largest derivative, and those of the
    /// chords that span a jump. A line of any other slope is worse everywhere than one of these.
    /// </summary>
    /// <exception cref="DomainException">The activation is not defined on the whole interval.</exception>
    public static (double Lower, double Upper) SlopeRange(Activation activation, double lower, double upper)
    {
        Check(activation, lower, upper, 0);
        if (activation is ReLU) return (lower < 0 || upper == 0 ? 0 : 1, upper > 0 ? 1 : 0);
        if (activation is LipschitzActivation { LipschitzConstant: var steepest }) return (-steepest, steepest);
        if (upper - lower > 2 * activation.Period)
        {
            lower = double.IsInfinity(lower) ? 0 : lower;
            upper = lower + 2 * activation.Period;
        }

        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        void Include(double slope)
        {
            if (double.IsNaN(slope)) return;
            low = Math.Min(low, slope);
            high = Math.Max(high, slope);
        }

        // The derivative is monotone on a piece.
        for (var piece = activation.PieceAt(lower); ; piece = activation.PieceAt(piece.End))
        {
            var (from, to) = (Math.Max(lower, piece.Start), Math.Min(upper, piece.End));
            var function = piece.Function;
            Include(function.Derivative.Value(from));
            if (piece.Curvature != Curvature.Linear) Include(function.Derivative.Value(to));
            foreach (var end in (ReadOnlySpan<double>)[from, to])
            {
                if (end > lower) Include((function.Value(end) - activation.Value(lower)) / (end - lower));
                if (end < upper) Include((activation.Value(upper) - function.Value(end)) / (upper - end));
            }

            if (!(piece.End < upper)) return (low, high);
        }
    }

    /// <summary>The line of a slope above the activation for side 1, below for side −1.</summary>
    /// <param name="activation">The activation.</param>
    /// <param name="lower">The lower end of the interval.</param>
    /// <param name="upper">The upper end of the interval.</param>
    /// <param name="slope">The slope of the line.</param>
    /// <param name="side">1 or −1.</param>
    /// <param name="guess">Where the line touches, if that is known; a wrong guess costs time only.</param>
    internal static Shift Touch(Activation activation, double lower, double upper, double slope, int side, double guess = double.NaN)
    {
        Check(activation, lower, upper, slope);
        var best = new Shift(double.NegativeInfinity, lower);
        if (activation is LipschitzActivation lipschitz)
        {
            if (lower == upper) return new(side * Height(activation, lower, slope, side), lower);
            if (!double.IsFinite(upper - lower)) return new(side * double.PositiveInfinity, lower);
            activation = LipschitzSurrogate.Of(lipschitz, lower, upper, side);
        }

        var period = 1.25 * activation.Period;
        if (upper - lower > 2 * period)
        {
            // A maximum of h in between is repeated, not lower, a whole number of periods towards one of the ends.
            if (double.IsInfinity(lower) || double.IsInfinity(upper))
            {
                if (slope != 0) return new(side * double.PositiveInfinity, double.IsInfinity(lower) ? lower : upper);
                (lower, upper) = (-period, period);
            }

            Along(activation, lower, lower + period, slope, side, guess, ref best);
            Along(activation, upper - period, upper, slope, side, guess, ref best);
        }
        else
        {
            Along(activation, lower, upper, slope, side, guess, ref best);
        }

        // So near to the largest number, something on the way may have overflowed: nothing is known.
        return best with { Offset = side * (Math.Abs(best.Offset) > Largest ? double.PositiveInfinity : best.Offset) };
    }

    /// <summary>Raises <paramref name="best"/> to a bound of side·h on [lower, upper].</summary>
    private static void Along(Activation activation, double lower, double upper, double slope, int side, double guess, ref Shift best)
    {
        var piece = activation.PieceAt(lower);

        // At a jump, the limit from below belongs to the piece before.
        if (piece.Start == lower && double.IsFinite(lower))
            Raise(ref best, AtEnd(activation.PieceAt(Math.BitDecrement(lower)).Function, lower, slope, side));

        // Where a smooth function goes on, the bound of either piece covers the point between them.
        var isCovered = false;
        while (true)
        {
            var (from, to) = (Math.Max(lower, piece.Start), Math.Min(upper, piece.End));
            var function = piece.Function;
            var peaks = piece.Curvature == (side > 0 ? Curvature.Concave : Curvature.Convex) && from < to
                && Peak(piece, from, to, slope, side, guess, ref best);
            if (!peaks && !isCovered) Raise(ref best, AtEnd(function, from, slope, side));

            var isLast = !(piece.End <= upper) || double.IsInfinity(piece.End);
            if (!isLast) piece = activation.PieceAt(piece.End);
            var goesOn = !isLast && piece.Function == function;
            if (!goesOn && !peaks && from < to) Raise(ref best, AtEnd(function, to, slope, side));
            if (isLast) return;
            isCovered = goesOn && peaks;
        }
    }

    /// <summary>Bounds the maximum of side·h inside a piece where it is concave; false when it is at an end.</summary>
    private static bool Peak(in Piece piece, double from, double to, double slope, int side, double guess, ref Shift best)
    {
        var (low, high) = (Math.Max(from, double.MinValue), Math.Min(to, double.MaxValue));
        var function = piece.Function;
        var derivative = function.Derivative;
        var scale = Math.Min(high - low, 1);

        // Mostly the guess, a formula or a few steps of Newton's method give the point to rounding, and its tangent is all that
        // is needed.
        var isGuess = guess >= low && guess <= high;
        var z = isGuess ? guess : function.CriticalPoint(slope, piece);
        if (double.IsNaN(z)) z = low / 2 + high / 2;
        for (var step = 0; step < 8 && z >= low && z <= high; step++)
        {
            var (tilt, doubt) = Rise(derivative, z, slope, side);
            var surplus = Math.Max((doubt + tilt) * (high - z), (doubt - tilt) * (z - low));
            if (surplus <= Tolerance * (1 + Math.Abs(slope * z)))
            {
                var height = Height(function, z, slope, side);
                if (surplus <= Tolerance * (Math.Abs(height) + Math.Abs(slope) * (Math.Abs(z) + scale)))
                {
                    Raise(ref best, new(Up(height + Up(surplus)), z));
                    return true;
                }
            }

            var formula = isGuess && step == 0 ? function.CriticalPoint(slope, piece) : double.NaN;
            z = double.IsNaN(formula) ? z - side * tilt / derivative.Derivative.Value(z) : formula;
        }

        var (rise, error) = Rise(derivative, low, slope, side);
        if (rise <= -error) return false;
        var lowRise = rise;
        var (bound, contact) = (Reach(Height(function, low, slope, side), rise + error, high - low), low);
        (rise, error) = Rise(derivative, high, slope, side);
        if (rise >= error) return false;
        var highRise = rise;
        var last = Reach(Height(function, high, slope, side), error - rise, high - low);
        if (last < bound) (bound, contact) = (last, high);

        for (var step = 0; step < 200; step++)
        {
            // Regula falsi, and every third time a bisection that also works over many magnitudes.
            z = step % 3 != 2 ? low + (high - low) * (lowRise / (lowRise - highRise)) : Middle(low, high);
            if (!(z > low && z < high)) z = Middle(low, high);
            if (!(z > low && z < high)) break;

            (rise, error) = Rise(derivative, z, slope, side);
            if (Math.Abs(rise) <= error)
            {
                // Flat to rounding: the maximum is near. Step aside until the sign of the slope is certain.
                for (var aside = 1e-7 * (1 + Math.Abs(z)); z - aside > low; aside *= 16)
                {
                    if (!IsCertain(Rise(derivative, z - aside, slope, side), 1)) continue;
                    low = z - aside;
                    break;
                }

                for (var aside = 1e-7 * (1 + Math.Abs(z)); z + aside < high; aside *= 16)
                {
                    if (!IsCertain(Rise(derivative, z + aside, slope, side), -1)) continue;
                    high = z + aside;
                    break;
                }
            }

            var isFlat = Math.Abs(rise) <= error;
            var excess = Math.Max((error + rise) * (high - z), (error - rise) * (z - low));

            // Far from the maximum the tangent says little, and the value is not worth computing.
            if (isFlat || excess <= 1e-6 * (1 + Math.Abs(slope * z)))
            {
                var height = Height(function, z, slope, side);
                var reach = Up(height + Up(excess));
                if (reach < bound) (bound, contact) = (reach, z);
                if (isFlat || excess <= Tolerance * (Math.Abs(height) + Math.Abs(slope) * (Math.Abs(z) + scale))) break;
            }

            if (rise > 0) (low, lowRise) = (z, rise);
            else (high, highRise) = (z, rise);
        }

        Raise(ref best, new(bound, contact));
        return true;
    }

    /// <summary>What a concave function can reach over a distance from a point of this height and slope.</summary>
    private static double Reach(double height, double rise, double distance) =>
        rise <= 0 ? height : Up(height + rise * distance);

    private static bool IsCertain((double Rise, double Error) slope, int sign) => sign * slope.Rise > slope.Error;

    /// <summary>The derivative of side·h, and a bound of its error.</summary>
    private static (double Rise, double Error) Rise(Activation derivative, double z, double slope, int side)
    {
        var value = derivative.Value(z);
        if (!double.IsFinite(value)) return (0, double.PositiveInfinity); // It overflowed: not even its sign is certain.
        var rise = value - slope;
        return (side * rise, (derivative.ValueError(z, value) + 2.3e-16 * Math.Abs(rise)) * (1 + 1e-15));
    }

    /// <summary>side·h at an end of the interval, or its limit at infinity.</summary>
    private static Shift AtEnd(Activation function, double z, double slope, int side)
    {
        if (double.IsFinite(z)) return new(Height(function, z, slope, side), z);
        if (slope == 0)
        {
            var limit = function.Value(z);
            return new(double.IsInfinity(limit) ? side * limit : side * limit + function.ValueError(z, limit), z);
        }

        // h tends to ±∞ unless the function's last slope is exactly that of the line.
        var growth = Math.CopySign(1, z) * (function.Derivative.Value(z) - slope);
        var far = Math.CopySign(double.MaxValue, z);
        return growth == 0 ? new(Height(function, far, slope, side), z) : new(side * growth * double.PositiveInfinity, z);
    }

    /// <summary>An upper bound of side·h at a finite point.</summary>
    private static double Height(Activation function, double z, double slope, int side)
    {
        var value = function.Value(z);
        var height = Math.FusedMultiplyAdd(-slope, z, value);
        if (double.IsInfinity(height)) return side * height > 0 ? double.PositiveInfinity : double.MinValue;
        var error = function.ValueError(z, value);
        return error == 0 && slope == 0 ? side * height : Up(side * height + error + double.Epsilon);
    }

    /// <summary>Covers the rounding of the few operations that led to a value.</summary>
    private static double Up(double value) => value + 1e-15 * Math.Abs(value);

    private static void Raise(ref Shift best, Shift candidate)
    {
        // A bound that could not be computed is no bound.
        if (double.IsNaN(candidate.Offset)) candidate = candidate with { Offset = double.PositiveInfinity };
        if (candidate.Offset > best.Offset) best = candidate;
    }

    /// <summary>A point between two numbers that halves their distance, or their magnitudes when these are far apart.</summary>
    private static double Middle(double low, double high)
    {
        if (low < 0 && high > 0) return low > -1 && high < 1 ? low / 2 + high / 2 : 0;
        var (near, far) = low >= 0 ? (low, high) : (-high, -low);
        near = Math.Max(near, 1e-6);
        var middle = far > 4 * near ? Math.Sqrt(near) * Math.Sqrt(far) : low >= 0 ? low / 2 + high / 2 : -(low / 2 + high / 2);
        return low >= 0 ? middle : -middle;
    }

    private static void Check(Activation activation, double lower, double upper, double slope)
    {
        if (!(lower <= upper))
            throw new ArgumentException($"{activation.Name} is to be bounded on [{lower}, {upper}], which is not an interval: its ends must be numbers, the lower one first.");
        if (!double.IsFinite(slope))
            throw new ArgumentException($"{activation.Name} is to be bounded by a line of slope {slope}; a slope must be finite.", nameof(slope));
        if (!activation.IsDefinedOn(lower, upper)) throw new DomainException(activation, lower, upper);
    }
}
