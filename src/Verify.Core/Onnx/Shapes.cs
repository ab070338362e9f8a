namespace RobustVerify.Core.Onnx;

/// <summary>Arithmetic on the dimensions of row-major tensors.</summary>
internal static class Shapes
{
    /// <summary>More elements than any network has that can be analysed; a damaged file may ask for any number.</summary>
    private const int Largest = 1 << 28;

    /// <summary>Elements of a tensor.</summary>
    public static int Size(ReadOnlySpan<int> shape)
    {
        var size = 1L;
        foreach (var dimension in shape)
        {
            if (dimension < 0) throw new InvalidModelException($"A tensor of shape {Text(shape)} has a negative dimension.");
            size *= dimension;
            if (size > Largest) throw new InvalidModelException($"A tensor of shape {Text(shape)} is too large.");
        }

        return (int)size;
    }

    /// <summary>For each axis, the distance in memory between neighbours.</summary>
    public static int[] Strides(ReadOnlySpan<int> shape)
    {
        var strides = new int[shape.Length];
        for (int axis = shape.Length - 1, stride = 1; axis >= 0; stride *= shape[axis], axis--) strides[axis] = stride;
        return strides;
    }

    /// <summary>
    /// The places in memory of a tensor's elements, in row-major order, when its axes have the given strides:
    /// a transposition permutes strides, a broadcast sets them to zero, a slice moves the offset.
    /// </summary>
    public static int[] Places(int[] shape, int[] strides, int offset = 0)
    {
        var places = new int[Size(shape)];
        var position = new int[shape.Length];
        for (int i = 0, place = offset; i < places.Length; i++)
        {
            places[i] = place;
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                place += strides[axis];
                if (++position[axis] < shape[axis]) break;
                place -= strides[axis] * shape[axis];
                position[axis] = 0;
            }
        }

        return places;
    }

    /// <summary>The shape that both shapes broadcast to.</summary>
    public static int[] Broadcast(int[] left, int[] right)
    {
        var shape = new int[Math.Max(left.Length, right.Length)];
        for (var axis = 1; axis <= shape.Length; axis++)
        {
            var (a, b) = (axis <= left.Length ? left[^axis] : 1, axis <= right.Length ? right[^axis] : 1);
            if (a != b && a != 1 && b != 1)
                throw new InvalidModelException($"shapes {Text(left)} and {Text(right)} do not broadcast");
            shape[^axis] = a == 1 ? b : a;
        }

        return shape;
    }

    /// <summary>For each element of the larger shape, the element of the smaller one that is broadcast to it.</summary>
    public static int[] BroadcastPlaces(int[] from, int[] to)
    {
        if (!Broadcast(from, to).AsSpan().SequenceEqual(to))
            throw new InvalidModelException($"shape {Text(from)} does not broadcast to {Text(to)}");
        var own = Strides(from);
        var strides = new int[to.Length];
        for (var axis = 1; axis <= from.Length; axis++) strides[^axis] = from[^axis] == 1 ? 0 : own[^axis];
        return Places(to, strides);
    }

    /// <summary>An axis counted from the front, from one that may be counted from the back.</summary>
    public static int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw new InvalidModelException($"axis {axis} of a tensor of {rank} axes");

    /// <summary>Elements along the axes before and from an axis on.</summary>
    public static (int Outer, int Inner) Split(int[] shape, int axis) =>
        (Size(shape.AsSpan(..axis)), Size(shape.AsSpan(axis..)));

    /// <summary>The dimensions for messages.</summary>
    public static string Text(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
