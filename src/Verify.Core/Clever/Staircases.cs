using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Clever;

/// <summary>Functions that are constant but for jumps (Floor, Ceil, Sign), and the lines that stand for them.</summary>
/// <remarks>
/// Their derivative is zero, which hides how the network answers. Backward pass differentiable approximation evaluates the
/// network with them and differentiates it as if each were the line beside it, of slope 1.
/// Source: Athalye, Carlini, Wagner 2018, arXiv 1802.00420.
/// </remarks>
internal static class Staircases
{
    private static readonly Quadratic Line = new(0, 1, 0);

    // ⌊z⌋ is z without its fraction, which is a half on average.
    private static readonly Quadratic Half = new(0.5, 0, 0);

    /// <summary>What stands for an activation where derivatives are taken; nothing where it stands for itself.</summary>
    private static Quadratic? LineOf(Activation activation) => activation switch
    {
        Fraction => Half,
        PiecewiseLinear piecewise when piecewise.Breakpoints.Length > 0 && !piecewise.Slopes.ContainsAnyExcept(0.0) => Line,
        _ => null,
    };

    /// <summary>The names of the staircases of a network.</summary>
    public static IEnumerable<string> In(Network network) =>
        network.Nodes.OfType<ElementwiseNode>().Where(node => LineOf(node.Activation) is not null).Select(node => node.Name).Distinct();

    /// <summary>The derivative of an activation, or of the line that stands for it.</summary>
    public static Activation Derivative(Activation activation) => (LineOf(activation) ?? activation).Derivative;

    /// <summary>The network with lines in place of its staircases.</summary>
    public static Network Straightened(Network network)
    {
        var nodes = new Dictionary<Node, Node>();
        foreach (var node in network.Nodes)
        {
            nodes[node] = node switch
            {
                AffineNode affine => affine.Over([.. affine.Sources.Select(source => nodes[source])]),
                ElementwiseNode elementwise => new ElementwiseNode(nodes[elementwise.Source], LineOf(elementwise.Activation) ?? elementwise.Activation, elementwise.Name),
                ProductNode p => new ProductNode(nodes[p.Left], nodes[p.Right], p.Batch, p.Rows, p.Inner, p.Columns, p.Name),
                _ => node,
            };
        }

        return new Network(network.Input, nodes[network.Output], network.Inputs, network.Outputs);
    }
}
