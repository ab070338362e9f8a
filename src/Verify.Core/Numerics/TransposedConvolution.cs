using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>The transposed convolution: every position adds a patch to the image, the kernel times the channels there.</summary>
/// <remarks>
/// Patches are rows of a matrix product, a strip of them at a time, gathered from as many tensors as it takes. Positions that
/// are zero in all channels have none: the rows that bound a neuron reach a small part of the image. A patch of one channel has lines too
/// short for that to pay where most positions have one: <see cref="PlaneImage{T}"/> gives the same sums.
/// </remarks>
internal static unsafe class TransposedConvolution
{
    // Elements of a strip, which is to stay in the second cache, and patches, which are to be many for one product.
    private const int StripSize = 1 << 14;
    private const int MostPatches = 96;
    private const int FewestPatches = 16;

    /// <summary>x += transposed convolution of y, for each of <paramref name="rows"/> tensors that were checked to fit.</summary>
    public static void Accumulate<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> weights, Span<T> x, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (outputs, inputs) = (shape.OutputChannels / shape.Groups, shape.InputChannels / shape.Groups);
        var (taps, positions) = (inputs * shape.KernelHeight * shape.KernelWidth, shape.OutputHeight * shape.OutputWidth);
        var most = Math.Clamp(StripSize / taps, FewestPatches, MostPatches);
        var kernel = ArrayPool<T>.Shared.Rent(outputs * taps);
        var channels = ArrayPool<T>.Shared.Rent(most * outputs);
        var strip = ArrayPool<T>.Shared.Rent(most * taps);
        var support = ArrayPool<int>.Shared.Rent(positions);
        var places = ArrayPool<(int Row, int Position)>.Shared.Rent(most);
        using var image = new PatchImage<T>(shape);
        fixed (T* py = y, px = x)
        {
            for (var group = 0; group < shape.Groups; group++)
            {
                ChannelsLast(weights.Slice(group * outputs * taps, outputs * taps), kernel, inputs, taps);
                using var plane = inputs == 1 ? new PlaneImage<T>(weights.Slice(group * outputs * taps, outputs * taps), shape) : null;
                var target = px + (nint)group * inputs * shape.InputHeight * shape.InputWidth;
                var count = 0;
                for (var row = 0; row < rows; row++)
                {
                    var tensor = py + (nint)row * shape.OutputSize + (nint)group * outputs * positions;
                    var reached = Support(tensor, outputs, positions, support);
                    if (plane is not null && 2 * reached > positions)
                    {
                        plane.Add(tensor, target + (nint)row * shape.InputSize);
                        continue;
                    }

                    for (var i = 0; i < reached;)
                    {
                        var some = support.AsSpan(i, Math.Min(most - count, reached - i));
                        Gather(tensor, positions, some, channels.AsSpan(count * outputs), outputs);
                        foreach (var position in some) places[count++] = (row, position);
                        i += some.Length;
                        if (count < most) continue;
                        AddPatches(channels, kernel, strip, places.AsSpan(0, count), image, target, shape);
                        count = 0;
                    }
                }

                AddPatches(channels, kernel, strip, places.AsSpan(0, count), image, target, shape);
                image.Unload();
            }
        }

        ArrayPool<T>.Shared.Return(kernel);
        ArrayPool<T>.Shared.Return(channels);
        ArrayPool<T>.Shared.Return(strip);
        ArrayPool<int>.Shared.Return(support);
        ArrayPool<(int, int)>.Shared.Return(places);
    }

    /// <summary>Copies the channels of some positions, so that those of one position lie together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather<T>(T* tensor, int positions, ReadOnlySpan<int> some, Span<T> channels, int outputs) where T : unmanaged
    {
        // A few channels after another: those of one position lie so far apart that more of them displace one another.
        fixed (T* first = channels)
        {
            var output = 0;
            for (; output <= outputs - 4; output += 4, tensor += 4 * (nint)positions)
            {
                T* a = tensor, b = a + positions, c = b + positions, d = c + positions, to = first + output;
                foreach (var position in some)
                {
                    to[0] = a[position];
                    to[1] = b[position];
                    to[2] = c[position];
                    to[3] = d[position];
                    to += outputs;
                }
            }

            for (; output < outputs; output++, tensor += positions)
            {
                var to = first + output;
                foreach (var position in some)
                {
                    *to = tensor[position];
                    to += outputs;
                }
            }
        }
    }

    /// <summary>Adds the patches of some places, whose channels were gathered, to the tensors that they belong to.</summary>
    private static void AddPatches<T>(
        ReadOnlySpan<T> channels, ReadOnlySpan<T> kernel, Span<T> strip, ReadOnlySpan<(int Row, int Position)> places, PatchImage<T> image, T* tensors, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var outputs = shape.OutputChannels / shape.Groups;
        var taps = shape.InputChannels / shape.Groups * shape.KernelHeight * shape.KernelWidth;
        fixed (T* a = channels, b = kernel, c = strip)
            BlockedProduct.Accumulate(a, outputs, new RowMajor<T>(b, taps), c, taps, 1, places.Length, outputs, taps, fresh: true);
        for (var i = 0; i < places.Length; i++)
            image.Add(strip.Slice(i * taps, taps), tensors + (nint)places[i].Row * shape.InputSize, places[i].Position);
    }

    /// <summary>Rearranges kernels of channels × taps so that the channels of one pixel lie together.</summary>
    private static void ChannelsLast<T>(ReadOnlySpan<T> weights, Span<T> kernel, int channels, int taps)
    {
        var pixels = taps / channels;
        for (var first = 0; first < weights.Length; first += taps)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var pixel = 0; pixel < pixels; pixel++)
                    kernel[first + pixel * channels + channel] = weights[first + channel * pixels + pixel];
            }
        }
    }

    /// <summary>Finds the positions, in ascending order, at which any of the channels is not zero; returns their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Support<T>(T* tensor, int channels, int positions, Span<int> support) where T : unmanaged, INumber<T>
    {
        var (count, first) = (0, 0);
        for (; first <= positions - Vector512<T>.Count; first += Vector512<T>.Count)
        {
            // Bits that any of the channels has: zero is the one number that has none, but for a sign.
            var bits = Vector512<T>.Zero;
            for (var channel = 0; channel < channels; channel++) bits |= Vector512.Load(tensor + (nint)channel * positions + first);
            var mask = (~Vector512.Equals(bits, Vector512<T>.Zero)).ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1) support[count++] = first + BitOperations.TrailingZeroCount(mask);
        }

        for (; first < positions; first++)
        {
            var channel = 0;
            while (channel < channels && tensor[(nint)channel * positions + first] == T.Zero) channel++;
            if (channel < channels) support[count++] = first;
        }

        return count;
    }
}
