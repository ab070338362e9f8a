using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace RobustVerify.Core.Numerics;

/// <summary>Convolution and its transpose on batches of contiguous tensors.</summary>
/// <remarks>
/// Both are matrix products with the patches of the image, of which only a part is ever stored.
/// The bits of a tensor's result depend neither on the machine nor on the other tensors of the batch.
/// Source: Chellapilla, Puri, Simard 2006 (lowering to a matrix product); ConvolutionShape has the layout of tensors.
/// </remarks>
public static unsafe class ConvolutionKernel
{
    /// <summary>y += convolution of x, for each of <paramref name="rows"/> tensors.</summary>
    /// <remarks>
    /// Every element is one chain of multiply–adds over channels and kernel: n roundings for n weights per output.
    /// </remarks>
    public static void Accumulate<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> y, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(x.Length, weights.Length, y.Length, rows, shape);
        var patches = new PatchGeometry(shape);
        var image = ArrayPool<T>.Shared.Rent(patches.ImageSize);
        fixed (T* source = image, pw = weights, py = y)
        fixed (int* taps = patches.Taps, positions = patches.Positions)
        {
            for (var row = 0; row < rows; row++)
            {
                patches.Pad(x.Slice(row * shape.InputSize, shape.InputSize), image);
                for (var group = 0; group < shape.Groups; group++)
                {
                    BlockedProduct.Accumulate(
                        pw + (nint)group * patches.GroupOutputs * patches.Taps.Length, patches.Taps.Length,
                        new Patches<T>(source + group * patches.GroupSize, taps, positions, patches.Run),
                        py + (nint)row * shape.OutputSize + group * patches.GroupOutputs * patches.Positions.Length, patches.Positions.Length, 1,
                        patches.GroupOutputs, patches.Taps.Length, patches.Positions.Length);
                }
            }
        }

        ArrayPool<T>.Shared.Return(image);
    }

    /// <summary>x += transposed convolution of y, for each of <paramref name="rows"/> tensors.</summary>
    /// <remarks>
    /// Every element is a sum, over the output positions that it reaches in ascending order, of chains of multiply–adds
    /// over the channels: for n weights per input, at most n + 1 roundings.
    /// </remarks>
    public static void AccumulateTransposed<T>(
        ReadOnlySpan<T> y, ReadOnlySpan<T> weights, Span<T> x, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(x.Length, weights.Length, y.Length, rows, shape);
        TransposedConvolution.Accumulate(y, weights, x, rows, shape);
    }

    private static void Check(int x, int weights, int y, int rows, ConvolutionShape shape)
    {
        if (rows < 0 || x < (long)rows * shape.InputSize || y < (long)rows * shape.OutputSize || weights < shape.WeightSize)
            throw new ArgumentException($"{x} inputs, {weights} weights and {y} outputs do not hold {rows} of {shape}.");
    }

    /// <summary>
    /// Where the patches of an image lie: the entry for a weight of the kernel (a tap) and an output position is at
    /// Taps[k] + Positions[j] of the image, once the image is surrounded by its padding.
    /// </summary>
    private sealed class PatchGeometry
    {
        private readonly ConvolutionShape shape;
        private readonly int height, width;

        public PatchGeometry(ConvolutionShape shape)
        {
            this.shape = shape;

            // Large enough for the image and for every patch: a kernel may stop short of the padding or of the image.
            height = Math.Max(shape.PadTop + shape.InputHeight, (shape.OutputHeight - 1) * shape.StrideHeight + (shape.KernelHeight - 1) * shape.DilationHeight + 1);
            width = Math.Max(shape.PadLeft + shape.InputWidth, (shape.OutputWidth - 1) * shape.StrideWidth + (shape.KernelWidth - 1) * shape.DilationWidth + 1);
            var inputs = shape.InputChannels / shape.Groups;
            GroupOutputs = shape.OutputChannels / shape.Groups;
            GroupSize = checked(inputs * height * width);

            Taps = new int[inputs * shape.KernelHeight * shape.KernelWidth];
            for (var (channel, k) = (0, 0); channel < inputs; channel++)
                for (var kh = 0; kh < shape.KernelHeight; kh++)
                    for (var kw = 0; kw < shape.KernelWidth; kw++)
                        Taps[k++] = (channel * height + kh * shape.DilationHeight) * width + kw * shape.DilationWidth;

            Positions = new int[shape.OutputHeight * shape.OutputWidth];
            for (var (oh, j) = (0, 0); oh < shape.OutputHeight; oh++)
                for (var ow = 0; ow < shape.OutputWidth; ow++)
                    Positions[j++] = oh * shape.StrideHeight * width + ow * shape.StrideWidth;

            if (Positions[^1] == Positions.Length - 1) Run = Positions.Length;
            else Run = shape.StrideWidth == 1 && shape.OutputWidth >= 16 ? shape.OutputWidth : 1;
        }

        public int[] Taps { get; }

        public int[] Positions { get; }

        /// <summary>
        /// How many positions lie next to one another in memory before there is a gap: those of a line, or all. Where they
        /// are few, 1: then it is faster to take each by itself.
        /// </summary>
        public int Run { get; }

        public int GroupOutputs { get; }

        /// <summary>Elements of the padded channels of one group.</summary>
        public int GroupSize { get; }

        public int ImageSize => checked(shape.Groups * GroupSize);

        /// <summary>Copies a tensor into an image with zeros around it.</summary>
        public void Pad<T>(ReadOnlySpan<T> tensor, Span<T> image)
        {
            image[..ImageSize].Clear();
            foreach (var (inside, outside, length) in Lines()) tensor.Slice(inside, length).CopyTo(image[outside..]);
        }

        // The lines of the image that the tensor fills. Negative padding cuts some of them off.
        private IEnumerable<(int Tensor, int Image, int Length)> Lines()
        {
            var (top, left) = (Math.Max(0, -shape.PadTop), Math.Max(0, -shape.PadLeft));
            for (var channel = 0; channel < shape.InputChannels; channel++)
                for (var line = top; line < shape.InputHeight; line++)
                {
                    yield return (
                        (channel * shape.InputHeight + line) * shape.InputWidth + left,
                        (channel * height + line + shape.PadTop) * width + left + shape.PadLeft,
                        shape.InputWidth - left);
                }
        }
    }

    /// <summary>The patches of a padded image, taps × positions.</summary>
    private readonly struct Patches<T>(T* image, int* taps, int* positions, int longestRun) : IRightFactor<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Pack(int k, int j, int depth, int width, T* panel, int stride)
        {
            var at = positions + j;
            for (var row = k; row < k + depth; row++, panel += stride)
            {
                var source = image + taps[row];
                if (longestRun == 1)
                {
                    for (var column = 0; column < width; column++) panel[column] = source[at[column]];
                    continue;
                }

                for (int column = 0, run = longestRun - j % longestRun; column < width; column += run, run = longestRun)
                {
                    run = Math.Min(run, width - column);
                    new ReadOnlySpan<T>(source + at[column], run).CopyTo(new Span<T>(panel + column, run));
                }
            }
        }

        public bool HasContiguousRows(out T* data, out nint stride)
        {
            data = null;
            stride = 0;
            return false;
        }
    }
}
