using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>
/// Lines below and above an activation, for every region and element of an elementwise node, in ascending order of their
/// slopes. What lies between two neighbours, in the same parts, is a line on that side as well.
/// </summary>
/// <remarks>
/// They support the envelope of the activation from one end of the interval to the other, so that a position from 0 (the
/// first) to 1 (the last) is all that there is to choose. Half of them touch at equal distances, the other half have
/// equal distances of slopes: the first follow a curve where it bends, the second where it is nearly straight. With offsets
/// that are convex in the slope, what is lost between neighbours shrinks with the square of their number.
/// </remarks>
internal sealed class LineFamily
{
    private readonly double[] slopes;
    private readonly double[] offsets;
    private readonly int size;

    private LineFamily(int regions, int size, int count)
    {
        (this.size, Count) = (size, count);
        var length = regions * 2 * size;
        (slopes, offsets) = (new double[length * Count], new double[length * Count]);
        (Lines, Start) = (new float[length * 2 * Count], new float[length]);
    }

    /// <summary>Lines of one element on one side.</summary>
    public int Count { get; }

    /// <summary>
    /// Slope and offset in turn, below first: regions × 2 × size × <see cref="Count"/> × 2. For searching only, since they
    /// are rounded to nearest.
    /// </summary>
    public float[] Lines { get; }

    /// <summary>The positions of the lines of least area, below first: regions × 2 × size.</summary>
    public float[] Start { get; }

    /// <param name="node">The node.</param>
    /// <param name="bounds">The bounds of its source.</param>
    /// <param name="shared">Its lines of least area.</param>
    /// <param name="count">Lines of one element on one side, at least two.</param>
    public static LineFamily Of(ElementwiseNode node, NodeBounds bounds, ElementwiseLines shared, int count)
    {
        var low = bounds.Lower(node.Source);
        var high = bounds.Upper(node.Source);
        var family = new LineFamily(bounds.Regions.Length, node.Size, count);
        for (var i = 0; i < low.Length; i++)
        {
            var element = i / node.Size * 2 * node.Size + i % node.Size;
            family.Fill(element, node.Activation, low[i], high[i], new Line(shared.LowerSlopes[i], shared.LowerOffsets[i]), -1);
            family.Fill(element + node.Size, node.Activation, low[i], high[i], new Line(shared.UpperSlopes[i], shared.UpperOffsets[i]), 1);
        }

        return family;
    }

    /// <summary>The lines of one activation on one interval, given those of least area.</summary>
    public static LineFamily Of(Activation activation, double low, double high, Line below, Line above, int count)
    {
        var family = new LineFamily(1, 1, count);
        family.Fill(0, activation, low, high, below, -1);
        family.Fill(1, activation, low, high, above, 1);
        return family;
    }

    /// <summary>The line at a position, on its side of the function for all |z| up to a magnitude.</summary>
    /// <param name="element">The element as <see cref="Start"/> counts.</param>
    /// <param name="position">From 0 to 1.</param>
    /// <param name="magnitude">The largest |z|.</param>
    public Line At(int element, float position, double magnitude)
    {
        var side = element / size % 2 == 0 ? -1 : 1;
        var at = Math.Min((int)(position * (Count - 1)), Count - 2);
        var part = position * (Count - 1) - (double)at;
        at += element * Count;
        var slope = slopes[at] + part * (slopes[at + 1] - slopes[at]);
        var offset = offsets[at] + part * (offsets[at + 1] - offsets[at]);
        var scale = (Math.Abs(slopes[at]) + Math.Abs(slopes[at + 1])) * magnitude + Math.Abs(offsets[at]) + Math.Abs(offsets[at + 1]);
        return new Line(slope, offset + side * (1e-15 * scale + 1e-300));
    }

    private void Fill(int element, Activation activation, double low, double high, Line area, int side)
    {
        var ownSlopes = slopes.AsSpan(element * Count, Count);
        var ownOffsets = offsets.AsSpan(element * Count, Count);
        Fill(activation, low, high, area, side, ownSlopes, ownOffsets);
        Start[element] = PositionOf(ownSlopes, area.Slope);
        var lines = Lines.AsSpan(element * 2 * Count, 2 * Count);
        for (var j = 0; j < Count; j++) (lines[2 * j], lines[2 * j + 1]) = ((float)ownSlopes[j], (float)ownOffsets[j]);
    }

    private static void Fill(
        Activation activation, double low, double high, Line area, int side, Span<double> slopes, Span<double> offsets)
    {
        Span<double> contacts = stackalloc double[slopes.Length];
        if (IsCurved(activation, low, high))
        {
            if (activation is LipschitzActivation lipschitz) activation = LipschitzSurrogate.Of(lipschitz, low, high, side);
            if (Choose(activation, low, high, side, area.Slope, slopes, contacts))
            {
                var touch = new Shift(0, double.NaN);
                for (var j = 0; j < slopes.Length; j++)
                {
                    // Where it is not known where a line touches, it is hardly beyond the last one.
                    var guess = double.IsNaN(contacts[j]) ? touch.Contact : contacts[j];
                    touch = Slir.Touch(activation, low, high, slopes[j], side, guess);
                    offsets[j] = touch.Offset;
                }

                return;
            }
        }

        slopes.Fill(area.Slope);
        offsets.Fill(area.Offset);
    }

    private static bool IsCurved(Activation activation, double low, double high) =>
        low < high && double.IsFinite(high - low) && activation.IsDefinedOn(low, high)
        && high - low > 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high));

    /// <summary>
    /// Slopes in ascending order over those that support the envelope, and where each line touches, or not a number where that
    /// is not known; false where there is but one slope.
    /// </summary>
    private static bool Choose(
        Activation activation, double low, double high, int side, double area, Span<double> slopes, Span<double> contacts)
    {
        var count = slopes.Length;
        var (atLow, atHigh) = (End(activation, low, high, side), End(activation, high, low, side));
        var (least, most) = side > 0 ? (atHigh, atLow) : (atLow, atHigh);
        if (!IsWide(least, most)) return false;

        // Slopes of tangents at equal distances. Two that are the same would leave nothing to choose between them.
        Span<double> tangents = stackalloc double[2 * count];
        Span<double> points = stackalloc double[2 * count];
        var (found, step) = (0, side * (high - low) / tangents.Length);
        for (var j = 0; j < tangents.Length; j++)
        {
            var point = (side > 0 ? low : high) + step * (tangents.Length - j - 0.5);
            var piece = activation.PieceAt(point);
            if (piece.Curvature == (side > 0 ? Curvature.Convex : Curvature.Concave)) continue;
            var derivative = piece.Function.Derivative.Value(point);
            if (derivative > least && derivative < most) (tangents[found], points[found++]) = (derivative, point);
        }

        tangents[..found].Sort(points[..found]);
        var kept = Math.Min(found, count / 2);
        for (var j = 0; j < kept; j++)
            (slopes[j], contacts[j]) = (tangents[(2 * j + 1) * found / (2 * kept)], points[(2 * j + 1) * found / (2 * kept)]);
        for (var j = kept; j < count; j++)
            (slopes[j], contacts[j]) = (least + (most - least) * (j - kept) / (count - kept - 1), double.NaN);
        slopes.Sort(contacts);
        var apart = 1e-3 * (most - least) / count;
        for (var j = 1; j < count - 1; j++) slopes[j] = Math.Max(slopes[j], slopes[j - 1] + apart);
        for (var j = count - 2; j > 0; j--) slopes[j] = Math.Min(slopes[j], slopes[j + 1] - apart);

        // The line of least area, to begin with, in the place of the one nearest to it.
        if (!(area > least && area < most)) return true;
        var nearest = 0;
        for (var j = 1; j < count; j++)
        {
            if (Math.Abs(slopes[j] - area) < Math.Abs(slopes[nearest] - area)) nearest = j;
        }

        slopes[nearest] = area;

        return true;
    }

    /// <summary>
    /// The slope of the envelope at one end of the interval: lines beyond it touch there only, and turn away around it.
    /// </summary>
    /// <remarks>
    /// The extreme slope of the chords from that end. Newton's method for the largest ratio: the chord to where a line of the
    /// last slope touches is the next.
    /// </remarks>
    private static double End(Activation activation, double end, double other, int side)
    {
        var (low, high) = (Math.Min(end, other), Math.Max(end, other));
        var height = Relaxation.Height(activation, end, side);
        var first = (Relaxation.Height(activation, other, side) - height) / (other - end);
        var tangent = activation.PieceAt(end == low ? low : Math.BitDecrement(high)).Function.Derivative.Value(end);
        var isBeyond = double.IsFinite(tangent) && side * (tangent - first) * (other - end) > 0;
        var (slope, guess) = isBeyond ? (tangent, end) : (first, double.NaN);
        for (var step = 0; step < 12; step++)
        {
            var touch = Slir.Touch(activation, low, high, slope, side, guess);
            if (Math.Abs(touch.Contact - end) <= 1e-9 * (high - low)) break;
            var chord = (slope * touch.Contact + touch.Offset - height) / (touch.Contact - end);
            var isNear = !(Math.Abs(chord - slope) > 1e-4 * Math.Abs(chord - first));
            (slope, guess) = (chord, touch.Contact);
            if (isNear) break;
        }

        return slope;
    }

    private static bool IsWide(double least, double most) =>
        most - least > 1e-9 * (Math.Abs(least) + Math.Abs(most)) && double.IsFinite(most - least);

    private static float PositionOf(ReadOnlySpan<double> slopes, double slope)
    {
        var at = 0;
        while (at < slopes.Length - 2 && slopes[at + 1] < slope) at++;
        var width = slopes[at + 1] - slopes[at];
        var part = width > 0 ? Math.Clamp((slope - slopes[at]) / width, 0, 1) : 0;
        return (float)((at + part) / (slopes.Length - 1));
    }
}
