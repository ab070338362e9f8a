using RobustVerify.Core.Networks;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds;

/// <summary>The slopes worth using at an elementwise node, for every region and element; an empty range where its lines are exact.</summary>
internal sealed class SlopeRanges
{
    private SlopeRanges(int length) => (Least, Most) = (new double[length], new double[length]);

    /// <summary>regions × size.</summary>
    public double[] Least { get; }

    /// <summary>regions × size.</summary>
    public double[] Most { get; }

    /// <summary>True where any slope can be moved at all.</summary>
    public bool AnyFree { get; private set; }

    public static SlopeRanges Of(ElementwiseNode node, NodeBounds bounds)
    {
        var low = bounds.Lower(node.Source);
        var high = bounds.Upper(node.Source);
        var ranges = new SlopeRanges(low.Length);
        for (var i = 0; i < low.Length; i++)
        {
            if (!(low[i] < high[i]) || !double.IsFinite(high[i] - low[i]) || !node.Activation.IsDefinedOn(low[i], high[i])) continue;
            (ranges.Least[i], ranges.Most[i]) = Slir.SlopeRange(node.Activation, low[i], high[i]);
            ranges.AnyFree |= ranges.Least[i] < ranges.Most[i];
        }

        return ranges;
    }
}
