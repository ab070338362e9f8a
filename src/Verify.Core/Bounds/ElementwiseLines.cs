using RobustVerify.Core.Networks;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds;

/// <summary>A line below and a line above the activation, for every region and element of an elementwise node.</summary>
internal sealed class ElementwiseLines
{
    public ElementwiseLines(int length)
    {
        LowerSlopes = new double[length];
        LowerOffsets = new double[length];
        UpperSlopes = new double[length];
        UpperOffsets = new double[length];
    }

    public double[] LowerSlopes { get; }

    public double[] LowerOffsets { get; }

    public double[] UpperSlopes { get; }

    public double[] UpperOffsets { get; }

    /// <summary>The lines of least area, which need no knowledge of what is bounded.</summary>
    public static ElementwiseLines MinimumArea(ElementwiseNode node, NodeBounds bounds)
    {
        var low = bounds.Lower(node.Source);
        var high = bounds.Upper(node.Source);
        var lines = new ElementwiseLines(low.Length);
        for (var i = 0; i < low.Length; i++)
        {
            // No line bounds a function that may be undefined, or values that may be infinite.
            var (below, above) = node.Activation.IsDefinedOn(low[i], high[i]) && double.IsFinite(high[i] - low[i])
                ? Relaxation.MinimumArea(node.Activation, low[i], high[i])
                : (new Line(0, double.NegativeInfinity), new Line(0, double.PositiveInfinity));
            lines.Set(i, below, above);
        }

        return lines;
    }

    /// <summary>Sets the lines of one place.</summary>
    public void Set(int at, Line below, Line above)
    {
        (LowerSlopes[at], LowerOffsets[at]) = (below.Slope, below.Offset);
        (UpperSlopes[at], UpperOffsets[at]) = (above.Slope, above.Offset);
    }

    /// <summary>For every row, the lines of its region: rows × size.</summary>
    public ElementwiseLines Repeat(int[] regionOf, int size)
    {
        var lines = new ElementwiseLines(regionOf.Length * size);
        for (var row = 0; row < regionOf.Length; row++)
        {
            var from = regionOf[row] * size;
            LowerSlopes.AsSpan(from, size).CopyTo(lines.LowerSlopes.AsSpan(row * size));
            LowerOffsets.AsSpan(from, size).CopyTo(lines.LowerOffsets.AsSpan(row * size));
            UpperSlopes.AsSpan(from, size).CopyTo(lines.UpperSlopes.AsSpan(row * size));
            UpperOffsets.AsSpan(from, size).CopyTo(lines.UpperOffsets.AsSpan(row * size));
        }

        return lines;
    }
}
