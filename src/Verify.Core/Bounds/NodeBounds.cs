using System.Collections.Immutable;
using System.Numerics.Tensors;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>For a batch of regions, an interval for every element of every node of a network.</summary>
/// <remarks>Belongs to one run; the network knows nothing of it.</remarks>
public sealed class NodeBounds
{
    private readonly double[]?[] lower;
    private readonly double[]?[] upper;
    private readonly double[]?[] errors;

    /// <summary>Creates bounds that hold nothing but the regions' boxes.</summary>
    /// <exception cref="ArgumentException">A region is not one of the network's inputs.</exception>
    public NodeBounds(Network network, ImmutableArray<InputRegion> regions, Semantics semantics = Semantics.Real)
    {
        (Network, Regions, Semantics) = (network, regions, semantics);
        errors = new double[network.Nodes.Length][];
        lower = new double[network.Nodes.Length][];
        upper = new double[network.Nodes.Length][];
        var size = network.Input.Size;
        var (low, high) = (new double[regions.Length * size], new double[regions.Length * size]);
        for (var r = 0; r < regions.Length; r++)
        {
            if (regions[r].Size != size)
                throw new ArgumentException($"The region has {regions[r].Size} inputs, the network {size}.", nameof(regions));
            regions[r].Lower.CopyTo(low.AsSpan(r * size));
            regions[r].Upper.CopyTo(high.AsSpan(r * size));
        }

        (lower[0], upper[0]) = (low, high);
    }

    /// <summary>The same bounds, to be narrowed without changing these.</summary>
    internal NodeBounds(NodeBounds other)
    {
        (Network, Regions, Semantics) = (other.Network, other.Regions, other.Semantics);
        (lower, upper, errors) = ([.. other.lower], [.. other.upper], [.. other.errors]);
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The regions that the input lies in.</summary>
    public ImmutableArray<InputRegion> Regions { get; }

    /// <summary>Whether the bounds hold for the network's function of real numbers, or for what is computed of it in float32, too.</summary>
    public Semantics Semantics { get; }

    /// <summary>Lower bounds of a node: regions × size.</summary>
    public ReadOnlySpan<double> Lower(Node node) => lower[Network.IndexOf(node)] ?? throw Missing(node);

    /// <summary>Upper bounds of a node: regions × size.</summary>
    public ReadOnlySpan<double> Upper(Node node) => upper[Network.IndexOf(node)] ?? throw Missing(node);

    /// <summary>The largest magnitude of every element of a node: regions × size.</summary>
    public double[] Magnitude(Node node)
    {
        var (low, high) = (lower[Network.IndexOf(node)] ?? throw Missing(node), upper[Network.IndexOf(node)]!);
        var magnitude = new double[low.Length];
        for (var i = 0; i < low.Length; i++) magnitude[i] = Math.Max(Math.Abs(low[i]), Math.Abs(high[i]));
        return magnitude;
    }

    /// <summary>
    /// How far the value of a node may be from its function of the values of its sources: regions × size, or nothing where
    /// it is never off, as in real arithmetic.
    /// </summary>
    internal double[]? Errors(Node node) => errors[Network.IndexOf(node)];

    /// <summary>Takes into a node's bounds what float32 may add to its value.</summary>
    internal void Widen(Node node, double[] by)
    {
        errors[Network.IndexOf(node)] = by;
        var (low, high) = (Lower(node).ToArray(), Upper(node).ToArray());
        for (var i = 0; i < by.Length; i++)
        {
            if (by[i] == 0) continue;
            var isKnown = double.IsFinite(by[i]);
            low[i] = isKnown ? Math.BitDecrement(low[i] - by[i]) : double.NegativeInfinity;
            high[i] = isKnown ? Math.BitIncrement(high[i] + by[i]) : double.PositiveInfinity;
        }

        Set(node, low, high);
    }

    /// <summary>Sets the bounds of a node; both are kept, not copied.</summary>
    internal void Set(Node node, double[] low, double[] high) =>
        (lower[Network.IndexOf(node)], upper[Network.IndexOf(node)]) = (low, high);

    /// <summary>Narrows the bounds of a node to where others hold as well.</summary>
    internal void Intersect(Node node, NodeBounds other)
    {
        var (low, high) = (Lower(node).ToArray(), Upper(node).ToArray());
        TensorPrimitives.Max<double>(low, other.Lower(node), low);
        TensorPrimitives.Min<double>(high, other.Upper(node), high);
        Set(node, low, high);
    }

    /// <summary>Narrows the bounds of what goes into an activation, over the first region, to one side of a split; returns whether anything is left.</summary>
    internal bool Narrow(Split split)
    {
        var (low, high) = (Lower(split.Node.Source).ToArray(), Upper(split.Node.Source).ToArray());
        if (split.Sign > 0) low[split.Element] = Math.Max(low[split.Element], split.At);
        else high[split.Element] = Math.Min(high[split.Element], split.At);
        Set(split.Node.Source, low, high);
        return low[split.Element] <= high[split.Element];
    }

    private static InvalidOperationException Missing(Node node) => new($"{node} has not been bounded.");
}
