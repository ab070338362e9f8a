using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>A line on one side of an activation on an interval: slope·z + offset.</summary>
/// <remarks>
/// <para>
/// Requires nothing of the slope: the offset is computed for it, rounded outward by the errors of all values that it comes from.
/// Where nothing is known (the function may be undefined, a number overflows) the offset is infinite.
/// </para>
/// <para>
/// With side·(f(z) − slope·z) written as h, a line above needs the maximum of h, one below its minimum: in either case the
/// minimum of a function g = ∓h. Where g is convex, each of its tangents lies below it, and a tangent at any point bounds it: the
/// closer the point to the minimum, the better. Where g is concave or straight, its minimum is at an end.
/// </para>
/// </remarks>
internal readonly record struct SoundLine(double Slope, double Offset)
{
    // Where a tangent stays so close below its function, relative to its values, there is nothing left to win.
    private const double Close = 1e-13;
    private const int MostSteps = 80;
    private const int MostChords = 40;

    // Samples of a function of which nothing but its steepness is known.
    private const int Samples = 512;

    /// <summary>The line of a slope above the activation for side 1, below it for side −1.</summary>
    public static SoundLine Of(Activation activation, double lower, double upper, double slope, int side) =>
        Touching(activation, lower, upper, slope, side, double.NaN).Line;

    /// <summary>An interval that contains every value of the activation on an interval.</summary>
    public static (double Lower, double Upper) Range(Activation activation, double lower, double upper) => activation is ReLU
        ? (Math.Max(lower, 0), Math.Max(upper, 0))
        : (Of(activation, lower, upper, 0, -1).Offset, Of(activation, lower, upper, 0, 1).Offset);

    /// <summary>The line between which and the activation there is least area.</summary>
    /// <remarks>
    /// The area decides by the line's height in the middle m. As a function of the slope a, the height a·m + offset of the best line
    /// below is concave, with m − z as its slope where the line touches at z. Kelley's method finds its maximum: the next
    /// slope is where the tangents of the height at the last slopes on either side cross, which is that of the chord from one
    /// point of contact to the other.
    /// </remarks>
    public static SoundLine LeastArea(Activation activation, double lower, double upper, int side)
    {
        if (activation is ReLU && lower <= upper && double.IsFinite(upper - lower)) return LeastArea(lower, upper, side);
        if (!(upper - lower > 1e-12 * Math.Max(Math.Abs(lower), Math.Abs(upper))) || !double.IsFinite(upper - lower)
            || upper - lower > 4 * activation.Period || !activation.IsDefinedOn(lower, upper))
        {
            return Of(activation, lower, upper, 0, side);
        }

        var middle = lower / 2 + upper / 2;
        var (best, height) = (new SoundLine(0, side * double.PositiveInfinity), double.NegativeInfinity);
        Contact Try(double slope, double guess)
        {
            var contact = Touching(activation, lower, upper, slope, side, guess);
            var reached = -side * Math.FusedMultiplyAdd(slope, middle, contact.Line.Offset);
            if (reached > height) (best, height) = (contact.Line, reached);
            return contact;
        }

        // A tangent in the middle cannot be beaten where it is on its side of the function everywhere.
        var last = middle;
        if (activation is not LipschitzActivation && activation.PieceAt(middle) is var piece && IsConvex(piece.Curvature, side)
            && piece.Function.Derivative.Value(middle) is var tangent && double.IsFinite(tangent))
        {
            last = Try(tangent, middle).At;
            var value = piece.Function.Value(middle);
            if (height >= -side * value - 1e-12 * (Math.Abs(value) + Math.Abs(tangent * middle))) return best;
        }

        var (left, right) = (lower, upper);
        var (leftValue, rightValue) = (Outermost(activation, lower, side), Outermost(activation, upper, side));
        for (var step = 0; step < MostChords; step++)
        {
            var slope = (rightValue - leftValue) / (right - left);
            if (!double.IsFinite(slope)) break;
            var contact = Try(slope, last);
            last = contact.At;
            var value = Math.FusedMultiplyAdd(slope, contact.At, contact.Line.Offset);
            var beyond = side * (value - (leftValue + slope * (contact.At - left)));
            if (!(beyond > Close * (Math.Abs(value) + Math.Abs(slope * contact.At)))) break;
            if (contact.At < middle ? contact.At <= left : contact.At >= right) break;
            if (contact.At < middle) (left, leftValue) = (contact.At, value);
            else (right, rightValue) = (contact.At, value);
        }

        return double.IsFinite(best.Offset) ? best : Of(activation, lower, upper, 0, side);
    }

    /// <summary>Below a ReLU, through zero along the longer side; above, the chord, rounded up.</summary>
    private static SoundLine LeastArea(double lower, double upper, int side)
    {
        if (lower >= 0 || upper <= 0) return new(lower >= 0 && upper > 0 ? 1 : 0, 0);
        if (side < 0) return new(upper > -lower ? 1 : 0, 0);
        var slope = upper / (upper - lower);
        return new(slope, Math.BitIncrement(Math.Max(-slope * lower, Math.FusedMultiplyAdd(-slope, upper, upper))));
    }

    /// <summary>The line of a slope on a side, and about where it touches.</summary>
    private static Contact Touching(Activation activation, double lower, double upper, double slope, int side, double guess)
    {
        if (!(lower <= upper) || !double.IsFinite(lower) || !double.IsFinite(upper) || !double.IsFinite(slope) || !activation.IsDefinedOn(lower, upper))
            return new(new(0, side * double.PositiveInfinity), lower);
        var difference = new Difference(slope, -side);
        var least = new Dip(double.PositiveInfinity, lower);
        var reach = 1.25 * activation.Period;
        if (activation is LipschitzActivation lipschitz)
        {
            least = difference.OverSamples(lipschitz, lower, upper);
        }
        else if (upper - lower > 2 * reach)
        {
            // What is in between is repeated one period closer to the end towards which the line rises or falls.
            difference.Over(activation, lower, lower + reach, guess, ref least);
            difference.Over(activation, upper - reach, upper, guess, ref least);
        }
        else
        {
            difference.Over(activation, lower, upper, guess, ref least);
        }

        // So near to the largest number, something on the way may have overflowed.
        var offset = Math.Abs(least.Value) < 1e300 ? -side * least.Value : side * double.PositiveInfinity;
        return new(new(slope, offset), least.At);
    }

    /// <summary>Whether the function that a line on a side needs the minimum of is convex.</summary>
    private static bool IsConvex(Curvature curvature, int side) => curvature == (side < 0 ? Curvature.Convex : Curvature.Concave);

    /// <summary>The value at a point, at a jump the limit that is further out.</summary>
    private static double Outermost(Activation activation, double z, int side)
    {
        if (activation is LipschitzActivation) return activation.Value(z);
        var piece = activation.PieceAt(z);
        var value = piece.Function.Value(z);
        if (piece.Start < z) return value;
        var before = activation.PieceAt(Math.BitDecrement(z)).Function.Value(z);
        return side > 0 ? Math.Max(value, before) : Math.Min(value, before);
    }

    /// <summary>A line, and about where it touches.</summary>
    private readonly record struct Contact(SoundLine Line, double At);

    /// <summary>A lower bound of a function's minimum, and about where that is.</summary>
    private readonly record struct Dip(double Value, double At);

    /// <summary>g(z) = sign·(f(z) − slope·z), whose minimum is looked for.</summary>
    private readonly struct Difference(double slope, int sign)
    {
        /// <summary>Lowers a bound to the minimum on an interval, piece by piece; at a jump both limits count.</summary>
        public void Over(Activation activation, double lower, double upper, double guess, ref Dip least)
        {
            var piece = activation.PieceAt(lower);
            if (piece.Start == lower) Lower(ref least, At(activation.PieceAt(Math.BitDecrement(lower)).Function, lower), lower);
            while (true)
            {
                var (from, to) = (Math.Max(lower, piece.Start), Math.Min(upper, piece.End));
                if (from < to && IsConvex(piece.Curvature, -sign))
                {
                    InConvex(piece, from, to, guess, ref least);
                }
                else
                {
                    Lower(ref least, At(piece.Function, from), from);
                    if (from < to) Lower(ref least, At(piece.Function, to), to);
                }

                if (!(piece.End <= upper)) return;
                piece = activation.PieceAt(piece.End);
            }
        }

        /// <summary>Lowers a bound to the minimum of a convex piece: that of a tangent at a point which Newton's method and bisection find.</summary>
        private void InConvex(in Piece piece, double from, double to, double guess, ref Dip least)
        {
            var (function, derivative) = (piece.Function, piece.Function.Derivative);
            var (low, high, best) = (from, to, new Dip(double.NegativeInfinity, from));
            var z = guess >= from && guess <= to ? guess : function.CriticalPoint(slope, piece);
            z = double.IsNaN(z) ? from / 2 + to / 2 : Math.Clamp(z, from, to);
            for (var step = 0; step < MostSteps; step++)
            {
                var steepness = derivative.Value(z);
                var rise = sign * (steepness - slope);
                var error = 1.000001 * (derivative.ValueError(z, steepness) + 2.3e-16 * Math.Abs(rise));
                if (double.IsFinite(rise + error))
                {
                    // On either side of the point g falls no faster than this; the minimum is between low and high.
                    var loss = Math.Max(Math.Max(0, error - rise) * (high - z), Math.Max(0, error + rise) * (z - low));
                    var value = At(function, z);
                    var bound = value - 1.000001 * loss;
                    if (bound > best.Value) best = new(bound - 2.3e-16 * Math.Abs(bound), z);
                    if (loss <= Close * (Math.Abs(value) + Math.Abs(slope) * (Math.Abs(z) + Math.Min(to - from, 1)))) break;
                }

                if (rise > error) high = z;
                else if (rise < -error) low = z;
                else if (double.IsFinite(rise)) break;

                // A step beyond an end looks there first.
                var next = step % 3 == 2 || !double.IsFinite(rise) ? double.NaN : z - rise / (sign * derivative.Derivative.Value(z));
                if (next <= low && z > from && low == from && step < 3) next = from;
                else if (next >= high && z < to && high == to && step < 3) next = to;
                else if (!(next > low && next < high)) next = low / 2 + high / 2;
                if (next == z || next < low || next > high) break;
                z = next;
            }

            Lower(ref least, best.Value, best.At);
        }

        /// <summary>The minimum over a function of known steepness: the cell that may reach furthest down is divided first.</summary>
        /// <remarks>
        /// Between two samples the function is above the lines of steepness ±L through them, which cross at the cell's bottom.
        /// Source: Piyavskii 1972, Shubert 1972.
        /// </remarks>
        public Dip OverSamples(LipschitzActivation activation, double lower, double upper)
        {
            var (self, steepest, tilt) = (this, activation.LipschitzConstant, sign * slope);
            var cells = new PriorityQueue<(double From, double To, double Left, double Right, double Bottom), double>();
            double Sample(double z)
            {
                var value = activation.Value(z);
                return self.Sign * value - activation.ValueError(z, value);
            }

            void Add(double from, double to, double left, double right)
            {
                var bottom = Math.Clamp((left - right) / (2 * steepest) + (from + to) / 2, from, to);
                var crossing = (left + right - steepest * (to - from)) / 2;
                var value = Math.FusedMultiplyAdd(-tilt, bottom, crossing);
                foreach (var (z, height) in (ReadOnlySpan<(double, double)>)[(from, left), (to, right)])
                {
                    // An end that is lower than all in between was sampled already.
                    if (Math.FusedMultiplyAdd(-tilt, z, height) is var end && end <= value) (value, bottom) = (end, z);
                }

                var size = Math.Abs(left) + Math.Abs(right) + (steepest + Math.Abs(tilt)) * (Math.Abs(from) + Math.Abs(to));
                cells.Enqueue((from, to, left, right, bottom), double.IsFinite(value) ? value - 1e-14 * size : double.NegativeInfinity);
            }

            Add(lower, upper, Sample(lower), Sample(upper));
            for (var samples = 2; samples < Samples && cells.TryPeek(out var cell, out _) && cell.Bottom > cell.From && cell.Bottom < cell.To; samples++)
            {
                cells.Dequeue();
                var value = Sample(cell.Bottom);
                Add(cell.From, cell.Bottom, cell.Left, value);
                Add(cell.Bottom, cell.To, value, cell.Right);
            }

            cells.TryPeek(out var lowest, out var bound);
            return new(bound, lowest.Bottom);
        }

        private int Sign => sign;

        /// <summary>A lower bound of g at a point, for one of the functions that the activation is made of.</summary>
        private double At(Activation function, double z)
        {
            var value = function.Value(z);
            var result = sign * Math.FusedMultiplyAdd(-slope, z, value);
            var error = function.ValueError(z, value);
            return error == 0 && slope == 0 ? result : result - (error + 1e-15 * (Math.Abs(result) + error) + double.Epsilon);
        }

        /// <remarks>A bound that is not a number is none. One that overflowed is not taken for what it is above.</remarks>
        private static void Lower(ref Dip least, double value, double at)
        {
            if (double.IsNaN(value)) value = double.NegativeInfinity;
            if (value < least.Value) least = new(Math.Min(value, 1e300), at);
        }
    }
}
