using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>Raises lower bounds by better slopes: every row has lines of its own, searched for and then proved.</summary>
/// <remarks>Every line is sound, so what a row gains by them is gained for good; how they were found does not matter.</remarks>
internal sealed class SlopeOptimizer
{
    // Fewer rows than these are not worth a thread of their own.
    private const int LeastChunk = 32;

    // Lines of a neuron and side: many for a search, few for rows that get one step only, where making them is most of the work.
    private const int ManyLines = 48;
    private const int FewLines = 8;

    private readonly NodeBounds bounds;
    private readonly BackwardPass pass;
    private readonly Network network;
    private readonly PerNode<LineFamily> manyLines, fewLines;
    private readonly SlopeOptimizer? earlier;
    private readonly ImmutableArray<Split> splits;
    private readonly ConcurrentBag<NeuronRow>? told;
    private readonly ConcurrentDictionary<(int First, int Count), IReadOnlyDictionary<ElementwiseNode, float[]>> positions = [];

    /// <param name="bounds">The bounds of every node that the rows pass.</param>
    /// <param name="pass">Carries rows backwards.</param>
    /// <param name="earlier">Has optimised the same rows over other regions: its slopes are begun with.</param>
    /// <param name="tells">Whether the slopes that bounds are proved by are kept, for a proof.</param>
    /// <param name="splits">What tells the part apart that the bounds are of, where they are of no region.</param>
    public SlopeOptimizer(NodeBounds bounds, BackwardPass pass, SlopeOptimizer? earlier = null, bool tells = false, ImmutableArray<Split> splits = default)
    {
        (this.bounds, this.pass, this.earlier, network) = (bounds, pass, earlier, bounds.Network);
        this.splits = splits.IsDefault ? [] : splits;
        if (tells) told = [];
        PerNode<LineFamily> Families(int count) =>
            new(network, node => LineFamily.Of((ElementwiseNode)node, bounds, pass.LinesOf((ElementwiseNode)node), count));
        (manyLines, fewLines) = (Families(ManyLines), Families(FewLines));
    }

    /// <summary>Whether the slopes that bounds are proved by are kept.</summary>
    public bool Tells => told is not null;

    /// <summary>Whether the bounds are of a part of a region.</summary>
    public bool IsOfPart => !splits.IsEmpty;

    /// <summary>The rows of neurons that raised a bound by lines of their own, in the order of the network.</summary>
    public ImmutableArray<NeuronRow> Told => [.. (told ?? []).OrderBy(row => (row.Node, row.Element, -row.Sign))];

    /// <summary>For each row, a lower bound of Σ aᵢ yᵢ over its region, or −∞ where nothing is known.</summary>
    /// <remarks>By the lines of least area, by lines one step from these, and by those that a search finds.</remarks>
    /// <param name="target">The node y.</param>
    /// <param name="coefficients">rows × size of the node.</param>
    /// <param name="regionOf">For each row, the index of its region.</param>
    /// <param name="iterations">Steps by which the slopes of every row are optimised.</param>
    /// <param name="enough">For each row, the bound above which none better is needed.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The bounds, and where slopes are kept, those of every row.</returns>
    public (double[] Bounds, RowLines[] Lines) LowerBounds(
        Node target, double[] coefficients, int[] regionOf, int iterations, double[] enough, CancellationToken cancellation)
    {
        var results = new double[regionOf.Length];
        var lines = new RowLines[Tells ? regionOf.Length : 0];
        Array.Fill(lines, RowLines.LeastArea);
        InChunks(regionOf.Length, pass.ChunkOf(target), (first, count) =>
        {
            var found = results.AsSpan(first, count);
            BackwardRows Seeded() => pass.Seed(
                target, coefficients.AsSpan(first * target.Size, count * target.Size), regionOf[first..(first + count)]);
            pass.Descend(Seeded(), network.IndexOf(target), found, cancellation);
            void Tell(int row, RowLines used) => lines[first + row] = used;
            if (AreEnough(found, enough.AsSpan(first, count))) return;
            Step(target, Seeded, found, Tell, cancellation);
            if (iterations == 0 || AreEnough(found, enough.AsSpan(first, count))) return;
            var start = (earlier ?? this).positions.GetValueOrDefault((first, count));
            positions[(first, count)] = Raise(
                target, Seeded, found, start, iterations, enough.AsSpan(first, count), inPairs: false, Tell, cancellation);
        }, cancellation);
        return (results, lines);
    }

    /// <summary>For each row, a linear function of the input that is not above it on its region: g·x + c.</summary>
    /// <param name="target">The node y.</param>
    /// <param name="coefficients">rows × size of the node.</param>
    /// <param name="regionOf">For each row, the index of its region.</param>
    /// <param name="iterations">Steps by which the slopes of every row are optimised.</param>
    /// <param name="enough">For each row, the bound above which none better is needed.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public InputLines LinearBounds(
        Node target, double[] coefficients, int[] regionOf, int iterations, double[] enough, CancellationToken cancellation)
    {
        var size = network.Input.Size;
        var lines = new InputLines(regionOf.Length, size, Tells);
        InChunks(regionOf.Length, pass.ChunkOf(target), (first, count) =>
        {
            var rows = pass.Seed(target, coefficients.AsSpan(first * target.Size, count * target.Size), regionOf[first..(first + count)]);
            if (iterations > 0 && HasChoice(network.IndexOf(target)))
            {
                using var search = new SlopeSearch(bounds, pass, (node, regions, pool) => SlopesOf(node, regions, manyLines, pool), target, rows);
                rows.Lines = search.Best(rows.Offsets, iterations, enough.AsSpan(first, count), inPairs: false, cancellation);
            }

            if (Tells) rows.Used = new UsedSlopes(network, count);
            pass.Descend(
                rows, network.IndexOf(target), lines.Gradients.AsSpan(first * size, count * size), lines.Constants.AsSpan(first, count), cancellation);
            for (var row = 0; row < count && rows.Used is { } used; row++) lines.Told[first + row] = used.Of(row, []);
        }, cancellation);
        return lines;
    }

    /// <summary>Raises the lower and lowers the upper bounds of some neurons of a node.</summary>
    /// <param name="target">The node.</param>
    /// <param name="neurons">The neurons, each as region · size + element.</param>
    /// <param name="low">Lower bounds of the node, regions × size, raised where a better one is found.</param>
    /// <param name="high">Upper bounds of the node, regions × size, lowered where a better one is found.</param>
    /// <param name="iterations">Steps by which the slopes of every row are optimised; without any, the lines of least area are used.</param>
    /// <param name="enough">A row above this needs no better bound.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Tighten(
        Node target, int[] neurons, double[] low, double[] high, int iterations, double enough, CancellationToken cancellation)
    {
        InChunks(neurons.Length, pass.ChunkOf(target) / 2, (first, count) =>
        {
            var some = neurons.AsSpan(first, count);
            if (iterations == 0)
            {
                Bound(target, some, low, high, enough, cancellation);
                return;
            }

            Span<double> results = new double[2 * count];
            for (var i = 0; i < count; i++) (results[2 * i], results[2 * i + 1]) = (low[some[i]], -high[some[i]]);
            BackwardRows Seeded()
            {
                var rows = pass.Seed(target, neurons.AsSpan(first, count));
                if (IsOfPart) rows.Multipliers = Multipliers.Of([.. Enumerable.Repeat(splits, rows.Count)], [.. Enumerable.Repeat(Array.Empty<float>(), rows.Count)]);
                return rows;
            }

            Span<double> enoughOfEach = new double[2 * count];
            enoughOfEach.Fill(enough);
            void Tell(int row, RowLines used) =>
                told!.Add(new NeuronRow(network.IndexOf(target), neurons[first + row / 2] % target.Size, row % 2 == 0 ? 1 : -1, used));
            Raise(target, Seeded, results, null, iterations, enoughOfEach, inPairs: true, Tell, cancellation);
            for (var i = 0; i < count; i++)
            {
                low[some[i]] = Math.Max(low[some[i]], results[2 * i]);
                high[some[i]] = Math.Min(high[some[i]], -results[2 * i + 1]);
            }
        }, cancellation);
    }

    /// <summary>The lines that a search has to choose from at an elementwise node that is no ReLU.</summary>
    public LineFamily FamilyOf(ElementwiseNode node) => manyLines[node];

    /// <summary>
    /// The bounds of some neurons by the lines of least area: the upper ones first, since a neuron that is low enough, and
    /// leaves its ReLU inactive, needs no better bound from below.
    /// </summary>
    private void Bound(Node target, ReadOnlySpan<int> neurons, double[] low, double[] high, double enough, CancellationToken cancellation)
    {
        var rows = new List<(int Neuron, int Sign)>(neurons.Length);
        var results = new double[neurons.Length];
        foreach (var sign in (ReadOnlySpan<int>)[-1, 1])
        {
            rows.Clear();
            foreach (var neuron in neurons)
            {
                if (sign < 0 || -high[neuron] < enough) rows.Add((neuron, sign));
            }

            if (rows.Count == 0) return;
            var found = results.AsSpan(0, rows.Count);
            pass.Descend(pass.Seed(target, CollectionsMarshal.AsSpan(rows)), network.IndexOf(target), found, cancellation);
            for (var i = 0; i < found.Length; i++)
            {
                var neuron = rows[i].Neuron;
                if (sign < 0) high[neuron] = Math.Min(high[neuron], -found[i]);
                else low[neuron] = Math.Max(low[neuron], found[i]);
            }
        }
    }

    /// <summary>Works through rows in chunks that do not depend on the number of threads, so that the results do not either.</summary>
    private static void InChunks(int count, int most, Action<int, int> work, CancellationToken cancellation)
    {
        var size = Math.Min(most, Math.Max(LeastChunk, (count + 3) / 4));
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, (count + size - 1) / size, options, chunk => work(chunk * size, Math.Min(size, count - chunk * size)));
    }

    /// <summary>Raises the bounds of rows where the best lines that a search finds are better; returns where these are.</summary>
    private IReadOnlyDictionary<ElementwiseNode, float[]> Raise(
        Node target,
        Func<BackwardRows> seeded,
        Span<double> results,
        IReadOnlyDictionary<ElementwiseNode, float[]>? start,
        int iterations,
        ReadOnlySpan<double> enough,
        bool inPairs,
        Action<int, RowLines> tell,
        CancellationToken cancellation)
    {
        if (!IsOfPart && !HasChoice(network.IndexOf(target))) return ReadOnlyDictionary<ElementwiseNode, float[]>.Empty;
        var rows = seeded();
        using var search = new SlopeSearch(bounds, pass, (node, regions, pool) => SlopesOf(node, regions, manyLines, pool), target, rows);
        if (start is not null) search.Positions = start;
        (rows.Lines, rows.Multipliers) = (search.Best(rows.Offsets, iterations, enough, inPairs, cancellation), search.Multipliers);
        Prove(target, rows, results, tell, cancellation);
        return search.Positions;
    }

    /// <summary>Raises the bounds of rows where lines one step from those of least area are better.</summary>
    private void Step(Node target, Func<BackwardRows> seeded, Span<double> results, Action<int, RowLines> tell, CancellationToken cancellation)
    {
        if (!HasChoice(network.IndexOf(target))) return;
        var rows = seeded();
        using var search = new SlopeSearch(bounds, pass, (node, regions, pool) => SlopesOf(node, regions, fewLines, pool), target, rows);
        rows.Lines = search.Next();
        Prove(target, rows, results, tell, cancellation);
    }

    private void Prove(Node target, BackwardRows rows, Span<double> results, Action<int, RowLines> tell, CancellationToken cancellation)
    {
        var raised = new double[results.Length];
        if (Tells) rows.Used = new UsedSlopes(network, rows.Count);
        pass.Descend(rows, network.IndexOf(target), raised, cancellation);
        for (var row = 0; row < raised.Length; row++)
        {
            if (!(raised[row] > results[row])) continue;
            results[row] = raised[row];
            if (rows.Used is { } used) tell(row, used.Of(row, [.. Multipliers.Of(row, splits, rows.Multipliers)]));
        }
    }

    private RowSlopes SlopesOf(ElementwiseNode node, int[] regionOf, PerNode<LineFamily> families, Pooled pool) => node.Activation is ReLU
        ? new ReLUSlopes(node, pass.LinesOf(node), regionOf, pool)
        : new CurveSlopes(node, bounds, families[node], regionOf, pool);

    private static bool AreEnough(ReadOnlySpan<double> results, ReadOnlySpan<double> enough)
    {
        for (var row = 0; row < results.Length; row++)
        {
            if (!(results[row] > enough[row])) return false;
        }

        return true;
    }

    /// <summary>True where a node before this one has lines to choose from, and all have lines at all.</summary>
    private bool HasChoice(int before)
    {
        var any = false;
        for (var i = 0; i < before; i++)
        {
            if (network.Nodes[i] is not ElementwiseNode node) continue;
            var lines = pass.LinesOf(node);
            for (var k = 0; k < lines.LowerSlopes.Length; k++)
            {
                if (!double.IsFinite(lines.UpperOffsets[k] - lines.LowerOffsets[k])) return false;
                any |= lines.LowerSlopes[k] != lines.UpperSlopes[k] || lines.LowerOffsets[k] != lines.UpperOffsets[k];
            }
        }

        return any;
    }
}
