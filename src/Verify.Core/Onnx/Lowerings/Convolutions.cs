using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Convolutions and transposed convolutions over one or two axes.</summary>
internal static class Convolutions
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Conv", Conv },
        { "ConvTranspose", ConvTranspose },
    };

    private static Value Conv(Operation op)
    {
        var (x, weights) = (op[0], op.Known(1));
        var spatial = weights.Rank - 2;
        if (x.Rank != weights.Rank || x.Rank < 3)
            throw new InvalidModelException($"{op.Name}: a tensor of shape {Shapes.Text(x.Shape)} cannot be convolved with weights of shape {Shapes.Text(weights.Shape)}");
        var window = Window.Of(op, x.Shape[2..], weights.Shape[2..]);
        var groups = (int)op.Integer("group", 1);
        if (x.Shape[1] != weights.Shape[1] * groups || weights.Shape[0] % groups != 0)
            throw new InvalidModelException($"{op.Name}: {x.Shape[1]} channels in {groups} groups do not fit weights of shape {Shapes.Text(weights.Shape)}");
        var shape = window.Convolution(x.Shape[1], weights.Shape[0], groups);
        var map = new ConvolutionMap(shape, weights.Data);
        int[] output = [x.Shape[0], weights.Shape[0], .. window.Output(shape)];
        var y = op.MapBlocks(x, [.. Enumerable.Repeat(map, x.Shape[0])], output);
        return WithBias(op, y, spatial);
    }

    // The adjoint of the convolution that leads from the output's shape to the input's.
    private static Value ConvTranspose(Operation op)
    {
        var (x, weights) = (op[0], op.Known(1));
        var spatial = weights.Rank - 2;
        var groups = (int)op.Integer("group", 1);
        if (x.Rank != weights.Rank || x.Rank < 3 || x.Shape[1] != weights.Shape[0])
            throw new InvalidModelException($"{op.Name}: a tensor of shape {Shapes.Text(x.Shape)} does not fit weights of shape {Shapes.Text(weights.Shape)}");
        var window = Window.OfTransposed(op, x.Shape[2..], weights.Shape[2..]);
        var channels = weights.Shape[1] * groups;
        var shape = window.Convolution(channels, x.Shape[1], groups);
        var map = new ConvolutionMap(shape, weights.Data).Transpose;
        if (map.InputSize * x.Shape[0] != x.Size)
            throw new InvalidModelException($"{op.Name}: pads, output_padding and output_shape contradict the input's shape {Shapes.Text(x.Shape)}");
        var y = op.MapBlocks(x, [.. Enumerable.Repeat(map, x.Shape[0])], [x.Shape[0], channels, .. window.Size]);
        return WithBias(op, y, spatial);
    }

    private static Value WithBias(Operation op, Value y, int spatial) => op.Optional(2) is { } bias
        ? op.Sum((1, y), (1, bias.Reshape([bias.Size, .. Enumerable.Repeat(1, spatial)])))
        : y;
}
