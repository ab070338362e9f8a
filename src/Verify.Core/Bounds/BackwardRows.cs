using System.Buffers;
using System.Collections.ObjectModel;
using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>A chunk of rows on its way back: coefficients of the nodes not yet passed, and what was left behind.</summary>
internal sealed class BackwardRows(int[] regionOf, int nodes)
{
    private static readonly Dictionary<ElementwiseNode, ElementwiseLines> NoLines = [];

    private readonly double[]?[] coefficients = new double[nodes][];

    public int Count => regionOf.Length;

    /// <summary>Lines that every row has for itself: rows × size. Other elementwise nodes have lines for each region.</summary>
    public IReadOnlyDictionary<ElementwiseNode, ElementwiseLines> Lines { get; set; } = NoLines;

    /// <summary>The multipliers of every row's splits, at the nodes whose ReLUs are split.</summary>
    public IReadOnlyDictionary<ElementwiseNode, Multipliers> Multipliers { get; set; } = ReadOnlyDictionary<ElementwiseNode, Multipliers>.Empty;

    /// <summary>Where the slopes that the rows use are noted, if they are asked for.</summary>
    public UsedSlopes? Used { get; set; }

    /// <summary>True where no node has lines for every row.</summary>
    public bool HasSharedLines => Lines.Count == 0;

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

    /// <summary>The coefficients of a node as they are; empty where it has none.</summary>
    public ReadOnlySpan<double> Peek(int node, int size) =>
        coefficients[node] is { } held ? held.AsSpan(0, Count * size) : [];

    /// <summary>Gives back what was taken.</summary>
    public static void Release(double[] taken) => ArrayPool<double>.Shared.Return(taken);
}
