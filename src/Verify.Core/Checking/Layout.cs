using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking;

/// <summary>What a replay needs to know of a network and a region, whatever the part: who uses whom, and how often a number is rounded.</summary>
internal sealed class Layout
{
    // Coefficients of one node that are held at once; more rows than that go in chunks.
    private const int MostCoefficients = 1 << 17;

    public Layout(Network network, InputRegion region, Semantics semantics)
    {
        (Network, Region, Semantics) = (network, region, semantics);
        var count = network.Nodes.Length;
        (Sources, Consumers) = (new int[count][], new int[count][]);
        (IsRelaxed, IsExact, FeedsOnlyReLU) = (new bool[count], new bool[count], new bool[count]);
        var (roundings, activations, widest) = (new int[count], 0, 1);
        for (var i = 0; i < count; i++)
        {
            var node = network.Nodes[i];
            Sources[i] = [.. node.Sources.Select(network.IndexOf)];
            Consumers[i] = [.. Enumerable.Range(0, count).Where(k => network.Nodes[k].Sources.Contains(node))];
            IsRelaxed[i] = Consumers[i].Any(k => network.Nodes[k] is not AffineNode);
            IsExact[i] = i == 0 || (Region.IsBox && node is AffineNode { Terms: [] or [{ Source: InputNode, Map: not CompositionMap }] });
            FeedsOnlyReLU[i] = Consumers[i].All(k => network.Nodes[k] is AffineNode or ElementwiseNode { Activation: ReLU });
            if (node is ElementwiseNode) activations += node.Size;
            widest = Math.Max(widest, node.Size);
            for (var k = 0; k < Sources[i].Length; k++) roundings[Sources[i][k]] += Roundings(node, k);
        }

        (Activations, Chunk) = (activations, Math.Max(16, MostCoefficients / widest));

        // A coefficient is added up by all consumers in turn; what is left behind at every node is added up over the node, then
        // over the nodes.
        Gamma = Rounding.Gamma(roundings.Max() + widest + 8 * count + 64);
    }

    public Network Network { get; }

    public InputRegion Region { get; }

    public Semantics Semantics { get; }

    /// <summary>The indices of every node's sources.</summary>
    public int[][] Sources { get; }

    /// <summary>The indices of the nodes that use a node.</summary>
    public int[][] Consumers { get; }

    /// <summary>How many activations there are.</summary>
    public int Activations { get; }

    /// <summary>Whether what lies above a node depends on its bounds by more than rounding.</summary>
    public bool[] IsRelaxed { get; }

    /// <summary>Whether a node's intervals are as narrow as they can be: the input, and what is affine in a box.</summary>
    public bool[] IsExact { get; }

    /// <summary>Whether all that matters of a node's elements is their sign.</summary>
    public bool[] FeedsOnlyReLU { get; }

    /// <summary>How many rows go together.</summary>
    public int Chunk { get; }

    /// <summary>What any number of a row may be off by, relative to the magnitudes that it is the sum of.</summary>
    public double Gamma { get; }

    private static int Roundings(Node node, int source) => 4 + node switch
    {
        AffineNode affine => affine.Terms[source].Map.Transpose.LongestInnerProduct,
        ProductNode product => product.Rows + product.Columns + product.Inner,
        _ => 0,
    };
}
