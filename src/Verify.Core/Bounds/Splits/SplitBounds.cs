using System.Collections.Concurrent;
using System.Collections.Immutable;
using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds.Splits;

/// <summary>What the bounds of a region tell of its parts, which are told apart by the arguments of activations.</summary>
/// <remarks>
/// A part keeps the region's bounds of every node; only the lines of the activations that are split are its own, on what is left
/// of their intervals. So all that is found once for the region serves every part, and a part is no more than its splits.
/// Threads may share it.
/// </remarks>
internal sealed class SplitBounds
{
    private readonly LinearBoundPropagation known;
    private readonly ConcurrentDictionary<(ElementwiseNode Node, int Element, double Low, double High), SplitElement> elements = [];
    private readonly PerNode<SplitElement[]> whole;

    /// <param name="known">The bounds of the region: the first, where there are several.</param>
    public SplitBounds(LinearBoundPropagation known)
    {
        (this.known, Splits) = (known, []);
        whole = new(Bounds.Network, Whole);
        Open = [.. Bounds.Network.Nodes.OfType<ElementwiseNode>()
            .Select(node => (node, Enumerable.Range(0, node.Size).Where(i => IsOpen(node, i)).ToArray()))
            .Where(pair => pair.Item2.Length > 0)];
        Positions = Open.Sum(pair => pair.Elements.Length * SidesOf(pair.Node));
        OpenCount = Open.Sum(pair => pair.Elements.Length);
    }

    private SplitBounds(SplitBounds wider, LinearBoundPropagation known, ImmutableArray<Split> splits)
    {
        (this.known, Open, Positions) = (known, wider.Open, wider.Positions);
        whole = new(Bounds.Network, Whole);
        Splits = splits;
        if (known.IsEmpty) return;
        Splits = [.. splits.Select(split => split with { On = Whole(split.Node, split.Element) })];
        OpenCount = Open.Sum(pair => pair.Elements.Count(element => IsOpen(pair.Node, element)));
    }

    /// <summary>How many positions an element has at a node: the line below a ReLU has one, the lines of any other activation one each.</summary>
    public static int SidesOf(ElementwiseNode node) => node.Activation is ReLU ? 1 : 2;

    /// <summary>How many positions the lines of a row have.</summary>
    public int Positions { get; }

    /// <summary>The bounds of every node over the region.</summary>
    public NodeBounds Bounds => known.Bounds;

    /// <summary>Carries rows backwards.</summary>
    public BackwardPass Pass => known.Pass;

    /// <summary>What tells the part apart that the bounds are of; nothing where it is the region.</summary>
    public ImmutableArray<Split> Splits { get; }

    /// <summary>The activations that are not linear in the region, in the order in which lines of parts are held.</summary>
    public ImmutableArray<(ElementwiseNode Node, int[] Elements)> Open { get; }

    /// <summary>How many activations are not linear in what the bounds are of.</summary>
    public int OpenCount { get; }

    /// <summary>True where the bounds show that what they are of holds nothing.</summary>
    public bool IsEmpty => known.IsEmpty;

    /// <summary>The rows that neurons were bounded by, where they are kept.</summary>
    public ImmutableArray<NeuronRow> Told => known.Told;

    /// <summary>The same for a part, with bounds of its own of what lies behind its splits.</summary>
    /// <param name="splits">What tells it apart.</param>
    /// <param name="iterations">Steps by which the slopes of every neuron's rows are optimised.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public SplitBounds Tightened(ImmutableArray<Split> splits, int iterations, CancellationToken cancellation) =>
        new(this, known.Within(splits, iterations, cancellation), splits);

    /// <summary>The lines that rows over parts have to choose from at a node.</summary>
    public RowSlopes SlopesOf(ElementwiseNode node, IReadOnlyList<SplitRow> rows, Pooled pool)
    {
        var (regionOf, narrowed) = (new int[rows.Count], new NarrowedElement[rows.Count][]);
        for (var row = 0; row < rows.Count; row++) narrowed[row] = Narrowed(node, rows[row].Splits);
        return node.Activation is ReLU
            ? new ReLUSlopes(node, Pass.LinesOf(node), regionOf, pool, narrowed)
            : new CurveSlopes(node, Bounds, known.FamilyOf(node), regionOf, pool, narrowed);
    }

    /// <summary>A part of a part: of one that some splits tell apart, where an activation's argument lies on one side of a number.</summary>
    public ImmutableArray<Split> Divided(ImmutableArray<Split> splits, ElementwiseNode node, int element, int sign, double at)
    {
        var wider = Whole(node, element);
        foreach (var split in splits)
        {
            if (split.Node == node && split.Element == element) wider = split.On;
        }

        var (low, high) = sign > 0 ? (Math.Max(wider.Low, at), wider.High) : (wider.Low, Math.Min(wider.High, at));

        // A part that holds nothing: whatever bounds the function on what it should have held will do.
        var on = low < high
            ? elements.GetOrAdd((node, element, low, high), key => new SplitElement(key.Node.Activation, key.Low, key.High))
            : wider;
        return splits.Add(new Split(node, element, sign, at, on));
    }

    /// <summary>The elements of a node that splits narrow.</summary>
    public static NarrowedElement[] Narrowed(ElementwiseNode node, ImmutableArray<Split> splits)
    {
        var (count, result) = (0, new NarrowedElement[Count(node, splits)]);
        for (var i = 0; i < splits.Length && result.Length > 0; i++)
        {
            if (splits[i].Node == node && IsLast(splits, i)) result[count++] = new(splits[i].Element, splits[i].On);
        }

        return result;
    }

    /// <summary>An activation on its whole interval.</summary>
    public SplitElement Whole(ElementwiseNode node, int element) => whole[node][element];

    private static int Count(ElementwiseNode node, ImmutableArray<Split> splits)
    {
        var count = 0;
        for (var i = 0; i < splits.Length; i++) count += splits[i].Node == node && IsLast(splits, i) ? 1 : 0;
        return count;
    }

    /// <summary>Whether no later split narrows the same element further; a ReLU is split once.</summary>
    private static bool IsLast(ImmutableArray<Split> splits, int index)
    {
        var (node, element) = (splits[index].Node, splits[index].Element);
        if (node.Activation is ReLU) return true;
        for (var i = index + 1; i < splits.Length; i++)
        {
            if (splits[i].Node == node && splits[i].Element == element) return false;
        }

        return true;
    }

    private SplitElement[] Whole(Node node)
    {
        var low = Bounds.Lower(node.Sources[0]);
        var high = Bounds.Upper(node.Sources[0]);
        var result = new SplitElement[node.Size];
        for (var i = 0; i < result.Length; i++) result[i] = new SplitElement(((ElementwiseNode)node).Activation, low[i], high[i]);
        return result;
    }

    private bool IsOpen(ElementwiseNode node, int element) => !double.IsNaN(Whole(node, element).Cut);
}

/// <summary>How far a conjunction of constraints on the output is missed over a part of a region.</summary>
/// <param name="Violation">The conjunction.</param>
/// <param name="Splits">What the part is told apart by.</param>
/// <param name="Lines">Where the search for its lines begins: those found for a part that this one lies in, or nothing.</param>
internal readonly record struct SplitRow(Conjunction Violation, ImmutableArray<Split> Splits, SplitLines? Lines);

/// <summary>The best lines that were found for a row over a part, as they are kept while the part waits.</summary>
/// <param name="Positions">The positions of the lines of the activations that are open in the region, one or one on each side.</param>
/// <param name="Multipliers">The multipliers of the part's splits.</param>
/// <param name="Weights">The weights of the constraints.</param>
internal sealed record SplitLines(Half[] Positions, float[] Multipliers, float[] Weights);
