using System.Collections.Frozen;
using System.Collections.Immutable;

namespace RobustVerify.Core.Networks;

/// <summary>A named tensor among the inputs or outputs of a network: a range of its flat vector.</summary>
/// <param name="Name">The tensor's name in the model.</param>
/// <param name="Shape">Its dimensions, without the batch axis where it was symbolic.</param>
/// <param name="Offset">Where it starts in the flat vector.</param>
public sealed record Port(string Name, ImmutableArray<int> Shape, int Offset)
{
    /// <summary>Elements of the tensor.</summary>
    public int Size => Shape.Aggregate(1, (size, dimension) => size * dimension);
}

/// <summary>An immutable graph of nodes from one input to one output, both flat vectors.</summary>
/// <remarks>Several input (output) tensors lie one after another in the input (output), as the ports say.</remarks>
public sealed class Network
{
    private readonly FrozenDictionary<Node, int> indices;
    private readonly int[] activations;

    /// <summary>Creates the network of all nodes that the output depends on.</summary>
    public Network(
        InputNode input, Node output, ImmutableArray<Port> inputs = default, ImmutableArray<Port> outputs = default)
    {
        (Input, Output) = (input, output);
        Inputs = inputs.IsDefault ? [new Port("input", [input.Size], 0)] : inputs;
        Outputs = outputs.IsDefault ? [new Port("output", [output.Size], 0)] : outputs;
        Nodes = Sort(input, output);
        indices = Nodes.Select((node, index) => (node, index)).ToFrozenDictionary(pair => pair.node, pair => pair.index);
        activations = new int[Nodes.Length];
        for (var i = 1; i < activations.Length; i++) activations[i] = activations[i - 1] + (Nodes[i - 1] is ElementwiseNode before ? before.Size : 0);
    }

    /// <summary>The input.</summary>
    public InputNode Input { get; }

    /// <summary>The output.</summary>
    public Node Output { get; }

    /// <summary>The input tensors.</summary>
    public ImmutableArray<Port> Inputs { get; }

    /// <summary>The output tensors.</summary>
    public ImmutableArray<Port> Outputs { get; }

    /// <summary>All nodes, the input first, every other after its sources.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The position of a node in <see cref="Nodes"/>.</summary>
    public int IndexOf(Node node) => indices[node];

    /// <summary>The number of a node's first activation, where the activations of all elementwise nodes are numbered one after another.</summary>
    public int FirstActivationOf(ElementwiseNode node) => activations[IndexOf(node)];

    private static ImmutableArray<Node> Sort(InputNode input, Node output)
    {
        var sorted = ImmutableArray.CreateBuilder<Node>();
        var seen = new HashSet<Node> { input };
        var path = new Stack<(Node Node, int Next)>();
        sorted.Add(input);
        if (seen.Add(output)) path.Push((output, 0));
        while (path.TryPop(out var step))
        {
            var (node, next) = step;
            if (node is InputNode) throw new ArgumentException("The output depends on an input that is not the network's.");
            if (next == node.Sources.Length)
            {
                sorted.Add(node);
                continue;
            }

            path.Push((node, next + 1));
            if (seen.Add(node.Sources[next])) path.Push((node.Sources[next], 0));
        }

        return sorted.ToImmutable();
    }
}
