namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Known tensors, and the arithmetic of shapes that is folded during import.</summary>
internal static class Constants
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Constant", Constant },
        { "ConstantOfShape", ConstantOfShape },
        { "Shape", Shape },
        { "Size", op => new Constant([op[0].Size], [], isInteger: true) },
        { "Cast", Cast },
        { "Range", Range },
        { "Where", Where },
        { "Equal", op => Compare(op, (a, b) => a == b) },
        { "Less", op => Compare(op, (a, b) => a < b) },
        { "Greater", op => Compare(op, (a, b) => a > b) },
        { "And", op => Compare(op, (a, b) => a != 0 && b != 0) },
        { "Or", op => Compare(op, (a, b) => a != 0 || b != 0) },
        { "Not", op => Fold(op, a => a == 0 ? 1 : 0) },
        { "Round", op => Fold(op, a => Math.Round(a, MidpointRounding.ToEven)) },
    };

    private static Constant Constant(Operation op)
    {
        if (op.Tensor("value") is { } tensor) return tensor;
        if (op.Numbers("value_floats") is { } numbers) return new(numbers, [numbers.Length]);
        if (op.Integers("value_ints") is { } integers) return new(Array.ConvertAll(integers, i => (double)i), [integers.Length], isInteger: true);
        if (op.Has("value_float")) return new([op.Number("value_float", 0)], []);
        if (op.Has("value_int")) return new([op.Integer("value_int", 0)], [], isInteger: true);
        throw op.Unsupported("without a numeric value", "a tensor or numbers");
    }

    private static Constant ConstantOfShape(Operation op)
    {
        var value = op.Tensor("value") ?? new Constant([0], [1]);
        var shape = Array.ConvertAll(op.Known(0).Integers, d => checked((int)d));
        return new([.. Enumerable.Repeat(value.Data[0], Shapes.Size(shape))], shape, value.IsInteger);
    }

    private static Constant Shape(Operation op)
    {
        var rank = op[0].Rank;
        int Limit(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
        var (start, end) = (Limit(op.Integer("start", 0)), Limit(op.Integer("end", rank)));
        var dimensions = op[0].Shape.Skip(start).Take(end - start).Select(d => (double)d).ToArray();
        return new(dimensions, [dimensions.Length], isInteger: true);
    }

    private static Value Cast(Operation op)
    {
        var to = (Format.TensorProto.Types.DataType)op.Integer("to", 1);
        var isInteger = TensorReader.IsInteger(to);
        if (op[0] is not Constant x)
        {
            // Narrower types round more than float32 does, and overflow where no sampled input may show it.
            return to is Format.TensorProto.Types.DataType.Float or Format.TensorProto.Types.DataType.Double
                ? op[0]
                : throw op.Unsupported($"to {to} of a computed tensor", "a cast to Float or Double");
        }

        if (to == Format.TensorProto.Types.DataType.Bool)
            return new Constant(Array.ConvertAll(x.Data, v => v == 0 ? 0.0 : 1), x.Shape, isInteger: true);
        return new Constant(isInteger ? Array.ConvertAll(x.Data, Math.Truncate) : x.Data, x.Shape, isInteger);
    }

    private static Constant Range(Operation op)
    {
        var (start, limit, step) = (op.Known(0).Data[0], op.Known(1).Data[0], op.Known(2).Data[0]);
        var count = Math.Max(0, checked((int)Math.Ceiling((limit - start) / step)));
        return new([.. Enumerable.Range(0, count).Select(i => start + i * step)], [count], op.Known(0).IsInteger);
    }

    // Where the condition is known, a choice is a sum of masked tensors.
    private static Value Where(Operation op)
    {
        var shape = Shapes.Broadcast(op[0].Shape, Shapes.Broadcast(op[1].Shape, op[2].Shape));
        var condition = ((Constant)op.Known(0).BroadcastTo(shape)).Data;
        var size = condition.Length;
        int[] chosen = [.. Enumerable.Range(0, size).Select(i => condition[i] != 0 ? i : size + i)];
        if (size == 0) return op[1].BroadcastTo(shape);
        var both = op.Concatenate([op[1].BroadcastTo(shape).Reshape(size), op[2].BroadcastTo(shape).Reshape(size)], 0);
        return both.Select(shape, chosen);
    }

    private static Constant Compare(Operation op, Func<double, double, bool> holds)
    {
        var shape = Shapes.Broadcast(op[0].Shape, op[1].Shape);
        var (a, b) = ((Constant)op.Known(0).BroadcastTo(shape), (Constant)op.Known(1).BroadcastTo(shape));
        return new([.. a.Data.Zip(b.Data, (x, y) => holds(x, y) ? 1.0 : 0)], shape, isInteger: true);
    }

    private static Constant Fold(Operation op, Converter<double, double> f) =>
        new(Array.ConvertAll(op.Known(0).Data, f), op[0].Shape, op.Known(0).IsInteger);
}
