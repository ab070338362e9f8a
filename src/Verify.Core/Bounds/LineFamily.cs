using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds;

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
    /// <summary>Lines of one element on one side.</summary>
    public const int Count = 48;

    private readonly double[] slopes;
    private readonly double[] offsets;
    private readonly int size;

    private LineFamily(int regions, int size)
    {
        this.size = size;
        var length = regions * 2 * size;
        (slopes, offsets) = (new double[length * Count], new double[length * Count]);
        (Lines, Start) = (new float[length * 2 * Count], new float[length]);
    }

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
    public static LineFamily Of(ElementwiseNode node, NodeBounds bounds, ElementwiseLines shared)
    {
        var low = bounds.Lower(node.Source);
        var high = bounds.Upper(node.Source);
        var family = new LineFamily(bounds.Regions.Length, node.Size);
        for (var i = 0; i < low.Length; i++)
        {
            var element = i / node.Size * 2 * node.Size + i % node.Size;
            family.Fill(element, node.Activation, low[i], high[i], new Line(shared.LowerSlopes[i], shared.LowerOffsets[i]), -1);
            family.Fill(element + node.Size, node.Activation, low[i], high[i], new Line(shared.UpperSlopes[i], shared.UpperOffsets[i]), 1);
        }

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
        if (!IsCurved(activation, low, high) || !Choose(activation, low, high, side, area.Slope, slopes))
        {
            slopes.Fill(area.Slope);
            offsets.Fill(area.Offset);
            return;
        }

        for (var j = 0; j < Count; j++) offsets[j] = Slir.Touch(activation, low, high, slopes[j], side).Offset;
    }

    private static bool IsCurved(Activation activation, double low, double high) =>
        low < high && double.IsFinite(high - low) && activation.IsDefinedOn(low, high)
        && high - low > 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high));

    /// <summary>Slopes in ascending order over those that support the envelope; false where there is but one.</summary>
    private static bool Choose(Activation activation, double low, double high, int side, double area, Span<double> slopes)
    {
        var (least, most) = Slir.SlopeRange(activation, low, high);
        if (!IsWide(least, most)) return false;
        (least, most) = (End(activation, low, high, least, most, side), End(activation, low, high, most, least, side));
        if (!IsWide(least, most)) return false;

        // Slopes of tangents at equal distances. Two that are the same would leave nothing to choose between them.
        const int Samples = 2 * Count;
        Span<double> tangents = stackalloc double[Samples];
        var found = 0;
        for (var j = 0; j < Samples; j++)
        {
            var contact = low + (high - low) * (j + 0.5) / Samples;
            var derivative = activation.PieceAt(contact).Function.Derivative.Value(contact);
            if (derivative > least && derivative < most) tangents[found++] = derivative;
        }

        tangents = tangents[..found];
        tangents.Sort();
        var kept = Math.Min(found, Count / 2);
        for (var j = 0; j < kept; j++) slopes[j] = tangents[(2 * j + 1) * found / (2 * kept)];
        for (var j = kept; j < Count; j++) slopes[j] = least + (most - least) * (j - kept) / (Count - kept - 1);
        slopes.Sort();
        var apart = 1e-3 * (most - least) / Count;
        for (var j = 1; j < Count - 1; j++) slopes[j] = Math.Max(slopes[j], slopes[j - 1] + apart);
        for (var j = Count - 2; j > 0; j--) slopes[j] = Math.Min(slopes[j], slopes[j + 1] - apart);

        // The line of least area, to begin with, in the place of the one nearest to it.
        if (!(area > least && area < most)) return true;
        var nearest = 0;
        for (var j = 1; j < Count; j++)
        {
            if (Math.Abs(slopes[j] - area) < Math.Abs(slopes[nearest] - area)) nearest = j;
        }

        slopes[nearest] = area;

        return true;
    }

    /// <summary>
    /// The extreme slope of the envelope: lines beyond it touch at one end of the interval only and turn away around it.
    /// </summary>
    /// <remarks>Newton's method: the chord from that end to the point where a line touches is nearer to the envelope.</remarks>
    private static double End(Activation activation, double low, double high, double slope, double other, int side)
    {
        var corner = Slir.Touch(activation, low, high, slope, side);
        if (corner.Contact != low && corner.Contact != high) return slope;
        var height = slope * corner.Contact + corner.Offset;
        for (var (step, inner) = (0, other); step < 12; step++)
        {
            var touch = Slir.Touch(activation, low, high, inner, side);
            if (touch.Contact == corner.Contact) return step == 0 ? slope : inner;
            var chord = (inner * touch.Contact + touch.Offset - height) / (touch.Contact - corner.Contact);
            if (!(Math.Abs(chord - inner) > 1e-9 * Math.Abs(slope - other))) return inner;
            inner = chord;
        }

        return slope;
    }

    private static bool IsWide(double least, double most) =>
        most - least > 1e-9 * (Math.Abs(least) + Math.Abs(most)) && double.IsFinite(most - least);

    private static float PositionOf(ReadOnlySpan<double> slopes, double slope)
    {
        var at = 0;
        while (at < Count - 2 && slopes[at + 1] < slope) at++;
        var width = slopes[at + 1] - slopes[at];
        var part = width > 0 ? Math.Clamp((slope - slopes[at]) / width, 0, 1) : 0;
        return (float)((at + part) / (Count - 1));
    }
}
