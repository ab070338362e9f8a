using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace RobustVerify.Core.Numerics;

/// <summary>The transposed convolution onto one channel, of tensors that are hardly zero anywhere.</summary>
/// <remarks>
/// The product is taps × positions, and every tap adds whole lines of positions to an image whose columns that are a stride apart
/// lie together. The last tap comes first: so a pixel gets its terms in ascending order of their positions.
/// </remarks>
internal sealed unsafe class PlaneImage<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Elements of a product, which is to stay in the first cache.
    private const int ProductSize = 1 << 12;

    private readonly ConvolutionShape shape;
    private readonly int taps, outputs, lines, columns, size;
    private readonly T[] kernel, product, sums;

    /// <summary>Prepares the image.</summary>
    /// <param name="weights">The kernels of one group, outputs × taps.</param>
    /// <param name="shape">A shape with one input channel per group.</param>
    public PlaneImage(ReadOnlySpan<T> weights, ConvolutionShape shape)
    {
        this.shape = shape;
        (taps, outputs) = (shape.KernelHeight * shape.KernelWidth, shape.OutputChannels / shape.Groups);
        lines = Math.Clamp(ProductSize / (taps * shape.OutputWidth), 1, shape.OutputHeight);
        columns = shape.OutputWidth + (shape.KernelWidth - 1) * shape.DilationWidth / shape.StrideWidth;
        size = checked(((shape.OutputHeight - 1) * shape.StrideHeight + (shape.KernelHeight - 1) * shape.DilationHeight + 1) * Line);
        kernel = ArrayPool<T>.Shared.Rent(taps * outputs);
        product = ArrayPool<T>.Shared.Rent(taps * lines * shape.OutputWidth);
        sums = ArrayPool<T>.Shared.Rent(size);
        for (var tap = 0; tap < taps; tap++)
            for (var output = 0; output < outputs; output++) kernel[tap * outputs + output] = weights[output * taps + tap];
    }

    private int Line => columns * shape.StrideWidth;

    /// <summary>Adds the transposed convolution of outputs × positions to a plane of height × width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(T* tensor, T* plane)
    {
        var positions = shape.OutputHeight * shape.OutputWidth;
        fixed (T* factor = kernel, terms = product, image = sums)
        {
            new Span<T>(image, size).Clear();
            for (var line = 0; line < shape.OutputHeight; line += lines)
            {
                var some = Math.Min(lines, shape.OutputHeight - line);
                var count = some * shape.OutputWidth;
                BlockedProduct.Accumulate(
                    factor, outputs, new RowMajor<T>(tensor + line * shape.OutputWidth, positions), terms, count, 1, taps, outputs, count, fresh: true);
                for (var tap = taps - 1; tap >= 0; tap--)
                {
                    var (kernelLine, column) = (tap / shape.KernelWidth, tap % shape.KernelWidth * shape.DilationWidth);
                    var next = terms + tap * count;
                    var to = image + (line * shape.StrideHeight + kernelLine * shape.DilationHeight) * Line
                        + column % shape.StrideWidth * columns + column / shape.StrideWidth;
                    for (var i = 0; i < some; i++, next += shape.OutputWidth, to += shape.StrideHeight * Line)
                        PatchImage<T>.AddStretch(next, to, shape.OutputWidth);
                }
            }

            Unload(image, plane);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<T>.Shared.Return(kernel);
        ArrayPool<T>.Shared.Return(product);
        ArrayPool<T>.Shared.Return(sums);
    }

    /// <summary>Adds the image without its padding to a plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Unload(T* image, T* plane)
    {
        for (var line = Math.Max(0, -shape.PadTop); line < Math.Min(shape.InputHeight, size / Line - shape.PadTop); line++)
        {
            var to = plane + line * shape.InputWidth - shape.PadLeft;
            for (var phase = 0; phase < shape.StrideWidth; phase++)
            {
                var from = image + (line + shape.PadTop) * Line + phase * columns;
                var i = Math.Max(0, (shape.PadLeft - phase + shape.StrideWidth - 1) / shape.StrideWidth);
                var column = i * shape.StrideWidth + phase;
                for (; i < columns && column < shape.PadLeft + shape.InputWidth; i++, column += shape.StrideWidth) to[column] += from[i];
            }
        }
    }
}
