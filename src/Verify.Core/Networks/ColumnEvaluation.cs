using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks;

/// <summary>The values of every node of a network for a batch of inputs, each in a column of a matrix.</summary>
/// <remarks>
/// What <see cref="Evaluation{T}"/> computes row by row, with the numbers of one element side by side: so every map and every function is the same
/// few instructions on vectors, and convolutions need no rearranging. It takes enough inputs to fill vectors. Sums may have another order
/// than there, with no more roundings; a column's values do not depend on the other columns.
/// </remarks>
public sealed class ColumnEvaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Network network;
    private readonly T[][] values;
    private readonly T[][] biases;

    /// <summary>Memory to evaluate a network in.</summary>
    /// <param name="network">The network.</param>
    /// <param name="capacity">The largest number of inputs at once.</param>
    public ColumnEvaluation(Network network, int capacity)
    {
        this.network = network;
        Capacity = Whole(capacity);
        values = [.. network.Nodes.Select(node => new T[checked(Capacity * node.Size)])];
        biases = [.. network.Nodes.Select(node => node is AffineNode affine ? Array.ConvertAll(affine.Bias.ToArray(), T.CreateTruncating) : [])];
    }

    /// <summary>The number of columns: of the inputs and of some more, which fill vectors and say nothing.</summary>
    public int Columns { get; private set; }

    /// <summary>The largest number of columns.</summary>
    public int Capacity { get; }

    /// <summary>The values of a node: size × columns.</summary>
    public ReadOnlySpan<T> this[Node node] => Values(network.IndexOf(node));

    /// <summary>Evaluates the network for other inputs; what was there before is overwritten.</summary>
    /// <param name="inputs">rows × input size.</param>
    /// <param name="rows">The number of inputs, not above the capacity.</param>
    public unsafe void Run(ReadOnlySpan<T> inputs, int rows)
    {
        var size = network.Input.Size;
        if (inputs.Length != rows * size)
            throw new ArgumentException($"{rows} inputs of {size} elements expected, not {inputs.Length} elements.", nameof(inputs));
        if (rows > Capacity) throw new ArgumentException($"There is memory for {Capacity} inputs, not for {rows}.", nameof(rows));
        Columns = Whole(rows);
        for (var i = 0; i < values.Length; i++)
        {
            var y = Values(i);
            switch (network.Nodes[i])
            {
                case AffineNode affine: Through(affine, biases[i], y); break;
                case ElementwiseNode elementwise: elementwise.Activation.Evaluate(this[elementwise.Source], y); break;
                case ProductNode product: Through(product, y); break;
                default: fixed (T* from = inputs, to = y) new ColumnMajor<T>(from, size).Pack(0, 0, size, rows, to, Columns); break;
            }
        }
    }

    /// <summary>The least number of whole vectors' elements that is not below a number; the same on every machine.</summary>
    private static int Whole(int rows) => (rows + Vector512<T>.Count - 1) / Vector512<T>.Count * Vector512<T>.Count;

    private Span<T> Values(int node) => values[node].AsSpan(0, Columns * network.Nodes[node].Size);

    private void Through(AffineNode node, ReadOnlySpan<T> bias, Span<T> y)
    {
        if (node.Terms.IsEmpty)
        {
            for (var i = 0; i < bias.Length; i++) y.Slice(i * Columns, Columns).Fill(bias[i]);
            return;
        }

        foreach (var (source, map) in node.Terms)
        {
            map.AccumulateColumns(this[source], y, Columns, bias);
            bias = default;
        }
    }

    private void Through(ProductNode node, Span<T> y)
    {
        var left = this[node.Left];
        var right = this[node.Right];
        if (node is { Rows: 1, Inner: 1, Columns: 1 })
        {
            TensorPrimitives.Multiply(left, right, y);
            return;
        }

        y.Clear();
        for (var (batch, element) = (0, 0); batch < node.Batch; batch++)
        {
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++, element++)
                {
                    var sum = y.Slice(element * Columns, Columns);
                    for (var k = 0; k < node.Inner; k++)
                    {
                        TensorPrimitives.FusedMultiplyAdd(
                            left.Slice(((batch * node.Rows + i) * node.Inner + k) * Columns, Columns),
                            right.Slice(((batch * node.Inner + k) * node.Columns + j) * Columns, Columns),
                            sum,
                            sum);
                    }
                }
            }
        }
    }
}
