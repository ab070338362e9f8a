using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Bounds;

/// <summary>What the bounds of a region tell of its parts, which are told apart by the signs of ReLUs' inputs.</summary>
/// <remarks>
/// A part keeps the region's bounds of every node; only the lines of the ReLUs that are split are its own. So all that is
/// found once for the region serves every part, and a part is no more than its splits. Threads may share it.
/// </remarks>
internal sealed class SplitBounds
{
    private readonly Func<ElementwiseNode, int[], RowSlopes> slopesOf;

    /// <param name="bounds">The bounds of the region: the first, where there are several.</param>
    /// <param name="pass">Carries rows backwards.</param>
    /// <param name="slopesOf">Makes what is searched at an elementwise node, for rows over these regions.</param>
    public SplitBounds(NodeBounds bounds, BackwardPass pass, Func<ElementwiseNode, int[], RowSlopes> slopesOf)
    {
        (Bounds, Pass, this.slopesOf) = (bounds, pass, slopesOf);
        Unstable = [.. bounds.Network.Nodes.OfType<ElementwiseNode>()
            .Where(node => node.Activation is ReLU)
            .Select(node => (node, ElementsOf(node)))
            .Where(pair => pair.Item2.Length > 0)];
    }

    /// <summary>The bounds of every node over the region.</summary>
    public NodeBounds Bounds { get; }

    /// <summary>Carries rows backwards.</summary>
    public BackwardPass Pass { get; }

    /// <summary>The ReLUs whose inputs have either sign in the region, in the order in which slopes of parts are held.</summary>
    public ImmutableArray<(ElementwiseNode Node, int[] Elements)> Unstable { get; }

    /// <summary>The lines that rows over parts have to choose from at a node.</summary>
    public RowSlopes SlopesOf(ElementwiseNode node, IReadOnlyList<SplitRow> rows)
    {
        if (node.Activation is not ReLU) return slopesOf(node, new int[rows.Count]);
        var lines = Pass.LinesOf(node).Repeat(new int[rows.Count], node.Size);
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var split in rows[row].Splits)
            {
                if (split.Node != node) continue;
                var (at, slope) = (row * node.Size + split.Element, split.Sign > 0 ? 1 : 0);
                (lines.LowerSlopes[at], lines.UpperSlopes[at]) = (slope, slope);
                (lines.LowerOffsets[at], lines.UpperOffsets[at]) = (0, 0);
            }
        }

        return new ReLUSlopes(node, lines, [.. Enumerable.Range(0, rows.Count)]);
    }

    private int[] ElementsOf(ElementwiseNode node)
    {
        var lines = Pass.LinesOf(node);
        return [.. Enumerable.Range(0, node.Size).Where(i => lines.LowerSlopes[i] != lines.UpperSlopes[i])];
    }
}

/// <summary>A linear function of the output over a part of a region.</summary>
/// <param name="Coefficients">What the elements of the output are multiplied by.</param>
/// <param name="Splits">What the part is told apart by.</param>
/// <param name="Lines">Where the search for its lines begins: those found for a part that this one lies in, or nothing.</param>
internal readonly record struct SplitRow(ImmutableArray<double> Coefficients, ImmutableArray<Split> Splits, SplitLines? Lines);

/// <summary>The best lines that were found for a row over a part, as they are kept while the part waits.</summary>
/// <param name="Slopes">The slopes below the ReLUs that are unstable in the region.</param>
/// <param name="Multipliers">The multipliers of the part's splits.</param>
internal sealed record SplitLines(Half[] Slopes, float[] Multipliers);
