using System.Numerics.Tensors;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>Lower bounds of rows over parts of a region: slopes and multipliers are searched together, then proved.</summary>
/// <remarks>
/// Requires parts that are told apart by the signs of ReLUs' inputs. Sound, and exact in the limit where all ReLUs are split.
/// Source: Wang et al. 2021, arXiv 2103.06624.
/// </remarks>
internal sealed class SplitSearch
{
    private readonly SplitBounds region;
    private readonly IReadOnlyList<SplitRow> parts;
    private readonly BackwardRows rows;
    private readonly Node target;
    private readonly SlopeSearch search;

    /// <param name="region">What is known of the region.</param>
    /// <param name="parts">The rows; those of a search have lines to begin with either all or none of them.</param>
    public SplitSearch(SplitBounds region, IReadOnlyList<SplitRow> parts)
    {
        (this.region, this.parts, target) = (region, parts, region.Bounds.Network.Output);
        var coefficients = new double[parts.Count * target.Size];
        for (var row = 0; row < parts.Count; row++) parts[row].Coefficients.CopyTo(coefficients, row * target.Size);
        rows = region.Pass.Seed(target, coefficients, new int[parts.Count]);
        rows.Multipliers = Multipliers.Of(
            [.. parts.Select(part => part.Splits)], [.. parts.Select(part => part.Lines?.Multipliers ?? [])]);
        search = new SlopeSearch(region.Bounds, region.Pass, (node, _) => region.SlopesOf(node, parts), target, rows);
        if (parts[0].Lines is not null) search.Positions = Unpack();
    }

    /// <summary>Searches; returns for each row the bound that its best lines give but for rounding.</summary>
    /// <param name="iterations">The number of steps.</param>
    /// <param name="enough">For each row, the bound above which it needs no better lines.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public double[] Raise(int iterations, ReadOnlySpan<double> enough, CancellationToken cancellation)
    {
        search.Run(rows.Offsets, iterations, enough, inPairs: false, cancellation);
        return search.Bounds;
    }

    /// <summary>For each row, a lower bound over its part by the best lines found, or −∞ where nothing is known. Once only.</summary>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="tells">Whether the lines are kept (<see cref="Told"/>).</param>
    public double[] Prove(CancellationToken cancellation, bool tells = false)
    {
        var results = new double[rows.Count];
        (rows.Lines, rows.Multipliers) = (search.Lines(), search.Multipliers);
        if (tells) rows.Used = new UsedSlopes(region.Bounds.Network, rows.Count);
        region.Pass.Descend(rows, region.Bounds.Network.IndexOf(target), results, cancellation);
        return results;
    }

    /// <summary>The lines and multipliers that a row was proved with, where they are kept.</summary>
    public RowLines Told(int row) => rows.Used!.Of(row, [.. LinesOf(row).Multipliers]);

    /// <inheritdoc cref="SlopeSearch.Coefficients"/>
    public ReadOnlySpan<float> Coefficients(Node node, int row) => search.Coefficients(node, row);

    /// <inheritdoc cref="SlopeSearch.Values"/>
    public ReadOnlySpan<float> Values(Node node, int row) => search.Values(node, row);

    /// <summary>Whether the rows pass a node.</summary>
    public bool Passes(ElementwiseNode node) => search.BestPositions(node) is not null;

    /// <summary>The best lines of a row.</summary>
    public SplitLines LinesOf(int row)
    {
        var (slopes, at) = (new Half[region.Unstable.Sum(pair => pair.Elements.Length)], 0);
        foreach (var (node, elements) in region.Unstable)
        {
            var best = search.BestPositions(node);
            foreach (var element in elements) slopes[at++] = best is null ? (Half)0 : (Half)best[row * node.Size + element];
        }

        var multipliers = new float[parts[row].Splits.Length];
        foreach (var (node, some) in rows.Multipliers)
        {
            var next = some.Of(row).From;
            for (var i = 0; i < multipliers.Length; i++)
            {
                if (parts[row].Splits[i].Node == node) multipliers[i] = some.Values[next++];
            }
        }

        return new SplitLines(slopes, multipliers);
    }

    /// <summary>The slopes that rows begin with, as the search holds them.</summary>
    private Dictionary<ElementwiseNode, float[]> Unpack()
    {
        var positions = new Dictionary<ElementwiseNode, float[]>();
        var at = 0;
        foreach (var (node, elements) in region.Unstable)
        {
            var (values, slopes) = (new float[parts.Count * node.Size], new float[elements.Length]);
            for (var row = 0; row < parts.Count; row++)
            {
                TensorPrimitives.ConvertToSingle(parts[row].Lines!.Slopes.AsSpan(at, elements.Length), slopes);
                for (var i = 0; i < slopes.Length; i++) values[row * node.Size + elements[i]] = slopes[i];
            }

            positions[node] = values;
            at += elements.Length;
        }

        return positions;
    }
}
