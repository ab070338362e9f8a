using System.Collections.Immutable;
using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>Bounds by backward propagation of linear relaxations, for every neuron whose relaxation depends on them.</summary>
/// <remarks>
/// Requires bounded regions. Returns the intersection of interval bounds and backward bounds at the inputs of elementwise
/// and product nodes, and interval bounds from those elsewhere; then bounds any linear function of the output. Where few
/// inputs vary, affine forms narrow all of them first. Neurons on which the activation is already linear are not bounded
/// again. Sound, not complete.
/// Source: Zhang et al. 2018, arXiv 1811.00866 (backward linear bounds). The lines are those of least area; a function of the
/// output, of which there are few, is bounded once more by lines one step of their optimisation from these.
/// </remarks>
public sealed class LinearBoundPropagation
{
    private readonly BackwardPass pass;
    private readonly SlopeOptimizer optimizer;
    private SplitBounds? split;

    private LinearBoundPropagation(NodeBounds bounds, LinearBoundPropagation? wider, bool tells)
    {
        Bounds = bounds;
        pass = new BackwardPass(bounds);
        optimizer = new SlopeOptimizer(bounds, pass, wider?.optimizer, tells);
    }

    private LinearBoundPropagation(LinearBoundPropagation region, ImmutableArray<Split> splits)
    {
        Bounds = new NodeBounds(region.Bounds);
        pass = new BackwardPass(Bounds, region.pass);
        optimizer = new SlopeOptimizer(Bounds, pass, null, region.optimizer.Tells, splits);
    }

    /// <summary>The bounds of every node.</summary>
    public NodeBounds Bounds { get; }

    /// <summary>Carries rows backwards.</summary>
    internal BackwardPass Pass => pass;

    /// <summary>True where bounds of a part contradict one another: it holds nothing.</summary>
    internal bool IsEmpty { get; private set; }

    /// <inheritdoc cref="SlopeOptimizer.FamilyOf"/>
    internal LineFamily FamilyOf(ElementwiseNode node) => optimizer.FamilyOf(node);

    /// <summary>Bounds every node of a network over a batch of regions.</summary>
    /// <param name="network">The network.</param>
    /// <param name="regions">The regions.</param>
    /// <param name="iterations">Steps by which the slopes of every activation are optimised, for each neuron for its own sake.</param>
    /// <param name="semantics">Which arithmetic the bounds hold for.</param>
    /// <param name="wider">
    /// Bounds of the same network over regions that contain these, one for one: they hold here too, and the slopes that were
    /// best for its rows are where those of the same rows begin.
    /// </param>
    /// <param name="tells">Whether the slopes that bounds are proved by are kept, for a proof.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">A region is not known to lie in that of the wider bounds.</exception>
    public static LinearBoundPropagation Propagate(
        Network network,
        ImmutableArray<InputRegion> regions,
        int iterations = 0,
        Semantics semantics = Semantics.Real,
        LinearBoundPropagation? wider = null,
        bool tells = false,
        CancellationToken cancellation = default)
    {
        if (wider is not null && (wider.Bounds.Semantics != semantics || !regions.Zip(wider.Bounds.Regions).All(pair => pair.Second.Contains(pair.First))))
            throw new ArgumentException("Bounds over other regions hold only where these lie inside them, and for the same arithmetic.", nameof(wider));
        var propagation = new LinearBoundPropagation(new NodeBounds(network, regions, semantics), wider, tells);
        var relaxed = Relaxed(network);
        var forms = AffineForms.Of(propagation.Bounds);
        foreach (var node in network.Nodes)
        {
            IntervalPropagation.Through(node, propagation.Bounds);
            forms?.Through(node);
            if (wider is not null) propagation.Bounds.Intersect(node, wider.Bounds);
            if (!relaxed.Contains(node)) continue;
            // The plain bounds decide most neurons of a ReLU; only the others are worth optimising.
            if (iterations == 0 || wider is null) propagation.Refine(node, 0, cancellation);
            if (iterations > 0) propagation.Refine(node, iterations, cancellation);
        }

        return propagation;
    }

    /// <summary>The same bounds of every node, without the slopes of rows that were bounded before: what is asked next does not depend on these.</summary>
    internal LinearBoundPropagation Anew() => new(Bounds, wider: null, tells: false);

    /// <summary>Bounds of a part of the region, told apart by the arguments of activations: anew of what lies behind these, the same of the rest.</summary>
    /// <param name="splits">What tells the part apart.</param>
    /// <param name="iterations">Steps by which the slopes of every neuron are optimised, with the multipliers of the splits.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    internal LinearBoundPropagation Within(ImmutableArray<Split> splits, int iterations, CancellationToken cancellation)
    {
        var part = new LinearBoundPropagation(this, splits);
        var (network, first) = (Bounds.Network, splits.Min(split => Bounds.Network.IndexOf(split.Node)));
        foreach (var node in network.Nodes.Where(Relaxed(network).Contains))
        {
            if (network.IndexOf(node) > first) part.Refine(node, iterations, cancellation);
            foreach (var split in splits.Where(split => split.Node.Source == node)) part.IsEmpty |= !part.Bounds.Narrow(split);
            if (part.IsEmpty) break;
        }

        return part;
    }

    /// <summary>
    /// For each row of coefficients, a lower bound of Σ aᵢ yᵢ over one region: the better of the backward bound and the
    /// interval bound.
    /// </summary>
    /// <param name="coefficients">rows × output size.</param>
    /// <param name="region">The index of the region.</param>
    /// <param name="iterations">Steps by which the slopes of every activation are optimised, for each row.</param>
    /// <param name="enough">For each row, the bound above which none better is looked for; none if it is left out.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public double[] LowerBounds(
        double[] coefficients, int region = 0, int iterations = 0, double[]? enough = null, CancellationToken cancellation = default) =>
        LowerBoundsAndLines(coefficients, region, iterations, enough, cancellation).Bounds;

    /// <inheritdoc cref="LowerBounds"/>
    /// <returns>The bounds, and where slopes are kept, those of every row.</returns>
    internal (double[] Bounds, RowLines[] Lines) LowerBoundsAndLines(
        double[] coefficients, int region, int iterations, double[]? enough, CancellationToken cancellation)
    {
        var output = Bounds.Network.Output;
        var regionOf = new int[coefficients.Length / output.Size];
        Array.Fill(regionOf, region);
        enough ??= [.. Enumerable.Repeat(double.PositiveInfinity, regionOf.Length)];
        var (results, lines) = optimizer.LowerBounds(output, coefficients, regionOf, iterations, enough, cancellation);
        var low = Bounds.Lower(output).Slice(region * output.Size, output.Size);
        var high = Bounds.Upper(output).Slice(region * output.Size, output.Size);
        for (var row = 0; row < results.Length; row++)
        {
            var interval = Concretization.MinimumInBox(coefficients.AsSpan(row * output.Size, output.Size), low, high);
            results[row] = Math.Max(results[row], interval);
        }

        // A bounded function of what has no value has none either: its bounds would prove something of nothing.
        if (!IsDefinedOn(region)) Array.Fill(results, double.NegativeInfinity);
        return (results, lines);
    }

    /// <summary>The rows of neurons that raised a bound by lines of their own, where slopes are kept.</summary>
    internal ImmutableArray<NeuronRow> Told => optimizer.Told;

    /// <summary>Bounds of linear functions of the output over parts of the first region, told apart by the arguments of activations.</summary>
    /// <exception cref="InvalidOperationException">A function in the network may be undefined there.</exception>
    internal SplitBounds Split() => IsDefinedOn(0)
        ? split ??= new(this)
        : throw new InvalidOperationException("Nothing is known of a network that may have no value.");

    /// <summary>The first node whose value in float32 may be anything, over a region, or null where there is none.</summary>
    internal Node? FirstUnbounded(int region) => Bounds.Network.Nodes.FirstOrDefault(node =>
        Bounds.Errors(node) is { } errors && errors.AsSpan(region * node.Size, node.Size).Contains(double.PositiveInfinity));

    /// <summary>For each row of coefficients, a linear function of the input that is not above Σ aᵢ yᵢ on its region.</summary>
    /// <param name="coefficients">rows × output size.</param>
    /// <param name="regionOf">For each row, the index of its region.</param>
    /// <param name="iterations">Steps by which the slopes of every activation are optimised, for each row.</param>
    /// <param name="enough">For each row, the bound above which none better is looked for.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    internal InputLines LinearLowerBounds(
        double[] coefficients, int[] regionOf, int iterations, double[] enough, CancellationToken cancellation)
    {
        var lines = optimizer.LinearBounds(Bounds.Network.Output, coefficients, regionOf, iterations, enough, cancellation);
        for (var row = 0; row < regionOf.Length; row++)
        {
            if (!IsDefinedOn(regionOf[row])) lines.Constants[row] = double.NegativeInfinity;
        }

        return lines;
    }

    /// <summary>True where every function in the network is known to have a value on all of a region, and no number to overflow.</summary>
    internal bool IsDefinedOn(int region)
    {
        if (FirstUnbounded(region) is not null) return false;

        foreach (var node in Bounds.Network.Nodes.OfType<ElementwiseNode>())
        {
            var low = Bounds.Lower(node.Source).Slice(region * node.Size, node.Size);
            var high = Bounds.Upper(node.Source).Slice(region * node.Size, node.Size);
            for (var i = 0; i < low.Length; i++)
            {
                if (!node.Activation.IsDefinedOn(low[i], high[i])) return false;
            }
        }

        return true;
    }

    /// <summary>Bounds the neurons of a node on which the functions above it are not yet linear.</summary>
    private void Refine(Node node, int iterations, CancellationToken cancellation)
    {
        if (IsExact(node)) return;
        var onlyReLU = FeedsOnlyReLU(node);
        var neurons = Undecided(node, onlyReLU);
        if (neurons.Count == 0) return;
        var (low, high) = (Bounds.Lower(node).ToArray(), Bounds.Upper(node).ToArray());
        // Once a neuron's sign is known, a ReLU is linear in it.
        var enough = onlyReLU ? 0 : double.PositiveInfinity;
        optimizer.Tighten(node, [.. neurons], low, high, iterations, enough, cancellation);
        foreach (var neuron in neurons)
        {
            // Both enclose the same values, so they must meet, where there are some: going on would make everything provable.
            if (!(low[neuron] > high[neuron])) continue;
            if (!optimizer.IsOfPart) throw new InvalidOperationException($"The bounds of {node} contradict one another.");
            IsEmpty = true;
        }

        Bounds.Set(node, low, high);
    }

    /// <summary>The nodes that relaxations depend on the bounds of.</summary>
    private static HashSet<Node> Relaxed(Network network) => [.. network.Nodes.Where(node => node is not AffineNode).SelectMany(node => node.Sources)];

    /// <summary>True where interval bounds cannot be improved: an affine function of a box.</summary>
    private bool IsExact(Node node) => node is InputNode ||
        (Bounds.Regions.All(region => region.IsBox)
            && node is AffineNode { Terms: [{ Source: InputNode, Map: not CompositionMap }] or [] });

    private bool FeedsOnlyReLU(Node node) => Bounds.Network.Nodes
        .Where(consumer => consumer is not AffineNode && consumer.Sources.Contains(node))
        .All(consumer => consumer is ElementwiseNode { Activation: ReLU });

    private List<int> Undecided(Node node, bool onlyReLU)
    {
        var low = Bounds.Lower(node);
        var high = Bounds.Upper(node);
        var neurons = new List<int>();
        for (var i = 0; i < low.Length; i++)
        {
            if (onlyReLU ? low[i] < 0 && high[i] > 0 : low[i] < high[i]) neurons.Add(i);
        }

        return neurons;
    }
}
