using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks;

/// <summary>The values of every node of a network for a batch of inputs, in double or in float32.</summary>
/// <remarks>It may be run again, for other inputs, in the same memory. A row's values do not depend on the other rows.</remarks>
public sealed class Evaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Network network;
    private readonly T[][] values;
    private int rows;

    /// <summary>Memory to evaluate a network in.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">The largest number of inputs at once.</param>
    public Evaluation(Network network, int capacity)
    {
        this.network = network;
        values = [.. network.Nodes.Select(node => GC.AllocateUninitializedArray<T>(checked(capacity * node.Size)))];
    }

    /// <summary>The values of a node: rows × size.</summary>
    public ReadOnlySpan<T> this[Node node] => Values(network.IndexOf(node));

    /// <summary>Evaluates a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputs">rows × input size.</param>
    /// <param name="rows">The number of inputs.</param>
    public static Evaluation<T> Of(Network network, ReadOnlySpan<T> inputs, int rows)
    {
        var evaluation = new Evaluation<T>(network, rows);
        evaluation.Run(inputs, rows);
        return evaluation;
    }

    /// <summary>Evaluates the network for other inputs; what was there before is overwritten.</summary>
    /// <param name="inputs">rows × input size.</param>
    /// <param name="rows">The number of inputs, not above the capacity.</param>
    public void Run(ReadOnlySpan<T> inputs, int rows)
    {
        if (inputs.Length != rows * network.Input.Size)
            throw new ArgumentException($"{rows} inputs of {network.Input.Size} elements expected, not {inputs.Length} elements.", nameof(inputs));
        if (inputs.Length > values[0].Length)
            throw new ArgumentException($"There is memory for {values[0].Length / network.Input.Size} inputs, not for {rows}.", nameof(rows));
        this.rows = rows;
        for (var i = 0; i < values.Length; i++)
        {
            var y = Values(i);
            switch (network.Nodes[i])
            {
                case AffineNode affine: Through(affine, y); break;
                case ElementwiseNode elementwise: elementwise.Activation.Evaluate(this[elementwise.Source], y); break;
                case ProductNode product: Through(product, y); break;
                default: inputs.CopyTo(y); break;
            }
        }
    }

    private Span<T> Values(int node) => values[node].AsSpan(0, rows * network.Nodes[node].Size);

    private void Through(AffineNode node, Span<T> y)
    {
        for (var i = 0; i < node.Size; i++) y[i] = T.CreateTruncating(node.Bias[i]);
        for (var row = 1; row < rows; row++) y[..node.Size].CopyTo(y.Slice(row * node.Size, node.Size));
        foreach (var (source, map) in node.Terms) map.Accumulate(this[source], y, rows);
    }

    private void Through(ProductNode node, Span<T> y)
    {
        var left = this[node.Left];
        var right = this[node.Right];
        if (node is { Rows: 1, Inner: 1, Columns: 1 })
        {
            System.Numerics.Tensors.TensorPrimitives.Multiply(left, right, y);
            return;
        }

        y.Clear();
        var (leftSize, rightSize, size) = (node.Rows * node.Inner, node.Inner * node.Columns, node.Rows * node.Columns);
        for (var b = 0; b < rows * node.Batch; b++)
        {
            MatrixProduct.Accumulate(
                left.Slice(b * leftSize, leftSize),
                right.Slice(b * rightSize, rightSize),
                y.Slice(b * size, size),
                node.Rows,
                node.Inner,
                node.Columns);
        }
    }
}

/// <summary>Evaluates networks.</summary>
public static class Evaluation
{
    /// <summary>The outputs for a batch of inputs: rows × output size.</summary>
    public static T[] Evaluate<T>(this Network network, ReadOnlySpan<T> inputs, int rows = 1)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Evaluation<T>.Of(network, inputs, rows)[network.Output].ToArray();
}
