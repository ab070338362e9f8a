namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Operators that move, copy or drop elements.</summary>
internal static class Rearrangements
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Identity", op => op[0] },
        { "Dropout", Dropout },
        { "Reshape", Reshape },
        { "Flatten", Flatten },
        { "Squeeze", Squeeze },
        { "Unsqueeze", Unsqueeze },
        { "Transpose", op => op[0].Transpose(op.Integers("perm") ?? [.. Enumerable.Range(0, op[0].Rank).Reverse()]) },
        { "Expand", op => op[0].BroadcastTo(Shapes.Broadcast(op[0].Shape, Dimensions(op.Known(1)))) },
        { "Tile", Tile },
        { "Concat", op => op.Concatenate(op.Inputs, op.Axis(1, op[0].Rank)) },
        { "Split", Split },
        { "Slice", Slice },
        { "Gather", Gather },
        { "Pad", Pad },
        { "DepthToSpace", DepthToSpace },
        { "SpaceToDepth", SpaceToDepth },
    };

    /// <summary>The given places along an axis (−1 for zero).</summary>
    public static Value Take(Value x, int axis, int[] places)
    {
        var strides = Shapes.Strides(x.Shape);
        var shape = (int[])x.Shape.Clone();
        shape[axis] = places.Length;
        var rows = Shapes.Places(shape, [.. strides.Select((s, i) => i == axis ? 0 : s)]);
        var positions = Shapes.Places(shape, [.. strides.Select((_, i) => i == axis ? 1 : 0)]);
        var taken = new int[rows.Length];
        for (var i = 0; i < taken.Length; i++)
        {
            var place = places[positions[i]];
            taken[i] = place < 0 ? -1 : rows[i] + place * strides[axis];
        }

        return x.Select(shape, taken);
    }

    private static int[] Dimensions(Constant shape) => Array.ConvertAll(shape.Integers, d => checked((int)d));

    private static Value Dropout(Operation op)
    {
        if (op.OptionalKnown(2) is { Data: [not 0, ..] }) throw op.Unsupported("in training mode", "inference");
        return op.OutputCount == 1 ? op[0] : throw op.Unsupported("with its mask as an output", "the tensor alone");
    }

    private static Value Reshape(Operation op)
    {
        var (x, target) = (op[0], Dimensions(op.Known(1)));
        if (op.Integer("allowzero", 0) == 0)
            target = [.. target.Select((d, axis) => d == 0 ? (axis < x.Rank ? x.Shape[axis] : 1) : d)];
        var rest = Array.IndexOf(target, -1);
        if (rest >= 0)
        {
            target[rest] = 1;
            var others = Shapes.Size(target);
            if (others == 0 || x.Size % others != 0) throw Contradiction(op, target);
            target[rest] = x.Size / others;
        }

        return Shapes.Size(target) == x.Size ? x.Reshape(target) : throw Contradiction(op, target);
    }

    private static InvalidModelException Contradiction(Operation op, int[] target) =>
        new($"{op.Name}: a tensor of shape {Shapes.Text(op[0].Shape)} has not the elements for {Shapes.Text(target)}");

    private static Value Flatten(Operation op)
    {
        var axis = (int)op.Integer("axis", 1);
        var (outer, inner) = Shapes.Split(op[0].Shape, axis == op[0].Rank ? axis : Shapes.Axis(axis, op[0].Rank));
        return op[0].Reshape(outer, inner);
    }

    private static Value Squeeze(Operation op)
    {
        var x = op[0];
        var axes = op.IntegersFrom("axes", 1)?.Select(axis => Shapes.Axis(axis, x.Rank)).ToArray();
        return x.Reshape([.. x.Shape.Where((d, axis) => axes is null ? d != 1 : !axes.Contains(axis))]);
    }

    private static Value Unsqueeze(Operation op)
    {
        var x = op[0];
        var given = op.IntegersFrom("axes", 1) ?? throw new InvalidModelException($"{op.Name}: axes are missing");
        var rank = x.Rank + given.Length;
        var axes = Array.ConvertAll(given, axis => Shapes.Axis(axis, rank));
        var dimensions = new Queue<int>(x.Shape);
        return x.Reshape([.. Enumerable.Range(0, rank).Select(axis => axes.Contains(axis) ? 1 : dimensions.Dequeue())]);
    }

    private static Value Tile(Operation op)
    {
        var x = op[0];
        var repeats = Dimensions(op.Known(1));
        for (var axis = 0; axis < repeats.Length; axis++)
        {
            var length = x.Shape[axis];
            if (repeats[axis] != 1) x = Take(x, axis, [.. Enumerable.Range(0, length * repeats[axis]).Select(i => i % length)]);
        }

        return x;
    }

    private static Value[] Split(Operation op)
    {
        var x = op[0];
        var axis = op.Axis(0, x.Rank);
        var length = x.Shape[axis];
        var chunk = (length + op.OutputCount - 1) / op.OutputCount;
        var sizes = op.IntegersFrom("split", 1)
            ?? [.. Enumerable.Range(0, op.OutputCount).Select(i => (long)Math.Clamp(length - i * chunk, 0, chunk))];
        if (sizes.Length != op.OutputCount || sizes.Sum() != length)
            throw new InvalidModelException($"{op.Name}: parts of {string.Join(", ", sizes)} are not an axis of {length} for {op.OutputCount} outputs");
        var start = 0;
        var parts = new Value[sizes.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Take(x, axis, [.. Enumerable.Range(start, (int)sizes[i])]);
            start += (int)sizes[i];
        }

        return parts;
    }

    private static Value Slice(Operation op)
    {
        var x = op[0];
        var starts = op.IntegersFrom("starts", 1) ?? throw new InvalidModelException($"{op.Name}: starts are missing");
        var ends = op.IntegersFrom("ends", 2) ?? throw new InvalidModelException($"{op.Name}: ends are missing");
        var axes = op.IntegersFrom("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        var steps = op.OptionalKnown(4)?.Integers;
        for (var i = 0; i < starts.Length; i++)
        {
            var axis = Shapes.Axis(axes[i], x.Rank);
            long length = x.Shape[axis];
            var step = steps?[i] ?? 1;
            if (step == 0) throw new InvalidModelException($"{op.Name}: a step of zero");

            // Limits may lie outside the axis, by as much as the largest whole number.
            long Limit(long limit) => limit < 0 ? Math.Max(limit + length, -1) : Math.Min(limit, length);
            var (start, end) = (Limit(starts[i]), Limit(ends[i]));
            if (step > 0) (start, end) = (Math.Max(start, 0), Math.Max(end, 0));
            else start = Math.Clamp(start, 0, length - 1);
            var places = new List<int>();
            for (var place = start; step > 0 ? place < end : place > end; place += step) places.Add((int)place);
            if (places.Count != length || step < 0) x = Take(x, axis, [.. places]);
        }

        return x;
    }

    private static Value Gather(Operation op)
    {
        var (x, indices) = (op[0], op.Known(1));
        var axis = op.Axis(0, x.Rank);
        var places = Array.ConvertAll(indices.Integers, index => Shapes.Axis(index, x.Shape[axis]));
        return Take(x, axis, places).Reshape([.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]]);
    }

    private static Value Pad(Operation op)
    {
        var x = op[0];
        var pads = op.IntegersFrom("pads", 1) ?? throw new InvalidModelException($"{op.Name}: pads are missing");
        var axes = op.OptionalKnown(3)?.Integers.Select(axis => Shapes.Axis(axis, x.Rank)).ToArray()
            ?? [.. Enumerable.Range(0, x.Rank)];
        var mode = op.Word("mode", "constant");
        var fill = op.OptionalKnown(2) is { Size: > 0 } value ? value.Data[0] : op.Number("value", 0);
        Value inside = new Constant([.. Enumerable.Repeat(1.0, x.Size)], x.Shape);
        for (var i = 0; i < axes.Length; i++)
        {
            var (before, after, length) = ((int)pads[i], (int)pads[i + axes.Length], x.Shape[axes[i]]);
            if (before == 0 && after == 0) continue;
            int[] places = [.. Enumerable.Range(-before, before + length + after).Select(place => Place(op, mode, place, length))];
            x = Take(x, axes[i], places);
            inside = Take(inside, axes[i], places);
        }

        // Selected padding is zero; elsewhere nothing is added.
        return mode == "constant" && fill != 0 ? op.Sum((1, x), (fill, new Constant([1], [])), (-fill, inside)) : x;
    }

    private static int Place(Operation op, string mode, int place, int length) => mode switch
    {
        _ when place >= 0 && place < length => place,
        "constant" => -1,
        "edge" => Math.Clamp(place, 0, length - 1),
        "reflect" when place > -length && place < 2 * length - 1 => place < 0 ? -place : 2 * (length - 1) - place,
        "wrap" => (place % length + length) % length,
        _ => throw op.Unsupported($"in mode '{mode}' by {place} beyond an axis of {length}", "constant, edge, reflect and wrap"),
    };

    private static Value DepthToSpace(Operation op)
    {
        var (s, block) = (op[0].Shape, (int)op.Integer("blocksize", 1));
        var depth = s[1] / (block * block);
        int[] shape = [s[0], depth, s[2] * block, s[3] * block];
        return op.Word("mode", "DCR") == "CRD"
            ? op[0].Reshape(s[0], depth, block, block, s[2], s[3]).Transpose(0, 1, 4, 2, 5, 3).Reshape(shape)
            : op[0].Reshape(s[0], block, block, depth, s[2], s[3]).Transpose(0, 3, 4, 1, 5, 2).Reshape(shape);
    }

    private static Value SpaceToDepth(Operation op)
    {
        var (s, block) = (op[0].Shape, (int)op.Integer("blocksize", 1));
        return op[0].Reshape(s[0], s[1], s[2] / block, block, s[3] / block, block)
            .Transpose(0, 3, 5, 1, 2, 4)
            .Reshape(s[0], s[1] * block * block, s[2] / block, s[3] / block);
    }
}
