using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>Convolution and its transpose on batches of contiguous tensors.</summary>
/// <remarks>
/// Both are matrix products with the patches of the image, of which only a part is ever stored.
/// The bits of a tensor's result depend neither on the machine nor on the other tensors of the batch.
/// Source: Chellapilla, Puri, Simard 2006 (lowering to a matrix product); ConvolutionShape has the layout of tensors.
/// </remarks>
public static unsafe class ConvolutionKernel
{
    private const int ManyPositions = 256;

    /// <summary>y += convolution of x, for each of <paramref name="rows"/> tensors.</summary>
    /// <remarks>
    /// Every element is one chain of multiply–adds over channels and kernel: n roundings for n weights per output.
    /// </remarks>
    public static void Accumulate<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> y, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(x.Length, weights.Length, y.Length, rows, shape);
        // A small image has too few positions to fill the tiles of a product: several tensors share one.
        var positions = shape.OutputHeight * shape.OutputWidth;
        var together = Math.Clamp(ManyPositions / positions, 1, Math.Max(rows, 1));
        var patches = new PatchGeometry(shape, together);
        var images = ArrayPool<T>.Shared.Rent(together * patches.ImageSize + 2 * Vector256<T>.Count); // which may be read in whole vectors
        var results = ArrayPool<T>.Shared.Rent(together > 1 ? patches.GroupOutputs * patches.Positions.Length : 0);
        images.AsSpan(0, together * patches.ImageSize).Clear();
        fixed (T* source = images, shared = results, pw = weights, py = y)
        fixed (int* taps = patches.Taps, places = patches.Positions)
        {
            for (var row = 0; row < rows; row += together)
            {
                var count = Math.Min(together, rows - row);
                for (var i = 0; i < count; i++) patches.Place(x.Slice((row + i) * shape.InputSize, shape.InputSize), images.AsSpan(i * patches.ImageSize));
                for (var group = 0; group < shape.Groups; group++)
                {
                    var target = py + (nint)row * shape.OutputSize + (nint)group * patches.GroupOutputs * positions;
                    if (count > 1) Exchange<T>(target, shape.OutputSize, shared, patches.GroupOutputs, positions, count, back: false);
                    BlockedProduct.Accumulate(
                        pw + (nint)group * patches.GroupOutputs * patches.Taps.Length, patches.Taps.Length,
                        new Patches<T>(source + group * patches.GroupSize, taps, places, patches.Run),
                        count > 1 ? shared : target, count * positions, 1,
                        patches.GroupOutputs, patches.Taps.Length, count * positions);
                    if (count > 1) Exchange<T>(target, shape.OutputSize, shared, patches.GroupOutputs, positions, count, back: true);
                }
            }
        }

        ArrayPool<T>.Shared.Return(images);
        ArrayPool<T>.Shared.Return(results);
    }

    /// <summary>Copies the channels of some tensors to a matrix of channels × positions of all of them, or back.</summary>
    private static void Exchange<T>(T* tensors, nint size, T* shared, int channels, int positions, int count, bool back) where T : unmanaged
    {
        for (var channel = 0; channel < channels; channel++)
        {
            for (var i = 0; i < count; i++, shared += positions)
            {
                var own = new Span<T>(tensors + i * size + (nint)channel * positions, positions);
                var all = new Span<T>(shared, positions);
                if (back) all.CopyTo(own);
                else own.CopyTo(all);
            }
        }
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
    /// Taps[k] + Positions[j] of the image, once the image is surrounded by its padding, and the columns of a line that are
    /// a stride apart lie together. So the entries of one tap for the positions of a line are contiguous, whatever the stride.
    /// </summary>
    private sealed class PatchGeometry
    {
        private readonly ConvolutionShape shape;
        private readonly int height, columns;
        private readonly int[] lineColumns;

        public PatchGeometry(ConvolutionShape shape, int images)
        {
            this.shape = shape;

            // Large enough for the image and for every patch: a kernel may stop short of the padding or of the image.
            height = Math.Max(shape.PadTop + shape.InputHeight, (shape.OutputHeight - 1) * shape.StrideHeight + (shape.KernelHeight - 1) * shape.DilationHeight + 1);
            var width = Math.Max(shape.PadLeft + shape.InputWidth, (shape.OutputWidth - 1) * shape.StrideWidth + (shape.KernelWidth - 1) * shape.DilationWidth + 1);
            columns = (width + shape.StrideWidth - 1) / shape.StrideWidth;
            lineColumns = new int[shape.InputWidth];
            for (var column = Math.Max(0, -shape.PadLeft); column < lineColumns.Length; column++) lineColumns[column] = Column(column + shape.PadLeft);
            var inputs = shape.InputChannels / shape.Groups;
            GroupOutputs = shape.OutputChannels / shape.Groups;
            GroupSize = checked(inputs * height * Line);

            Taps = new int[inputs * shape.KernelHeight * shape.KernelWidth];
            for (var (channel, k) = (0, 0); channel < inputs; channel++)
                for (var kh = 0; kh < shape.KernelHeight; kh++)
                    for (var kw = 0; kw < shape.KernelWidth; kw++)
                        Taps[k++] = (channel * height + kh * shape.DilationHeight) * Line + Column(kw * shape.DilationWidth);

            var positions = shape.OutputHeight * shape.OutputWidth;
            Positions = new int[images * positions];
            for (var (image, j) = (0, 0); image < images; image++)
                for (var oh = 0; oh < shape.OutputHeight; oh++)
                    for (var ow = 0; ow < shape.OutputWidth; ow++)
                        Positions[j++] = image * ImageSize + oh * shape.StrideHeight * Line + ow;

            Run = Positions[positions - 1] == positions - 1 ? positions : shape.OutputWidth;
        }

        public int[] Taps { get; }

        /// <summary>Those of one image after another.</summary>
        public int[] Positions { get; }

        /// <summary>How many positions lie next to one another in memory before there is a gap: those of a line, or of an image.</summary>
        public int Run { get; }

        public int GroupOutputs { get; }

        /// <summary>Elements of the padded channels of one group.</summary>
        public int GroupSize { get; }

        public int ImageSize => checked(shape.Groups * GroupSize);

        private int Line => columns * shape.StrideWidth;

        /// <summary>Copies a tensor into an image, in the middle of the zeros around it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Place<T>(ReadOnlySpan<T> tensor, Span<T> image) where T : unmanaged
        {
            // Negative padding cuts lines and columns off.
            var (top, left, width) = (Math.Max(0, -shape.PadTop), Math.Max(0, -shape.PadLeft), shape.InputWidth);
            fixed (T* lines = tensor, places = image)
            fixed (int* next = lineColumns)
            {
                for (var channel = 0; channel < shape.InputChannels; channel++)
                {
                    for (var line = top; line < shape.InputHeight; line++)
                    {
                        var from = lines + (channel * shape.InputHeight + line) * width;
                        var to = places + (channel * height + line + shape.PadTop) * Line;
                        if (shape.StrideWidth == 1)
                        {
                            var length = width - left;
                            new Span<T>(from + left, length).CopyTo(new Span<T>(to + left + shape.PadLeft, length));
                            continue;
                        }

                        var column = left;
                        if (sizeof(T) == sizeof(uint) && shape.StrideWidth == 2 && width - left >= 8)
                        {
                            var pairs = (width - left) / 2;
                            Split((uint*)from + left, (uint*)to + next[left], (uint*)to + next[left + 1], pairs);
                            column += 2 * pairs;
                        }

                        for (; column < width; column++) to[next[column]] = from[column];
                    }
                }
            }
        }

        /// <summary>Copies the first elements of four or more pairs, and the second ones.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Split(uint* from, uint* first, uint* second, int pairs)
        {
            for (var i = 0; i < pairs; i += 4)
            {
                // The last four, even where some of them were copied before.
                var pair = Math.Min(i, pairs - 4);
                var (a, b) = (Vector128.Load(from + 2 * pair).AsUInt64(), Vector128.Load(from + 2 * pair + 4).AsUInt64());
                // The lower half is the first one.
                Vector128.Narrow(a, b).Store(first + pair);
                Vector128.Narrow(a >> 32, b >> 32).Store(second + pair);
            }
        }

        /// <summary>Where a column of a line lies.</summary>
        private int Column(int column) => column % shape.StrideWidth * columns + column / shape.StrideWidth;
    }

    /// <summary>The patches of a padded image, taps × positions.</summary>
    private readonly struct Patches<T>(T* image, int* taps, int* positions, int longestRun) : IRightFactor<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Pack(int k, int j, int depth, int width, T* panel, int stride)
        {
            var at = positions + j;
            var first = longestRun - j % longestRun;
            var (isShort, isWide) = (longestRun <= 2 * Vector256<T>.Count, longestRun > Vector256<T>.Count);
            for (var row = k; row < k + depth; row++, panel += stride)
            {
                var source = image + taps[row];
                if (isShort)
                {
                    // Whole vectors: what is copied too much is overwritten by the next run, or by the next row.
                    for (int column = 0, run = first; column < width; column += run, run = longestRun)
                    {
                        Vector256.Load(source + at[column]).Store(panel + column);
                        if (isWide) Vector256.Load(source + at[column] + Vector256<T>.Count).Store(panel + column + Vector256<T>.Count);
                    }

                    continue;
                }

                for (int column = 0, run = first; column < width; column += run, run = longestRun)
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
