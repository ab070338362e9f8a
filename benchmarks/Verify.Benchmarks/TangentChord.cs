using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>Backward bounds with the lines that are drawn by hand, to compare with: tangents at midpoints, and chords.</summary>
/// <remarks>
/// Requires a network that is a chain, and a box. Of the chord between the ends and the tangent at the midpoint, the one that
/// bounds the function; where it bends both ways and neither does, the parallel of the chord; where it repeats itself, a
/// constant. Intersected with interval bounds. Not rounded outward: a verdict would need that.
/// Source: Zhang et al. 2018, arXiv 1811.00866.
/// </remarks>
internal sealed class TangentChord
{
    private readonly Network network;
    private readonly InputRegion region;
    private readonly Dictionary<Node, (Line Lower, Line Upper)[]> lines = [];

    private TangentChord(Network network, InputRegion region) => (this.network, this.region) = (network, region);

    /// <summary>Lower bounds of a network's outputs.</summary>
    public static double[] LowerBounds(Network network, InputRegion region)
    {
        var propagation = new TangentChord(network, region);
        var intervals = IntervalPropagation.Propagate(network, [region]);
        for (var i = 1; i < network.Nodes.Length; i++)
        {
            if (network.Nodes[i] is not ElementwiseNode node) continue;
            var low = propagation.Descend(i - 1, 1);
            var high = propagation.Descend(i - 1, -1);
            var (least, most) = (intervals.Lower(node.Source).ToArray(), intervals.Upper(node.Source).ToArray());
            propagation.lines[node] = [.. Enumerable.Range(0, node.Size).Select(element =>
                Lines(node.Activation, Math.Max(low[element], least[element]), Math.Min(-high[element], most[element])))];
        }

        var bounds = propagation.Descend(network.Nodes.Length - 1, 1);
        return [.. bounds.Select((bound, row) => Math.Max(bound, intervals.Lower(network.Output)[row]))];
    }

    private static (Line Lower, Line Upper) Lines(Activation activation, double low, double high) =>
        (Line(activation, low, high, Slir.LowerShift), Line(activation, low, high, Slir.UpperShift));

    private static Line Line(Activation activation, double low, double high, Func<Activation, double, double, double, Shift> shift)
    {
        Line Of(double slope) => new(slope, shift(activation, low, high, slope).Offset);
        bool Meets(Line line, double z) => Math.Abs(line.Slope * z + line.Offset - activation.Value(z)) < 1e-9;
        if (high - low > activation.Period || high - low < 1e-9) return Of(0);
        var chord = Of((activation.Value(high) - activation.Value(low)) / (high - low));
        if (Meets(chord, low) && Meets(chord, high)) return chord;
        var tangent = Of(activation.Derivative.Value((low + high) / 2));
        return Meets(tangent, (low + high) / 2) ? tangent : chord;
    }

    /// <summary>Lower bounds of every element of a node, times a sign.</summary>
    private double[] Descend(int from, double sign)
    {
        var count = network.Nodes[from].Size;
        var (rows, offsets) = (new double[count * count], new double[count]);
        for (var row = 0; row < count; row++) rows[row * count + row] = sign;
        for (var at = from; at > 0; at--)
        {
            var (node, source) = (network.Nodes[at], network.Nodes[at - 1]);
            var before = new double[count * source.Size];
            if (node is AffineNode affine) affine.Terms[0].Map.Transpose.Accumulate<double>(rows, before, count);
            for (var i = 0; i < rows.Length; i++)
            {
                var (row, element) = (i / node.Size, i % node.Size);
                if (node is AffineNode { Bias: var bias })
                {
                    offsets[row] += rows[i] * bias[element];
                    continue;
                }

                var (below, above) = lines[node][element];
                var line = rows[i] >= 0 ? below : above;
                offsets[row] += rows[i] * line.Offset;
                before[i] = rows[i] * line.Slope;
            }

            rows = before;
        }

        for (var i = 0; i < rows.Length; i++)
            offsets[i / region.Size] += rows[i] * (rows[i] >= 0 ? region.Lower : region.Upper)[i % region.Size];
        return offsets;
    }
}
