using System.Buffers;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>A chunk of rows on its way back: coefficients of the nodes not yet passed, and what was left behind.</summary>
internal sealed class BackwardRows(int[] regionOf, int nodes)
{
    private static readonly Dictionary<ElementwiseNode, ElementwiseLines> NoLines = [];

    private readonly double[]?[] coefficients = new double[nodes][];

    public int Count => regionOf.Length;

    /// <summary>Lines that every row has for itself: rows × size. Other elementwise nodes have lines for each region.</summary>
    public IReadOnlyDictionary<ElementwiseNode, ElementwiseLines> Lines { get; private init; } = NoLines;

    /// <summary>Where the coefficients of the nodes that were passed are kept, if they are: all but those of affine nodes.</summary>
    public Dictionary<Node, double[]>? Passed { get; private init; }

    /// <summary>True where no node has lines for every row, and nothing of what was passed is kept.</summary>
    public bool HasSharedLines => Lines.Count == 0 && Passed is null;

    public int[] RegionOf => regionOf;

    public double[] Offsets { get; } = new double[regionOf.Length];

    public double[] Magnitudes { get; } = new double[regionOf.Length];

    /// <summary>The coefficients of a node, zero at first: rows × size.</summary>
    public Span<double> Of(int node, int size)
    {
        if (coefficients[node] is null)
        {
            coefficients[node] = ArrayPool<double>.Shared.Rent(Count * size);
            coefficients[node].AsSpan(0, Count * size).Clear();
        }

        return coefficients[node].AsSpan(0, Count * size);
    }

    /// <summary>Takes the coefficients of a node away, where it has any.</summary>
    public double[]? Take(int node)
    {
        var taken = coefficients[node];
        coefficients[node] = null;
        return taken;
    }

    /// <summary>The same rows, with lines of their own, that keep what they multiply every node by.</summary>
    public BackwardRows With(IReadOnlyDictionary<ElementwiseNode, ElementwiseLines> lines)
    {
        var rows = new BackwardRows(regionOf, coefficients.Length) { Lines = lines, Passed = [] };
        coefficients.CopyTo(rows.coefficients, 0);
        Offsets.CopyTo(rows.Offsets, 0);
        Magnitudes.CopyTo(rows.Magnitudes, 0);
        return rows;
    }

    /// <summary>Gives back what was taken, or keeps it.</summary>
    public void Release(Node node, double[] taken)
    {
        if (Passed is null || node is AffineNode) ArrayPool<double>.Shared.Return(taken);
        else Passed[node] = taken;
    }

    /// <summary>Gives back all that was kept.</summary>
    public void Recycle()
    {
        foreach (var kept in Passed!.Values) ArrayPool<double>.Shared.Return(kept);
        Passed.Clear();
    }
}
