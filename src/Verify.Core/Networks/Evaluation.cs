using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks;

/// <summary>The values of every node of a network for a batch of inputs, in double or in float32.</summary>
public sealed class Evaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Network network;
    private readonly T[][] values;

    private Evaluation(Network network, T[][] values) => (this.network, this.values) = (network, values);

    /// <summary>The values of a node: rows × size.</summary>
    public ReadOnlySpan<T> this[Node node] => values[network.IndexOf(node)];

    /// <summary>Evaluates a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputs">rows × input size.</param>
    /// <param name="rows">The number of inputs.</param>
    public static Evaluation<T> Of(Network network, ReadOnlySpan<T> inputs, int rows)
    {
        if (inputs.Length != rows * network.Input.Size)
            throw new ArgumentException($"{rows} inputs of {network.Input.Size} elements expected, not {inputs.Length} elements.", nameof(inputs));
        var evaluation = new Evaluation<T>(network, new T[network.Nodes.Length][]);
        for (var i = 0; i < network.Nodes.Length; i++)
        {
            evaluation.values[i] = network.Nodes[i] switch
            {
                AffineNode affine => evaluation.Through(affine, rows),
                ElementwiseNode elementwise => evaluation.Through(elementwise),
                ProductNode product => evaluation.Through(product, rows),
                _ => inputs.ToArray(),
            };
        }

        return evaluation;
    }

    private T[] Through(AffineNode node, int rows)
    {
        var y = new T[rows * node.Size];
        for (var i = 0; i < node.Size; i++) y[i] = T.CreateTruncating(node.Bias[i]);
        for (var row = 1; row < rows; row++) Array.Copy(y, 0, y, row * node.Size, node.Size);
        foreach (var (source, map) in node.Terms) map.Accumulate(this[source], y, rows);
        return y;
    }

    private T[] Through(ElementwiseNode node)
    {
        var x = this[node.Source];
        var y = new T[x.Length];
        node.Activation.Evaluate(x, y);
        return y;
    }

    private T[] Through(ProductNode node, int rows)
    {
        var left = this[node.Left];
        var right = this[node.Right];
        var y = new T[rows * node.Size];
        if (node is { Rows: 1, Inner: 1, Columns: 1 })
        {
            System.Numerics.Tensors.TensorPrimitives.Multiply(left, right, y);
            return y;
        }

        var (leftSize, rightSize, size) = (node.Rows * node.Inner, node.Inner * node.Columns, node.Rows * node.Columns);
        for (var b = 0; b < rows * node.Batch; b++)
        {
            MatrixProduct.Accumulate(
                left.Slice(b * leftSize, leftSize),
                right.Slice(b * rightSize, rightSize),
                y.AsSpan(b * size, size),
                node.Rows,
                node.Inner,
                node.Columns);
        }

        return y;
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
