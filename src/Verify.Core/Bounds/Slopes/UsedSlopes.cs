using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>The slopes by which some rows were carried backwards, where they are not those of least area: what a proof tells of them.</summary>
internal sealed class UsedSlopes(Network network, int rows)
{
    private readonly List<(int Neuron, Half Slope)>[] used = [.. Enumerable.Range(0, rows).Select(_ => new List<(int, Half)>())];

    /// <summary>Notes the slopes that one row's coefficients chose at a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="row">The row.</param>
    /// <param name="a">Its coefficients.</param>
    /// <param name="lines">The lines of the row.</param>
    /// <param name="at">Where they begin.</param>
    /// <param name="leastArea">The lines of least area.</param>
    /// <param name="from">Where these begin.</param>
    public void Note(ElementwiseNode node, int row, ReadOnlySpan<double> a, ElementwiseLines lines, int at, ElementwiseLines leastArea, int from)
    {
        var first = network.FirstActivationOf(node);
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] == 0) continue;
            var (slope, usual) = a[i] > 0
                ? (lines.LowerSlopes[at + i], leastArea.LowerSlopes[from + i])
                : (lines.UpperSlopes[at + i], leastArea.UpperSlopes[from + i]);

            // A line too steep to be told is left out: the one of least area stands for it.
            if (slope != usual && Half.IsFinite((Half)slope)) used[row].Add((first + i, (Half)slope));
        }
    }

    /// <summary>What was noted of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="multipliers">Those of its splits.</param>
    public RowLines Of(int row, ImmutableArray<float> multipliers)
    {
        used[row].Sort((one, other) => one.Neuron.CompareTo(other.Neuron));
        return new([.. used[row].Select(pair => pair.Neuron)], [.. used[row].Select(pair => pair.Slope)], multipliers);
    }
}
