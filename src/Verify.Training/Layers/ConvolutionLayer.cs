using System.Buffers;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Layers;

/// <summary>A convolution over channels × height × width. Its weights are output channels × input channels × kernel.</summary>
public sealed class ConvolutionLayer : AffineLayer
{
    // Of every output position, where in the input each element of its patch lies; −1 in the padding.
    private readonly int[] patches;

    /// <summary>Creates a convolution of one group.</summary>
    public ConvolutionLayer(ConvolutionShape shape) : base(shape.InputSize, shape.OutputSize)
    {
        if (shape.Groups != 1) throw new ArgumentException("Convolutions are trained in one group.", nameof(shape));
        Shape = shape;
        patches = Patches(shape);
    }

    /// <summary>The geometry.</summary>
    public ConvolutionShape Shape { get; }

    /// <inheritdoc/>
    public override int WeightCount => Shape.WeightSize;

    /// <inheritdoc/>
    public override int Channels => Shape.OutputChannels;

    /// <inheritdoc/>
    public override int FanIn => Shape.InputChannels * Shape.KernelHeight * Shape.KernelWidth;

    /// <inheritdoc/>
    public override int FanOut => Shape.OutputChannels * Shape.KernelHeight * Shape.KernelWidth;

    /// <inheritdoc/>
    public override LinearMap ToMap(double[] weights) => new ConvolutionMap(Shape, weights);

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<double> weights, ReadOnlySpan<double> x, Span<double> y, int rows) =>
        ConvolutionKernel.Accumulate(x, weights, y, rows, Shape);

    /// <inheritdoc/>
    public override void ApplyTransposed(ReadOnlySpan<double> weights, ReadOnlySpan<double> y, Span<double> x, int rows) =>
        ConvolutionKernel.AccumulateTransposed(y, weights, x, rows, Shape);

    /// <inheritdoc/>
    public override void AccumulateWeights(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> gradient, int rows)
    {
        var positions = Shape.OutputHeight * Shape.OutputWidth;
        var matrix = ArrayPool<double>.Shared.Rent(patches.Length);
        for (var row = 0; row < rows; row++)
        {
            var image = x.Slice(row * InputSize, InputSize);
            for (var i = 0; i < patches.Length; i++) matrix[i] = patches[i] < 0 ? 0 : image[patches[i]];
            MatrixProduct.Accumulate(y.Slice(row * OutputSize, OutputSize), matrix, gradient, Channels, positions, FanIn);
        }

        ArrayPool<double>.Shared.Return(matrix);
    }

    private static int[] Patches(ConvolutionShape shape)
    {
        var indices = new List<int>();
        for (var y = 0; y < shape.OutputHeight; y++)
        {
            for (var x = 0; x < shape.OutputWidth; x++)
            {
                for (var weight = 0; weight < shape.InputChannels * shape.KernelHeight * shape.KernelWidth; weight++)
                {
                    var (channel, inKernel) = Math.DivRem(weight, shape.KernelHeight * shape.KernelWidth);
                    var row = y * shape.StrideHeight - shape.PadTop + inKernel / shape.KernelWidth * shape.DilationHeight;
                    var column = x * shape.StrideWidth - shape.PadLeft + inKernel % shape.KernelWidth * shape.DilationWidth;
                    var isInside = row >= 0 && row < shape.InputHeight && column >= 0 && column < shape.InputWidth;
                    indices.Add(isInside ? (channel * shape.InputHeight + row) * shape.InputWidth + column : -1);
                }
            }
        }

        return [.. indices];
    }
}
