using System.Collections.Immutable;

namespace RobustVerify.Core.Networks;

/// <summary>
/// A vector-valued function of other nodes. There is the input, and there are three kinds of function:
/// <see cref="AffineNode"/>, <see cref="ElementwiseNode"/> and <see cref="ProductNode"/>.
/// </summary>
/// <remarks>Nodes are immutable, hold no bounds and may be shared by several networks.</remarks>
public abstract class Node
{
    /// <summary>Creates a node of a size, named for the operator of the model that it came from.</summary>
    protected Node(int size, ImmutableArray<Node> sources, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        (Size, Sources, Name) = (size, sources, name);
    }

    /// <summary>Elements of the node's value.</summary>
    public int Size { get; }

    /// <summary>The nodes that this one is a function of.</summary>
    public ImmutableArray<Node> Sources { get; }

    /// <summary>
    /// Where the node is a softmax, how many consecutive elements are positive and sum to one; zero for any other node.
    /// </summary>
    /// <remarks>It follows from the functions that the softmax is made of, and changes no value; bounds are tighter for it.</remarks>
    public int Simplex { get; init; }

    /// <summary>The operator of the model that the node came from, for messages.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name} {Name} [{Size}]";
}
