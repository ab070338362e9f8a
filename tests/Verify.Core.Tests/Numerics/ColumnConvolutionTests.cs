using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

[Trait("Category", "Simd")]
public class ColumnConvolutionTests
{
    public static TheoryData<int> Cases => ConvolutionKernelTests.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_element_is_one_chain_of_multiply_adds(int index)
    {
        EqualsChain<double>(index, transposed: false);
        EqualsChain<float>(index, transposed: false);
        EqualsChain<double>(index, transposed: true);
        EqualsChain<float>(index, transposed: true);
    }

    // A convolution takes its terms in the order of the kernel, a transposed one in the order of the outputs that an input reaches.
    private static void EqualsChain<T>(int index, bool transposed) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Three vectors, two, one, and columns that fill none, for some width of vectors.
        const int Columns = 21;
        var shape = ConvolutionKernelTests.Shapes[index];
        var (x, w, y) = ConvolutionKernelTests.Tensors<T>(shape, Columns);
        var (source, target) = transposed ? (y, x) : (x, y);
        var terms = new List<(int Weight, int Source, int Target)>();
        ConvolutionKernelTests.Visit(shape, (weight, input, output) => terms.Add(transposed ? (weight, output, input) : (weight, input, output)));
        if (transposed) terms = [.. terms.OrderBy(term => term.Source)];

        var bias = target[..(target.Length / Columns)];
        var (expected, begun, result, fresh) = (target.ToArray(), new T[target.Length], target.ToArray(), new T[target.Length]);
        for (var i = 0; i < begun.Length; i++) begun[i] = bias[i / Columns];
        foreach (var (weight, from, to) in terms)
        {
            for (var column = 0; column < Columns; column++)
            {
                foreach (var sums in new[] { expected, begun })
                    sums[to * Columns + column] = T.FusedMultiplyAdd(w[weight], source[from * Columns + column], sums[to * Columns + column]);
            }
        }

        var convolution = new ColumnConvolution(shape, transposed);
        convolution.Accumulate(source, w, result, Columns, default);
        convolution.Accumulate(source, w, fresh, Columns, bias);
        Assert.Equal(expected, result);
        Assert.Equal(begun, fresh);
    }
}
