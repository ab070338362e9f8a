using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Layers;

/// <summary>The means of squares of every channel: a convolution without parameters, channel by channel.</summary>
/// <param name="channels">Channels of the input and of the output.</param>
/// <param name="height">Rows of an input channel.</param>
/// <param name="width">Columns of an input channel.</param>
/// <param name="size">Rows and columns of a square, and the step from one to the next.</param>
public sealed class AveragePoolLayer(int channels, int height, int width, int size)
    : AffineLayer(channels * height * width, channels * (height / size) * (width / size))
{
    private readonly double[] means = [.. Enumerable.Repeat(1.0 / (size * size), channels * size * size)];

    /// <summary>The geometry, of as many groups as channels.</summary>
    public ConvolutionShape Shape { get; } = new(
        channels, height, width, channels, size, size, StrideHeight: size, StrideWidth: size, Groups: channels);

    /// <inheritdoc/>
    public override int WeightCount => 0;

    /// <inheritdoc/>
    public override int Channels => 0;

    /// <inheritdoc/>
    public override int FanIn => Shape.KernelHeight * Shape.KernelWidth;

    /// <inheritdoc/>
    public override int FanOut => 1;

    /// <inheritdoc/>
    public override LinearMap ToMap(double[] weights) => new ConvolutionMap(Shape, means);

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<double> weights, ReadOnlySpan<double> x, Span<double> y, int rows) =>
        ConvolutionKernel.Accumulate(x, means, y, rows, Shape);

    /// <inheritdoc/>
    public override void ApplyTransposed(ReadOnlySpan<double> weights, ReadOnlySpan<double> y, Span<double> x, int rows) =>
        ConvolutionKernel.AccumulateTransposed(y, means, x, rows, Shape);

    /// <inheritdoc/>
    public override void AccumulateWeights(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> gradient, int rows)
    {
    }
}
