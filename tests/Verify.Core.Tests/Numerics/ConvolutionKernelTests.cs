using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

[Trait("Category", "Simd")]
public class ConvolutionKernelTests
{
    internal static readonly ConvolutionShape[] Shapes =
    [
        new(1, 1, 1, 1, 1, 1),
        new(3, 8, 8, 5, 3, 3),
        new(3, 8, 9, 9, 3, 2, StrideHeight: 2, StrideWidth: 3, PadTop: 1, PadLeft: 2, PadRight: 1),
        new(4, 7, 11, 6, 3, 3, DilationHeight: 2, DilationWidth: 3, PadTop: 3, PadBottom: 2, PadLeft: 3, PadRight: 3, Groups: 2),
        new(6, 5, 5, 6, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 6),
        new(2, 3, 3, 4, 2, 2, PadTop: 5, PadLeft: 4, PadBottom: 6, PadRight: 7),
        new(2, 2, 2, 3, 5, 5, PadTop: 4, PadLeft: 4, PadBottom: 4, PadRight: 4),
        new(2, 9, 9, 3, 2, 2, StrideHeight: 4, StrideWidth: 4),
        new(2, 6, 6, 3, 3, 3, PadTop: -1, PadLeft: -2, PadBottom: -1, PadRight: 0),
        new(2, 6, 30, 9, 3, 3, PadLeft: 1),
        new(2, 1, 200, 3, 1, 4),
        new(5, 1, 40, 7, 1, 5, StrideWidth: 2, PadLeft: 2, PadRight: 2),
        new(40, 12, 12, 17, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        new(3, 16, 16, 8, 5, 5, StrideHeight: 2, StrideWidth: 2, PadTop: 2, PadLeft: 2, PadBottom: 2, PadRight: 2),
        new(1, 28, 28, 16, 4, 4, StrideHeight: 2, StrideWidth: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        new(16, 14, 14, 32, 4, 4, StrideHeight: 2, StrideWidth: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        new(1, 40, 70, 5, 3, 4, StrideHeight: 2, StrideWidth: 3, DilationHeight: 3, DilationWidth: 2, PadTop: 2, PadLeft: 4, PadBottom: -1, PadRight: 3),
        new(2, 30, 41, 6, 3, 3, StrideWidth: 2, PadTop: -1, PadLeft: -3, PadBottom: 2, PadRight: -2, Groups: 2),
        new(1, 9, 20, 3, 2, 2, StrideHeight: 4, StrideWidth: 3),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Shapes.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_convolution_is_the_sum_over_its_kernel(int index)
    {
        EqualsDefinition<double>(Shapes[index], 1e-12);
        EqualsDefinition<float>(Shapes[index], 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_convolution_is_one_chain_of_multiply_adds(int index)
    {
        var shape = Shapes[index];
        var (x, w, y) = Tensors<double>(shape, 1);
        var expected = y.ToArray();
        // Padding is a term as well: it adds a zero, which changes nothing.
        Visit(shape, (weight, input, output) => expected[output] = Math.FusedMultiplyAdd(w[weight], x[input], expected[output]));
        ConvolutionKernel.Accumulate<double>(x, w, y, 1, shape);
        Assert.Equal(expected, y);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_transpose_is_a_sum_of_chains_in_the_order_of_positions(int index)
    {
        var shape = Shapes[index];
        var (x, w, y) = Tensors<float>(shape, 2);
        var random = new RandomStream(1);
        // One tensor is full, the other zero at most positions.
        var positions = shape.OutputHeight * shape.OutputWidth;
        for (var position = 0; position < positions; position++)
        {
            if (random.NextDouble() < 0.2) continue;
            for (var output = 0; output < shape.OutputChannels; output++) y[shape.OutputSize + output * positions + position] = 0;
        }

        var actual = x.ToArray();
        ConvolutionKernel.AccumulateTransposed<float>(y, w, actual, 2, shape);
        for (var row = 0; row < 2; row++)
        {
            var chains = new SortedDictionary<(int Position, int Input), float>();
            Visit(shape, (weight, input, output) =>
            {
                var key = (output % positions, input);
                chains[key] = MathF.FusedMultiplyAdd(w[weight], y[row * shape.OutputSize + output], chains.GetValueOrDefault(key));
            });
            var sums = new float[shape.InputSize];
            foreach (var ((_, input), chain) in chains) sums[input] += chain;
            for (var i = 0; i < sums.Length; i++) Assert.Equal(x[row * shape.InputSize + i] + sums[i], actual[row * shape.InputSize + i]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_tensor_is_the_same_alone_and_in_a_batch(int index)
    {
        const int Rows = 3;
        var shape = Shapes[index];
        var (x, w, y) = Tensors<double>(shape, Rows);
        var (forward, backward) = (y.ToArray(), x.ToArray());
        ConvolutionKernel.Accumulate<double>(x, w, forward, Rows, shape);
        ConvolutionKernel.AccumulateTransposed<double>(y, w, backward, Rows, shape);
        for (var row = 0; row < Rows; row++)
        {
            var input = x.AsSpan(row * shape.InputSize, shape.InputSize);
            var output = y.AsSpan(row * shape.OutputSize, shape.OutputSize);
            var (alone, aloneBackward) = (output.ToArray(), input.ToArray());
            ConvolutionKernel.Accumulate<double>(input, w, alone, 1, shape);
            ConvolutionKernel.AccumulateTransposed<double>(output, w, aloneBackward, 1, shape);
            Assert.Equal(forward.AsSpan(row * shape.OutputSize, shape.OutputSize).ToArray(), alone);
            Assert.Equal(backward.AsSpan(row * shape.InputSize, shape.InputSize).ToArray(), aloneBackward);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tensors_that_are_zero_nearly_everywhere_are_transposed_as_any_others(int index)
    {
        const int Rows = 7;
        var shape = Shapes[index];
        var (x, w, y) = Tensors<double>(shape, Rows);
        var random = new RandomStream(1);
        // The first tensor is zero, the second full, the others have a value here and there.
        for (var i = 0; i < y.Length; i++)
        {
            var row = i / shape.OutputSize;
            if (row == 0 || (row > 1 && random.NextDouble() > 0.03)) y[i] = 0;
        }

        var (actual, expected) = (x.ToArray(), x.ToArray());
        ConvolutionKernel.AccumulateTransposed<double>(y, w, actual, Rows, shape);
        for (var row = 0; row < Rows; row++)
        {
            var (from, to) = (row * shape.OutputSize, row * shape.InputSize);
            Visit(shape, (weight, input, output) => expected[to + input] += w[weight] * y[from + output]);
        }

        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected[i], actual[i], 1e-12);
        Assert.Equal(x.AsSpan(0, shape.InputSize).ToArray(), actual.AsSpan(0, shape.InputSize).ToArray());
    }

    [Fact]
    public void Too_few_weights_are_refused() => Assert.Throws<ArgumentException>(
        () => ConvolutionKernel.Accumulate<double>(new double[4], new double[3], new double[1], 1, new(1, 2, 2, 1, 2, 2)));

    private static void EqualsDefinition<T>(ConvolutionShape shape, double tolerance) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (x, w, y) = Tensors<T>(shape, 1);
        var (forward, backward) = (y.ToArray(), x.ToArray());
        var (expectedForward, expectedBackward) = (Array.ConvertAll(y, double.CreateTruncating), Array.ConvertAll(x, double.CreateTruncating));
        Visit(shape, (weight, input, output) =>
        {
            expectedForward[output] += double.CreateTruncating(w[weight]) * double.CreateTruncating(x[input]);
            expectedBackward[input] += double.CreateTruncating(w[weight]) * double.CreateTruncating(y[output]);
        });
        ConvolutionKernel.Accumulate<T>(x, w, forward, 1, shape);
        ConvolutionKernel.AccumulateTransposed<T>(y, w, backward, 1, shape);
        for (var i = 0; i < forward.Length; i++) Assert.Equal(expectedForward[i], double.CreateTruncating(forward[i]), tolerance);
        for (var i = 0; i < backward.Length; i++) Assert.Equal(expectedBackward[i], double.CreateTruncating(backward[i]), tolerance);
    }

    /// <summary>The definition: every weight, with every pair of elements that it connects, in the order of the kernel.</summary>
    internal static void Visit(ConvolutionShape s, Action<int, int, int> visit)
    {
        var (inputs, outputs) = (s.InputChannels / s.Groups, s.OutputChannels / s.Groups);
        for (var o = 0; o < s.OutputChannels; o++)
            for (var c = 0; c < inputs; c++)
                for (var kh = 0; kh < s.KernelHeight; kh++)
                    for (var kw = 0; kw < s.KernelWidth; kw++)
                        for (var oh = 0; oh < s.OutputHeight; oh++)
                            for (var ow = 0; ow < s.OutputWidth; ow++)
                            {
                                var ih = oh * s.StrideHeight + kh * s.DilationHeight - s.PadTop;
                                var iw = ow * s.StrideWidth + kw * s.DilationWidth - s.PadLeft;
                                if (ih < 0 || ih >= s.InputHeight || iw < 0 || iw >= s.InputWidth) continue;
                                visit(
                                    ((o * inputs + c) * s.KernelHeight + kh) * s.KernelWidth + kw,
                                    ((o / outputs * inputs + c) * s.InputHeight + ih) * s.InputWidth + iw,
                                    (o * s.OutputHeight + oh) * s.OutputWidth + ow);
                            }
    }

    internal static (T[] X, T[] W, T[] Y) Tensors<T>(ConvolutionShape shape, int rows) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new RandomStream((ulong)shape.WeightSize);
        T[] Tensor(int size) => Enumerable.Range(0, size).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
        return (Tensor(rows * shape.InputSize), Tensor(shape.WeightSize), Tensor(rows * shape.OutputSize));
    }
}
