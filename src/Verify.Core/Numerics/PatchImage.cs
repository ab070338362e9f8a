using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>Adds up the patches of one image after another.</summary>
/// <remarks>
/// The channels of a pixel lie together, so that a line of a patch is one stretch of a line of the image, and there is padding
/// around it, so that no patch is cut. Only where patches lie is the image then added to its tensor, and cleared.
/// </remarks>
internal sealed unsafe class PatchImage<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ConvolutionShape shape;
    private readonly int channels, width;
    private readonly T[] sums;
    private T* target;
    private (int Top, int Bottom, int Left, int Right) box;

    public PatchImage(ConvolutionShape shape)
    {
        this.shape = shape;
        channels = shape.InputChannels / shape.Groups;
        var height = (shape.OutputHeight - 1) * shape.StrideHeight + (shape.KernelHeight - 1) * shape.DilationHeight + 1;
        width = (shape.OutputWidth - 1) * shape.StrideWidth + (shape.KernelWidth - 1) * shape.DilationWidth + 1;
        var size = checked(height * width * channels);
        sums = ArrayPool<T>.Shared.Rent(size);
        sums.AsSpan(0, size).Clear();
    }

    /// <summary>Adds the patch of a position, kernel height × kernel width × channels, to those of a tensor.</summary>
    /// <param name="patch">The patch.</param>
    /// <param name="tensor">Channels × height × width; where it is another one than before, that one is finished.</param>
    /// <param name="position">The position; a pixel gets its terms in the order of the calls.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<T> patch, T* tensor, int position)
    {
        if (tensor != target)
        {
            Unload();
            target = tensor;
        }

        var (top, left) = Math.DivRem(position, shape.OutputWidth);
        (top, left) = (top * shape.StrideHeight, left * shape.StrideWidth);
        box = (
            Math.Min(box.Top, top), Math.Max(box.Bottom, top + (shape.KernelHeight - 1) * shape.DilationHeight + 1),
            Math.Min(box.Left, left), Math.Max(box.Right, left + (shape.KernelWidth - 1) * shape.DilationWidth + 1));
        var (stretches, length) = shape.DilationWidth == 1 ? (1, shape.KernelWidth * channels) : (shape.KernelWidth, channels);
        fixed (T* image = sums, terms = patch)
        {
            var next = terms;
            for (var line = 0; line < shape.KernelHeight; line++)
            {
                var pixel = image + ((top + line * shape.DilationHeight) * width + left) * channels;
                for (var stretch = 0; stretch < stretches; stretch++, next += length, pixel += channels * shape.DilationWidth)
                    AddStretch(next, pixel, length);
            }
        }
    }

    /// <summary>Adds what was summed up to its tensor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Unload()
    {
        var (first, last) = (Math.Max(box.Left, shape.PadLeft), Math.Min(box.Right, shape.InputWidth + shape.PadLeft));
        for (var line = box.Top; line < box.Bottom; line++)
        {
            fixed (T* pixels = &sums[line * width * channels])
            {
                var inside = line - shape.PadTop;
                if (inside >= 0 && inside < shape.InputHeight && first < last)
                    AddPixels(pixels + first * channels, target + (nint)inside * shape.InputWidth + first - shape.PadLeft, last - first);

                new Span<T>(pixels + box.Left * channels, (box.Right - box.Left) * channels).Clear();
            }
        }

        box = (int.MaxValue, 0, int.MaxValue, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<T>.Shared.Return(sums);

    /// <summary>Adds pixels, whose channels lie together, to the lines of a tensor's channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddPixels(T* pixels, T* line, int count)
    {
        if (channels == 1)
        {
            AddStretch(pixels, line, count);
            return;
        }

        var (plane, channel) = ((nint)shape.InputHeight * shape.InputWidth, 0);
        for (; channel <= channels - 4; channel += 4, line += 4 * plane)
        {
            T* a = line, b = a + plane, c = b + plane, d = c + plane, from = pixels + channel;
            for (var i = 0; i < count; i++, from += channels)
            {
                a[i] += from[0];
                b[i] += from[1];
                c[i] += from[2];
                d[i] += from[3];
            }
        }

        for (; channel < channels; channel++, line += plane)
            for (var i = 0; i < count; i++) line[i] += pixels[i * channels + channel];
    }

    /// <summary>Adds terms to as many sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void AddStretch(T* terms, T* sums, int count)
    {
        var i = 0;
        for (; i <= count - Vector512<T>.Count; i += Vector512<T>.Count)
            (Vector512.Load(sums + i) + Vector512.Load(terms + i)).Store(sums + i);
        if (i <= count - Vector256<T>.Count)
        {
            (Vector256.Load(sums + i) + Vector256.Load(terms + i)).Store(sums + i);
            i += Vector256<T>.Count;
        }

        if (i <= count - Vector128<T>.Count)
        {
            (Vector128.Load(sums + i) + Vector128.Load(terms + i)).Store(sums + i);
            i += Vector128<T>.Count;
        }

        for (; i < count; i++) sums[i] += terms[i];
    }
}
