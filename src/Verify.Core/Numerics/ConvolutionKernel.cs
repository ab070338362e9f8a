using System.Numerics;

namespace RobustVerify.Core.Numerics;

/// <summary>Convolution and its transpose on batches of contiguous tensors.</summary>
public static class ConvolutionKernel
{
    /// <summary>y += convolution of x, for each of <paramref name="rows"/> tensors.</summary>
    public static void Accumulate<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> y, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Visit(x, weights, y, rows, shape, transposed: false);

    /// <summary>x += transposed convolution of y, for each of <paramref name="rows"/> tensors.</summary>
    public static void AccumulateTransposed<T>(
        ReadOnlySpan<T> y, ReadOnlySpan<T> weights, Span<T> x, int rows, ConvolutionShape shape)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Visit(y, weights, x, rows, shape, transposed: true);

    private static void Visit<T>(
        ReadOnlySpan<T> source, ReadOnlySpan<T> weights, Span<T> target, int rows, ConvolutionShape s, bool transposed)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var groupInputs = s.InputChannels / s.Groups;
        var groupOutputs = s.OutputChannels / s.Groups;
        var (sourceSize, targetSize) = transposed ? (s.OutputSize, s.InputSize) : (s.InputSize, s.OutputSize);
        for (var row = 0; row < rows; row++)
        {
            var from = source.Slice(row * sourceSize, sourceSize);
            var to = target.Slice(row * targetSize, targetSize);
            for (var o = 0; o < s.OutputChannels; o++)
                for (var c = 0; c < groupInputs; c++)
                    for (var kh = 0; kh < s.KernelHeight; kh++)
                        for (var kw = 0; kw < s.KernelWidth; kw++)
                        {
                            var weight = weights[((o * groupInputs + c) * s.KernelHeight + kh) * s.KernelWidth + kw];
                            var channel = o / groupOutputs * groupInputs + c;
                            for (var oh = 0; oh < s.OutputHeight; oh++)
                            {
                                var ih = oh * s.StrideHeight + kh * s.DilationHeight - s.PadTop;
                                if (ih < 0 || ih >= s.InputHeight) continue;
                                for (var ow = 0; ow < s.OutputWidth; ow++)
                                {
                                    var iw = ow * s.StrideWidth + kw * s.DilationWidth - s.PadLeft;
                                    if (iw < 0 || iw >= s.InputWidth) continue;
                                    var input = (channel * s.InputHeight + ih) * s.InputWidth + iw;
                                    var output = (o * s.OutputHeight + oh) * s.OutputWidth + ow;
                                    if (transposed) to[input] += weight * from[output];
                                    else to[output] += weight * from[input];
                                }
                            }
                        }
        }
    }
}
