namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Resizing to the nearest element.</summary>
internal static class Resizing
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Resize", op => op.Opset < 11 ? Legacy(op) : Resize(op) },
        { "Upsample", Legacy },
    };

    // Upsample, and Resize before operator set 11: output i copies input ⌊i / scale⌋.
    private static Value Legacy(Operation op)
    {
        Nearest(op);
        var scales = op.Numbers("scales") ?? op.Known(1).Data;
        return Select(op, Scaled(op, scales), scales, (i, scale, _, _) => (int)Math.Floor(i / scale));
    }

    private static Value Resize(Operation op)
    {
        Nearest(op);
        var x = op[0];
        var axes = op.Integers("axes")?.Select(axis => Shapes.Axis(axis, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, x.Rank)];
        var shape = (int[])x.Shape.Clone();
        var scales = Enumerable.Repeat(1.0, x.Rank).ToArray();
        if (op.OptionalKnown(3) is { Size: > 0 } sizes)
        {
            if (op.Word("keep_aspect_ratio_policy", "stretch") != "stretch")
                throw op.Unsupported("that keeps the aspect ratio", "keep_aspect_ratio_policy 'stretch'");
            for (var i = 0; i < axes.Length; i++)
            {
                shape[axes[i]] = (int)sizes.Integers[i];
                scales[axes[i]] = (double)shape[axes[i]] / x.Shape[axes[i]];
            }
        }
        else
        {
            var given = op.Known(2).Data;
            for (var i = 0; i < axes.Length; i++) scales[axes[i]] = given[i];
            shape = Scaled(op, scales);
        }

        var coordinates = op.Word("coordinate_transformation_mode", "half_pixel");
        Func<int, double, int, int, double> place = coordinates switch
        {
            "half_pixel" => (i, scale, _, _) => (i + 0.5) / scale - 0.5,
            "pytorch_half_pixel" => (i, scale, _, to) => to > 1 ? (i + 0.5) / scale - 0.5 : 0,
            "asymmetric" => (i, scale, _, _) => i / scale,
            "align_corners" => (i, _, from, to) => to > 1 ? (double)i * (from - 1) / (to - 1) : 0,
            "half_pixel_symmetric" => (i, scale, from, to) =>
                from / 2.0 * (1 - to / (scale * from)) + (i + 0.5) / scale - 0.5,
            _ => throw op.Unsupported($"with coordinates '{coordinates}'", "half_pixel, pytorch_half_pixel, half_pixel_symmetric, asymmetric and align_corners"),
        };
        var nearest = op.Word("nearest_mode", "round_prefer_floor");
        Func<double, double> round = nearest switch
        {
            "round_prefer_floor" => v => Math.Ceiling(v - 0.5),
            "round_prefer_ceil" => v => Math.Floor(v + 0.5),
            "floor" => Math.Floor,
            "ceil" => Math.Ceiling,
            _ => throw op.Unsupported($"with nearest_mode '{nearest}'", "round_prefer_floor, round_prefer_ceil, floor and ceil"),
        };
        return Select(op, shape, scales, (i, scale, from, to) => (int)round(place(i, scale, from, to)));
    }

    private static void Nearest(Operation op)
    {
        if (op.Word("mode", "nearest") is var mode and not "nearest") throw op.Unsupported($"in mode '{mode}'", "mode 'nearest'");
    }

    private static int[] Scaled(Operation op, double[] scales) => scales.Length == op[0].Rank
        ? [.. op[0].Shape.Select((d, axis) => (int)Math.Floor(d * scales[axis]))]
        : throw new InvalidModelException($"{op.Name}: {scales.Length} scales for a tensor of shape {Shapes.Text(op[0].Shape)}");

    private static Value Select(Operation op, int[] shape, double[] scales, Func<int, double, int, int, int> nearest)
    {
        var x = op[0];
        for (var axis = 0; axis < x.Rank; axis++)
        {
            var (from, to) = (x.Shape[axis], shape[axis]);
            if (from == to && scales[axis] == 1) continue;
            int[] places = [.. Enumerable.Range(0, to).Select(i => Math.Clamp(nearest(i, scales[axis], from, to), 0, from - 1))];
            x = Rearrangements.Take(x, axis, places);
        }

        return x;
    }
}
