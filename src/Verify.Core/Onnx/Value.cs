using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx;

/// <summary>A tensor of the model during import: known already, or computed by the network.</summary>
internal abstract class Value(int[] shape)
{
    /// <summary>The dimensions, with a batch axis of 1.</summary>
    public int[] Shape { get; } = shape;

    /// <summary>Elements.</summary>
    public int Size { get; } = Shapes.Size(shape);

    /// <summary>Axes.</summary>
    public int Rank => Shape.Length;

    /// <summary>The tensor whose elements are those at some places of this one (−1 for zero).</summary>
    public abstract Value Select(int[] shape, int[] places);

    /// <summary>The same elements in another shape.</summary>
    public Value Reshape(params int[] shape) => Shapes.Size(shape) == Size
        ? WithShape(shape)
        : throw new InvalidModelException($"{Shapes.Text(Shape)} cannot be reshaped to {Shapes.Text(shape)}");

    /// <summary>The tensor broadcast to a shape.</summary>
    public Value BroadcastTo(int[] shape) =>
        Shapes.Size(shape) == Size && Rank <= shape.Length ? Reshape(shape) : Select(shape, Shapes.BroadcastPlaces(Shape, shape));

    /// <summary>The tensor with its axes in another order.</summary>
    public Value Transpose(params int[] axes)
    {
        var strides = Shapes.Strides(Shape);
        var shape = Array.ConvertAll(axes, axis => Shape[axis]);
        return Select(shape, Shapes.Places(shape, Array.ConvertAll(axes, axis => strides[axis])));
    }

    /// <summary>The tensor with one axis moved to the end.</summary>
    public Value MoveToEnd(int axis) => axis == Rank - 1
        ? this
        : Transpose([.. Enumerable.Range(0, Rank).Where(a => a != axis), axis]);

    /// <summary>The tensor with its last axis moved to a place.</summary>
    public Value MoveFromEnd(int axis) => axis == Rank - 1
        ? this
        : Transpose([.. Enumerable.Range(0, axis), Rank - 1, .. Enumerable.Range(axis, Rank - 1 - axis)]);

    protected abstract Value WithShape(int[] shape);
}

/// <summary>A tensor whose elements do not depend on the network's input.</summary>
/// <param name="data">The elements.</param>
/// <param name="shape">The dimensions.</param>
/// <param name="isInteger">True where arithmetic on the tensor is that of whole numbers.</param>
internal sealed class Constant(double[] data, int[] shape, bool isInteger = false) : Value(shape)
{
    public double[] Data { get; } = data;

    public bool IsInteger { get; } = isInteger;

    /// <summary>The elements as whole numbers; those beyond the range of <see cref="long"/> saturate.</summary>
    public long[] Integers => Array.ConvertAll(Data, value => (long)value);

    public override Value Select(int[] shape, int[] places) =>
        new Constant(Array.ConvertAll(places, place => place < 0 ? 0 : Data[place]), shape, IsInteger);

    protected override Value WithShape(int[] shape) => new Constant(Data, shape, IsInteger);
}

/// <summary>A tensor that a node of the network computes.</summary>
internal sealed class Computed(Node node, int[] shape) : Value(shape)
{
    public Node Node { get; } = node;

    public override Value Select(int[] shape, int[] places) => places.Length == 0
        ? new Constant([], shape)
        : new Computed(new AffineNode(Node, new SelectionMap(Node.Size, places), name: Node.Name), shape);

    protected override Value WithShape(int[] shape) => new Computed(Node, shape);
}
