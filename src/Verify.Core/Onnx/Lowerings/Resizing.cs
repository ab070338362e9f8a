namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Resizing to the nearest element.</summary>
/// <remarks>Coordinates are computed in float32, as runtimes do: which element is nearest can hang on the rounding.</remarks>
internal static class Resizing
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Resize", op => op.Opset < 11 ? Legacy(op) : Resize(op) },
        { "Upsample", Legacy },
    };

    // Upsample, and Resize before operator set 11: output i copies input i / scale, rounded down where the axis grows.
    private static Value Legacy(Operation op)
    {
        Nearest(op);
        var scales = Array.ConvertAll(op.Numbers("scales") ?? op.Known(1).Data, scale => (float)scale);
        return Select(op, Scaled(op, scales), scales, (i, scale, _, _) => (int)(scale < 1 ? MathF.Ceiling(i / scale) : MathF.Floor(i / scale)));
    }

    private static Value Resize(Operation op)
    {
        Nearest(op);
        var x = op[0];
        var axes = op.Integers("axes")?.Select(axis => Shapes.Axis(axis, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, x.Rank)];
        var shape = (int[])x.Shape.Clone();
        var scales = Enumerable.Repeat(1f, x.Rank).ToArray();
        if (op.OptionalKnown(3) is { Size: > 0 } sizes)
        {
            if (op.Word("keep_aspect_ratio_policy", "stretch") != "stretch")
                throw op.Unsupported("that keeps the aspect ratio", "keep_aspect_ratio_policy 'stretch'");
            for (var i = 0; i < axes.Length; i++)
            {
                shape[axes[i]] = (int)sizes.Integers[i];
                scales[axes[i]] = (float)shape[axes[i]] / x.Shape[axes[i]];
            }
        }
        else
        {
            var given = op.Known(2).Data;
            for (var i = 0; i < axes.Length; i++) scales[axes[i]] = (float)given[i];
            shape = Scaled(op, scales);
        }

        var coordinates = op.Word("coordinate_transformation_mode", "half_pixel");
        Func<int, float, int, int, float> place = coordinates switch
        {
            "half_pixel" => (i, scale, _, _) => (i + 0.5f) / scale - 0.5f,
            "pytorch_half_pixel" => (i, scale, _, to) => to > 1 ? (i + 0.5f) / scale - 0.5f : 0,
            "asymmetric" => (i, scale, _, _) => i / scale,
            "align_corners" => (i, _, from, to) => to > 1 ? (float)i * (from - 1) / (to - 1) : 0,
            "half_pixel_symmetric" => (i, scale, from, to) =>
                from / 2f * (1 - to / (scale * from)) + (i + 0.5f) / scale - 0.5f,
            _ => throw op.Unsupported($"with coordinates '{coordinates}'", "half_pixel, pytorch_half_pixel, half_pixel_symmetric, asymmetric and align_corners"),
        };
        var nearest = op.Word("nearest_mode", "round_prefer_floor");
        Func<float, float> round = nearest switch
        {
            "round_prefer_floor" => v => MathF.Ceiling(v - 0.5f),
            "round_prefer_ceil" => v => MathF.Floor(v + 0.5f),
            "floor" => MathF.Floor,
            "ceil" => MathF.Ceiling,
            _ => throw op.Unsupported($"with nearest_mode '{nearest}'", "round_prefer_floor, round_prefer_ceil, floor and ceil"),
        };
        return Select(op, shape, scales, (i, scale, from, to) => (int)round(place(i, scale, from, to)));
    }

    private static void Nearest(Operation op)
    {
        if (op.Word("mode", "nearest") is var mode and not "nearest") throw op.Unsupported($"in mode '{mode}'", "mode 'nearest'");
    }

    private static int[] Scaled(Operation op, float[] scales) => scales.Length == op[0].Rank
        ? [.. op[0].Shape.Select((d, axis) => (int)MathF.Floor(d * scales[axis]))]
        : throw new InvalidModelException($"{op.Name}: {scales.Length} scales for a tensor of shape {Shapes.Text(op[0].Shape)}");

    private static Value Select(Operation op, int[] shape, float[] scales, Func<int, float, int, int, int> nearest)
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
