using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>A window that slides over one or two axes of a tensor.</summary>
/// <param name="Size">The axes it slides over.</param>
/// <param name="Kernel">Elements of the window along each axis.</param>
/// <param name="Strides">How far it moves.</param>
/// <param name="Dilations">How far apart its elements are.</param>
/// <param name="Before">Padding before each axis.</param>
/// <param name="After">Padding after each axis.</param>
internal sealed record Window(int[] Size, int[] Kernel, int[] Strides, int[] Dilations, int[] Before, int[] After)
{
    private int Axes => Size.Length;

    /// <summary>The window of a convolution or a pooling node.</summary>
    public static Window Of(Operation op, int[] size, int[] kernel)
    {
        var window = Read(op, size, kernel);
        var pads = op.Integers("pads");
        switch (op.Word("auto_pad", "NOTSET"))
        {
            case "NOTSET" or "VALID" when pads is null:
            case "VALID":
                break;
            case "SAME_UPPER" or "SAME_LOWER":
                for (var a = 0; a < size.Length; a++)
                {
                    var outputs = (size[a] + window.Strides[a] - 1) / window.Strides[a];
                    window.Share(op, a, Math.Max(0, (outputs - 1) * window.Strides[a] + window.Extent(a) - size[a]));
                }

                break;
            default:
                for (var a = 0; a < size.Length; a++)
                    (window.Before[a], window.After[a]) = (pads![a], pads[a + size.Length]);
                break;
        }

        for (var a = 0; a < size.Length; a++)
        {
            if (window.Extent(a) > size[a] + window.Before[a] + window.After[a])
                throw new InvalidModelException($"{op.Name}: a window of {window.Extent(a)} does not fit an axis of {size[a]} with pads of {window.Before[a]} and {window.After[a]}");
        }

        return window;
    }

    /// <summary>The window of the convolution whose adjoint a transposed convolution is: over its output.</summary>
    public static Window OfTransposed(Operation op, int[] size, int[] kernel)
    {
        var window = Read(op, new int[size.Length], kernel);
        var extra = op.Integers("output_padding") ?? new int[size.Length];
        var pads = op.Integers("pads");
        var wanted = op.Integers("output_shape");
        var same = op.Word("auto_pad", "NOTSET") is "SAME_UPPER" or "SAME_LOWER";
        for (var a = 0; a < size.Length; a++)
        {
            var full = window.Strides[a] * (size[a] - 1) + extra[a] + window.Extent(a);
            if (wanted is not null || same)
            {
                window.Size[a] = wanted is null ? size[a] * window.Strides[a] : wanted[^(size.Length - a)];
                window.Share(op, a, Math.Max(0, full - window.Size[a]));
            }
            else
            {
                if (pads is not null) (window.Before[a], window.After[a]) = (pads[a], pads[a + size.Length]);
                window.Size[a] = full - window.Before[a] - window.After[a];
            }

            if (window.Size[a] < 1) throw new InvalidModelException($"{op.Name}: the output has {window.Size[a]} elements along axis {a + 2}");
        }

        return window;
    }

    /// <summary>Elements that the window spans along an axis.</summary>
    public int Extent(int axis) => Dilations[axis] * (Kernel[axis] - 1) + 1;

    /// <summary>The same with one place more at the end wherever the stride would otherwise skip elements.</summary>
    public Window RoundedUp()
    {
        var after = (int[])After.Clone();
        for (var a = 0; a < Axes; a++)
        {
            var rest = (Size[a] + Before[a] + After[a] - Extent(a)) % Strides[a];
            if (rest == 0) continue;

            // A window that would start behind the input is left out.
            var outputs = (Size[a] + Before[a] + After[a] - Extent(a)) / Strides[a] + 2;
            if ((outputs - 1) * Strides[a] < Size[a] + Before[a]) after[a] += Strides[a] - rest;
        }

        return this with { After = after };
    }

    /// <summary>The geometry of a convolution with this window.</summary>
    public ConvolutionShape Convolution(int inputChannels, int outputChannels, int groups) => new(
        inputChannels, At(Size, 1), At(Size, 0), outputChannels, At(Kernel, 1), At(Kernel, 0),
        At(Strides, 1), At(Strides, 0), At(Dilations, 1), At(Dilations, 0),
        At(Before, 1, 0), At(Before, 0), At(After, 1, 0), At(After, 0), groups);

    /// <summary>The axes of the result of a convolution with this window.</summary>
    public int[] Output(ConvolutionShape shape) =>
        Axes == 1 ? [shape.OutputWidth] : [shape.OutputHeight, shape.OutputWidth];

    private static int At(int[] values, int fromEnd, int otherwise = 1) => fromEnd < values.Length ? values[^(fromEnd + 1)] : otherwise;

    private static Window Read(Operation op, int[] size, int[] kernel)
    {
        if (size.Length > 2) throw op.Unsupported($"over {size.Length} axes", "one or two");
        if (op.Integers("kernel_shape") is { } declared && !declared.AsSpan().SequenceEqual(kernel))
            throw new InvalidModelException($"{op.Name}: kernel_shape {Shapes.Text(declared)} contradicts the weights");
        int[] Ones() => [.. Enumerable.Repeat(1, size.Length)];
        var window = new Window(
            size, kernel, op.Integers("strides") ?? Ones(), op.Integers("dilations") ?? Ones(), new int[size.Length], new int[size.Length]);
        if (window.Strides.Any(s => s < 1) || window.Dilations.Any(d => d < 1))
            throw new InvalidModelException($"{op.Name}: strides and dilations must be positive");
        return window;
    }

    // Half of the padding on either side; an odd one goes where auto_pad says.
    private void Share(Operation op, int axis, int total)
    {
        var (less, more) = (total / 2, total - total / 2);
        var upper = op.Word("auto_pad", "NOTSET") == "SAME_UPPER";
        (Before[axis], After[axis]) = upper ? (less, more) : (more, less);
    }
}
