using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>What a pass knows of every node, found once when it is first asked for, by whichever thread asks.</summary>
internal sealed class PerNode<T>
{
    private readonly Network network;
    private readonly Lazy<T>[] values;

    public PerNode(Network network, Func<Node, T> find)
    {
        this.network = network;
        values = [.. network.Nodes.Select(node => new Lazy<T>(() => find(node)))];
    }

    public T this[Node node] => values[network.IndexOf(node)].Value;
}
