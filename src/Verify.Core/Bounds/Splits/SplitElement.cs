using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds.Splits;

/// <summary>One activation on an interval that splits leave of its argument: its lines there, and where it is best split next.</summary>
internal sealed class SplitElement
{
    // Lines on either side: the narrower an interval is, the fewer tell them apart.
    private const int Lines = 16;

    // Where an interval is split, as parts of its width, beside the points where the function bends the other way.
    private static readonly double[] Parts = [0.5, 0.35, 0.65];
    private const int MostPieces = 8;

    private readonly Lazy<LineFamily> family;

    /// <param name="activation">The activation.</param>
    /// <param name="low">Where the interval starts.</param>
    /// <param name="high">Where it ends.</param>
    public SplitElement(Activation activation, double low, double high)
    {
        (Low, High) = (low, high);
        (Below, Above) = Relaxation.MinimumArea(activation, low, high);
        family = new(() => LineFamily.Of(activation, low, high, Below, Above, Lines));
        Cut = double.NaN;
        if (activation is ReLU)
        {
            if (low < 0 && high > 0) Cut = 0;
            return;
        }

        var area = Area(Below, Above, low, high);
        if (!(high - low > 1e-6 * (Math.Abs(low) + Math.Abs(high))) || !(area > 1e-9 * (high - low))) return;
        var least = double.PositiveInfinity;
        foreach (var point in Points(activation, low, high))
        {
            var (below, above) = Relaxation.MinimumArea(activation, low, point);
            var sum = Area(below, above, low, point);
            (below, above) = Relaxation.MinimumArea(activation, point, high);
            sum += Area(below, above, point, high);
            if (sum < least) (least, Cut) = (sum, point);
        }
    }

    /// <summary>Where the interval starts.</summary>
    public double Low { get; }

    /// <summary>Where it ends.</summary>
    public double High { get; }

    /// <summary>The line of least area below.</summary>
    public Line Below { get; }

    /// <summary>The line of least area above.</summary>
    public Line Above { get; }

    /// <summary>The lines to choose from: element 0 below, element 1 above.</summary>
    public LineFamily Family => family.Value;

    /// <summary>Where a split leaves the least area between the lines of both halves; not a number where nothing is to be gained.</summary>
    public double Cut { get; }

    /// <summary>How far the lines of least area are apart where it is split.</summary>
    public double Gap => Above.Slope * Cut + Above.Offset - Below.Slope * Cut - Below.Offset;

    private static IEnumerable<double> Points(Activation activation, double low, double high)
    {
        foreach (var part in Parts) yield return low + part * (high - low);
        if (activation is LipschitzActivation) yield break;
        var (margin, left) = (1e-3 * (high - low), MostPieces);
        for (var piece = activation.PieceAt(low); piece.End < high - margin && left > 0; piece = activation.PieceAt(piece.End), left--)
        {
            if (piece.End > low + margin) yield return piece.End;
        }
    }

    private static double Area(Line below, Line above, double low, double high)
    {
        var middle = low / 2 + high / 2;
        return (high - low) * ((above.Slope - below.Slope) * middle + above.Offset - below.Offset);
    }
}
