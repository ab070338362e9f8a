using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>For a batch of regions, an interval for every element of every node of a network.</summary>
/// <remarks>Belongs to one run; the network knows nothing of it.</remarks>
public sealed class NodeBounds
{
    private readonly double[]?[] lower;
    private readonly double[]?[] upper;

    /// <summary>Creates bounds that hold nothing but the regions' boxes.</summary>
    /// <exception cref="ArgumentException">A region is not one of the network's inputs.</exception>
    public NodeBounds(Network network, ImmutableArray<InputRegion> regions)
    {
        (Network, Regions) = (network, regions);
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

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The regions that the input lies in.</summary>
    public ImmutableArray<InputRegion> Regions { get; }

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

    /// <summary>Sets the bounds of a node; both are kept, not copied.</summary>
    internal void Set(Node node, double[] low, double[] high) =>
        (lower[Network.IndexOf(node)], upper[Network.IndexOf(node)]) = (low, high);

    private static InvalidOperationException Missing(Node node) => new($"{node} has not been bounded.");
}
