using System.Numerics;
using System.Runtime.CompilerServices;

namespace RobustVerify.Core.Numerics;

/// <summary>A convolution, or its transpose, of matrices that hold a tensor in each column.</summary>
/// <remarks>
/// Every pixel of the result is a sum over the pixels that reach it, of products of the kernel's channels with theirs: which pixels and
/// which weights is all that tells a transposed convolution from a convolution. Pixels that take the same terms but
/// for a shift are of one kind. An element is one chain of multiply–adds, over the channels and the kernel; padding has no terms.
/// </remarks>
internal sealed unsafe class ColumnConvolution
{
    private readonly int groups, rows, weightRow, weightGroup, pixels, sources, sourceChannels;
    private readonly Axis vertical, horizontal;
    private readonly int sourceWidth;
    private readonly Kind[] kinds;

    /// <summary>Finds the terms of all pixels.</summary>
    /// <param name="shape">The geometry of the convolution.</param>
    /// <param name="transposed">Whether the sums are those of its transpose.</param>
    public ColumnConvolution(ConvolutionShape shape, bool transposed)
    {
        var (inputs, outputs, kernel) = (shape.InputChannels / shape.Groups, shape.OutputChannels / shape.Groups, shape.KernelHeight * shape.KernelWidth);
        var (inputPixels, outputPixels) = (shape.InputHeight * shape.InputWidth, shape.OutputHeight * shape.OutputWidth);
        (groups, weightGroup) = (shape.Groups, outputs * inputs * kernel);
        (rows, weightRow, pixels) = transposed ? (inputs, kernel, inputPixels) : (outputs, inputs * kernel, outputPixels);
        (sourceChannels, sources, sourceWidth) = transposed ? (outputs, outputPixels, shape.OutputWidth) : (inputs, inputPixels, shape.InputWidth);
        vertical = new Axis(shape.InputHeight, shape.OutputHeight, shape.KernelHeight, shape.StrideHeight, shape.DilationHeight, shape.PadTop, transposed);
        horizontal = new Axis(shape.InputWidth, shape.OutputWidth, shape.KernelWidth, shape.StrideWidth, shape.DilationWidth, shape.PadLeft, transposed);
        var channelWeights = transposed ? inputs * kernel : kernel;
        kinds = [.. vertical.Kinds.SelectMany(_ => horizontal.Kinds, Terms)];

        Kind Terms((int Tap, int Place)[] lines, (int Tap, int Place)[] columns)
        {
            var terms = Enumerable.Range(0, sourceChannels).SelectMany(channel => lines.SelectMany(line => columns.Select(column => (
                Weight: channel * channelWeights + line.Tap * shape.KernelWidth + column.Tap,
                Source: channel * sources + line.Place * sourceWidth + column.Place)))).ToArray();
            return new Kind([.. terms.Select(term => term.Weight)], [.. terms.Select(term => term.Source)]);
        }
    }

    /// <summary>Y += L X, or Y = b 1ᵀ + L X where b is given.</summary>
    /// <param name="x">The tensors that the map takes, elements × columns.</param>
    /// <param name="weights">The weights of the convolution.</param>
    /// <param name="y">The tensors that it returns, elements × columns.</param>
    /// <param name="columns">The number of tensors.</param>
    /// <param name="bias">b, an element for each of a tensor, or nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Accumulate<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> y, int columns, ReadOnlySpan<T> bias)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (T* px = x, pw = weights, py = y, pb = bias)
        {
            for (var group = 0; group < groups; group++)
            {
                var from = px + (nint)group * sourceChannels * sources * columns;
                for (var pixel = 0; pixel < pixels; pixel++)
                {
                    var (line, column) = (pixel / horizontal.Size, pixel % horizontal.Size);
                    var kind = kinds[vertical.KindOf[line] * horizontal.Kinds.Count + horizontal.KindOf[column]];
                    var first = vertical.First[line] * sourceWidth + horizontal.First[column];
                    var element = group * rows * pixels + pixel;
                    fixed (int* left = kind.Weights, right = kind.Sources)
                    {
                        ColumnProduct.Accumulate(
                            pw + group * weightGroup, weightRow,
                            from + (nint)first * columns, new ListedTerms(left, right, columns), kind.Weights.Length,
                            py + (nint)element * columns, (nint)pixels * columns,
                            pb == null ? pb : pb + element, pixels,
                            rows, columns);
                    }
                }
            }
        }
    }

    /// <summary>The terms of a pixel: which weight of a row, and which element after the first, each.</summary>
    private sealed record Kind(int[] Weights, int[] Sources);

    /// <summary>Factors at the distances that are listed.</summary>
    private struct ListedTerms(int* left, int* right, nint columns) : ITerms
    {
        private nint k;

        public readonly nint Left => left[k];

        public readonly nint Right => right[k] * columns;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Next() => k++;
    }

    /// <summary>One of the two directions: which places of the source reach a place of the result, and by which element of the kernel.</summary>
    private sealed class Axis
    {
        public Axis(int inputs, int outputs, int kernel, int stride, int dilation, int pad, bool transposed)
        {
            Size = transposed ? inputs : outputs;
            (KindOf, First) = (new int[Size], new int[Size]);
            var reached = Enumerable.Range(0, Size).Select(_ => new List<(int Tap, int Place)>()).ToArray();
            for (var output = 0; output < outputs; output++)
            {
                for (var tap = 0; tap < kernel; tap++)
                {
                    var input = output * stride - pad + tap * dilation;
                    if (input < 0 || input >= inputs) continue;
                    if (transposed) reached[input].Add((tap, output));
                    else reached[output].Add((tap, input));
                }
            }

            for (var i = 0; i < Size; i++)
            {
                First[i] = reached[i].Count == 0 ? 0 : reached[i][0].Place;
                var kind = reached[i].Select(term => (term.Tap, term.Place - First[i])).ToArray();
                KindOf[i] = Kinds.FindIndex(kind.SequenceEqual);
                if (KindOf[i] >= 0) continue;
                KindOf[i] = Kinds.Count;
                Kinds.Add(kind);
            }
        }

        public int Size { get; }

        /// <summary>The elements of the kernel, and the places after the first, of each kind.</summary>
        public List<(int Tap, int Place)[]> Kinds { get; } = [];

        public int[] KindOf { get; }

        public int[] First { get; }
    }
}
