using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Bounds.Splits;

/// <summary>Lower bounds of rows over parts of a region: slopes and multipliers are searched together, then proved.</summary>
/// <remarks>
/// Requires parts that are told apart by the arguments of activations. Sound, and exact in the limit where all activations are linear.
/// Source: Wang et al. 2021, arXiv 2103.06624.
/// </remarks>
internal sealed class SplitSearch : IDisposable
{
    private readonly SplitBounds region;
    private readonly IReadOnlyList<SplitRow> parts;
    private readonly BackwardRows rows;
    private readonly Node target;
    private RowWeights weights = null!;
    private readonly SlopeSearch search;

    /// <param name="region">What is known of the region.</param>
    /// <param name="parts">The rows.</param>
    public SplitSearch(SplitBounds region, IReadOnlyList<SplitRow> parts)
    {
        (this.region, this.parts, target) = (region, parts, region.Bounds.Network.Output);
        rows = region.Pass.Seed(target, new double[parts.Count * target.Size], new int[parts.Count]);
        rows.Multipliers = Multipliers.Of([.. parts.Select(part => part.Splits)], [.. parts.Select(part => part.Lines?.Multipliers ?? [])]);
        search = new SlopeSearch(
            region.Bounds,
            region.Pass,
            (node, _, pool) => region.SlopesOf(node, parts, pool),
            target,
            rows,
            pool => weights = new RowWeights(target, [.. parts.Select(part => part.Violation)], [.. parts.Select(part => part.Lines?.Weights)], pool));
        Begin();
    }

    /// <summary>Searches; returns for each row by how much its conjunction is missed by its best lines, but for rounding.</summary>
    /// <param name="iterations">The number of steps.</param>
    /// <param name="enough">For each row, what above it needs no better lines.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public double[] Raise(int iterations, ReadOnlySpan<double> enough, CancellationToken cancellation)
    {
        search.Run(rows.Offsets, iterations, enough, inPairs: false, cancellation);
        return search.Bounds;
    }

    /// <summary>For each row, by how much its conjunction is missed at least over its part, or −∞ where nothing is known. Once only.</summary>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="tells">Whether the lines are kept (<see cref="Told"/>).</param>
    public double[] Prove(CancellationToken cancellation, bool tells = false)
    {
        var results = new double[rows.Count];
        (rows.Lines, rows.Multipliers) = (search.Lines(), search.Multipliers);
        if (tells) rows.Used = new UsedSlopes(region.Bounds.Network, rows.Count);
        var (index, magnitudes) = (region.Bounds.Network.IndexOf(target), region.Bounds.Magnitude(target));
        for (var row = 0; row < results.Length; row++)
            rows.Magnitudes[row] += weights.Seed(row, rows.Of(index, target.Size).Slice(row * target.Size, target.Size), magnitudes);
        region.Pass.Descend(rows, index, results, cancellation);
        for (var row = 0; row < results.Length; row++) results[row] = weights.Missed(row, results[row]);
        return results;
    }

    /// <summary>What a row was proved with, where it is kept.</summary>
    /// <param name="row">The row.</param>
    /// <param name="violation">The index of its conjunction among the property's violations.</param>
    public ViolationRow Told(int row, int violation)
    {
        var (_, multipliers, best) = LinesOf(row);
        return new(violation, [.. best], rows.Used!.Of(row, [.. multipliers]));
    }

    /// <inheritdoc cref="SlopeSearch.Coefficients"/>
    public ReadOnlySpan<float> Coefficients(Node node, int row) => search.Coefficients(node, row);

    /// <inheritdoc cref="SlopeSearch.Values"/>
    public ReadOnlySpan<float> Values(Node node, int row) => search.Values(node, row);

    /// <summary>Whether the rows pass a node.</summary>
    public bool Passes(ElementwiseNode node) => search.SlopesAt(node) is not null;

    /// <summary>Gives back what was borrowed.</summary>
    public void Dispose() => search.Dispose();

    /// <summary>The best lines of a row.</summary>
    public SplitLines LinesOf(int row)
    {
        var (positions, at) = (new Half[region.Positions], 0);
        foreach (var (node, elements) in region.Open)
        {
            var (slopes, sides) = (search.SlopesAt(node), SplitBounds.SidesOf(node));
            var best = slopes is null ? [] : slopes.BestPositions;
            for (var side = 0; side < sides; side++)
            {
                foreach (var element in elements) positions[at++] = best.IsEmpty ? (Half)0 : (Half)best[(row * sides + side) * node.Size + element];
            }
        }

        var multipliers = Multipliers.Of(row, parts[row].Splits, rows.Multipliers.Count > 0 ? search.Multipliers : rows.Multipliers);
        return new SplitLines(positions, multipliers, (float[])weights.Best(row).Clone());
    }

    /// <summary>Begins with the lines that rows have.</summary>
    private void Begin()
    {
        var at = 0;
        foreach (var (node, elements) in region.Open)
        {
            var count = SplitBounds.SidesOf(node) * elements.Length;
            if (search.SlopesAt(node) is { } slopes)
            {
                for (var row = 0; row < parts.Count; row++)
                {
                    if (parts[row].Lines is { } lines) slopes.Begin(row, elements, lines.Positions.AsSpan(at, count), Renewed(node, row, lines));
                }
            }

            at += count;
        }
    }

    /// <summary>What splits narrow for the first time: positions of lines on a wider interval tell nothing of those on a narrower one.</summary>
    private int[] Renewed(ElementwiseNode node, int row, SplitLines lines)
    {
        var splits = parts[row].Splits;
        if (node.Activation is ReLU || lines.Multipliers.Length == splits.Length) return [];
        return [.. splits.Skip(lines.Multipliers.Length).Where(split => split.Node == node).Select(split => split.Element)];
    }
}
