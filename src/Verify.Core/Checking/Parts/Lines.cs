using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>A line below and one above every activation of a node, with what the rounding of a row's step is relative to.</summary>
internal sealed class Lines
{
    private Lines(int size)
    {
        (LowerSlopes, LowerOffsets, LowerMagnitudes) = (new double[size], new double[size], new double[size]);
        (UpperSlopes, UpperOffsets, UpperMagnitudes) = (new double[size], new double[size], new double[size]);
    }

    private Lines(Lines other)
    {
        (LowerSlopes, LowerOffsets, LowerMagnitudes) = (Copy(other.LowerSlopes), Copy(other.LowerOffsets), Copy(other.LowerMagnitudes));
        (UpperSlopes, UpperOffsets, UpperMagnitudes) = (Copy(other.UpperSlopes), Copy(other.UpperOffsets), Copy(other.UpperMagnitudes));
    }

    public double[] LowerSlopes { get; }

    public double[] LowerOffsets { get; }

    /// <summary>|slope|·m + |offset| for |z| ≤ m.</summary>
    public double[] LowerMagnitudes { get; }

    public double[] UpperSlopes { get; }

    public double[] UpperOffsets { get; }

    /// <summary>The negative of the same, since it meets negative coefficients.</summary>
    public double[] UpperMagnitudes { get; }

    /// <summary>The lines of least area.</summary>
    public static Lines LeastArea(Activation activation, double[] lower, double[] upper)
    {
        var lines = new Lines(lower.Length);
        for (var i = 0; i < lower.Length; i++) lines.Set(i, activation, lower[i], upper[i]);
        return lines;
    }

    /// <summary>The same lines, but for some elements whose intervals are others.</summary>
    public Lines With(IEnumerable<int> elements, Activation activation, double[] lower, double[] upper)
    {
        var lines = new Lines(this);
        foreach (var i in elements) lines.Set(i, activation, lower[i], upper[i]);
        return lines;
    }

    /// <summary>Whether the two lines of an element are one, so that none of another slope is better.</summary>
    public bool IsLine(int i) => LowerSlopes[i] == UpperSlopes[i] && LowerOffsets[i] == UpperOffsets[i];

    private void Set(int i, Activation activation, double lower, double upper)
    {
        var (below, above) = (SoundLine.LeastArea(activation, lower, upper, -1), SoundLine.LeastArea(activation, lower, upper, 1));
        var m = Math.Max(Math.Abs(lower), Math.Abs(upper));
        (LowerSlopes[i], LowerOffsets[i], LowerMagnitudes[i]) = (below.Slope, below.Offset, Math.Abs(below.Slope) * m + Math.Abs(below.Offset));
        (UpperSlopes[i], UpperOffsets[i], UpperMagnitudes[i]) = (above.Slope, above.Offset, -(Math.Abs(above.Slope) * m + Math.Abs(above.Offset)));
    }

    private static double[] Copy(double[] values) => (double[])values.Clone();
}
