using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>The largest or mean element under a window.</summary>
internal static class Pooling
{
    public static readonly OperatorFamily Operators = new()
    {
        { "MaxPool", MaxPool },
        { "AveragePool", AveragePool },
        { "GlobalAveragePool", op => op.Sum((1.0 / Spatial(op), op.SumOverLast(Flattened(op)).Reshape(Pooled(op)))) },
        { "GlobalMaxPool", op => op.MaxOverLast(Flattened(op)).Reshape(Pooled(op)) },
    };

    private static int Spatial(Operation op) => Shapes.Size(op[0].Shape.AsSpan(2..));

    private static Value Flattened(Operation op) => op[0].Reshape(op[0].Shape[0], op[0].Shape[1], Spatial(op));

    private static int[] Pooled(Operation op) => [.. op[0].Shape[..2], .. Enumerable.Repeat(1, op[0].Rank - 2)];

    // One axis after the other, so that overlapping windows share their maxima.
    private static Value MaxPool(Operation op)
    {
        if (op.OutputCount > 1) throw op.Unsupported("with its second output", "the maxima alone");
        var x = op[0];
        var window = ReadWindow(op);
        for (var a = window.Size.Length - 1; a >= 0; a--)
        {
            var axis = a + 2;
            var strides = Shapes.Strides(x.Shape);
            var shape = (int[])x.Shape.Clone();
            shape[axis] = (window.Size[a] + window.Before[a] + window.After[a] - window.Extent(a)) / window.Strides[a] + 1;
            var rows = Shapes.Places(shape, [.. strides.Select((s, i) => i == axis ? 0 : s)]);
            var positions = Shapes.Places(shape, [.. strides.Select((_, i) => i == axis ? 1 : 0)]);
            var candidates = new Value[window.Kernel[a]];
            for (var k = 0; k < candidates.Length; k++)
            {
                var places = new int[rows.Length];
                for (var i = 0; i < places.Length; i++)
                    places[i] = rows[i] + strides[axis] * InWindow(window, a, positions[i], k);
                candidates[k] = x.Select(shape, places);
            }

            x = op.Max(candidates);
        }

        return x;
    }

    // A place in the padding stands for one of the window's places in the tensor: that does not change the maximum.
    private static int InWindow(Window window, int axis, int position, int k)
    {
        var start = position * window.Strides[axis] - window.Before[axis];
        var (size, dilation) = (window.Size[axis], window.Dilations[axis]);
        var first = Math.Max(0, (-start + dilation - 1) / dilation);
        var last = Math.Min(window.Kernel[axis] - 1, (size - 1 - start) / dilation);
        return first <= last
            ? start + Math.Clamp(k, first, last) * dilation
            : throw new InvalidModelException("MaxPool: a window lies in the padding alone");
    }

    // A convolution of every channel with ones, divided by how many elements are under the window.
    private static Value AveragePool(Operation op)
    {
        var x = op[0];
        var window = ReadWindow(op);
        var channels = x.Shape[1];
        var shape = window.Convolution(channels, channels, channels);
        var counts = Counts(op, window);
        int[] output = [x.Shape[0], channels, .. window.Output(shape)];
        var uniform = counts.Distinct().Count() == 1;
        var weights = new double[shape.WeightSize];
        Array.Fill(weights, uniform ? 1.0 / counts[0] : 1);
        var sums = op.MapBlocks(x, [.. Enumerable.Repeat(new ConvolutionMap(shape, weights), x.Shape[0])], output);
        return uniform
            ? sums
            : op.Product(sums, new Constant(Array.ConvertAll(counts, count => 1.0 / count), window.Output(shape)));
    }

    private static int[] Counts(Operation op, Window window)
    {
        var withPads = op.Integer("count_include_pad", 0) != 0;
        var declared = ReadWindow(op, rounded: false);
        var counts = new int[] { 1 };
        for (var a = 0; a < window.Size.Length; a++)
        {
            var from = withPads ? -window.Before[a] : 0;
            var to = window.Size[a] + (withPads ? declared.After[a] : 0);
            var outputs = (window.Size[a] + window.Before[a] + window.After[a] - window.Extent(a)) / window.Strides[a] + 1;
            var alongAxis = Enumerable.Range(0, outputs).Select(position => Enumerable.Range(0, window.Kernel[a])
                .Select(k => position * window.Strides[a] - window.Before[a] + k * window.Dilations[a])
                .Count(place => place >= from && place < to)).ToArray();
            counts = [.. counts.SelectMany(_ => alongAxis, (count, along) => count * along)];
        }

        return counts;
    }

    private static Window ReadWindow(Operation op, bool rounded = true)
    {
        if (op[0].Rank < 3) throw new InvalidModelException($"{op.Name}: a tensor of shape {Shapes.Text(op[0].Shape)} cannot be pooled");
        var kernel = op.Integers("kernel_shape") ?? throw new InvalidModelException($"{op.Name}: kernel_shape is missing");
        if (kernel.Length != op[0].Rank - 2)
            throw new InvalidModelException($"{op.Name}: kernel_shape {Shapes.Text(kernel)} does not fit a tensor of shape {Shapes.Text(op[0].Shape)}");
        var window = Window.Of(op, op[0].Shape[2..], kernel);
        return rounded && op.Integer("ceil_mode", 0) != 0 ? window.RoundedUp() : window;
    }
}
