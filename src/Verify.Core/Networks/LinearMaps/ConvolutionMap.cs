using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>A one- or two-dimensional convolution, or (as the transpose of one) a transposed convolution.</summary>
public sealed class ConvolutionMap : LinearMap
{
    private readonly Weights weights;
    private readonly bool transposed;

    /// <summary>Creates a convolution.</summary>
    /// <param name="shape">Its geometry.</param>
    /// <param name="weights">Output channels × (input channels / groups) × kernel; kept, not copied.</param>
    public ConvolutionMap(ConvolutionShape shape, double[] weights)
        : this(shape, Checked(shape, weights), transposed: false)
    {
    }

    private ConvolutionMap(ConvolutionShape shape, Weights weights, bool transposed)
        : base(transposed ? shape.OutputSize : shape.InputSize, transposed ? shape.InputSize : shape.OutputSize)
    {
        Shape = shape;
        this.weights = weights;
        this.transposed = transposed;
    }

    /// <summary>The geometry of the convolution (of the untransposed one, where this is a transpose).</summary>
    public ConvolutionShape Shape { get; }

    /// <inheritdoc/>
    public override int LongestInnerProduct =>
        Math.Max(Shape.InputChannels, Shape.OutputChannels) / Shape.Groups * Shape.KernelHeight * Shape.KernelWidth;

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        if (transposed) ConvolutionKernel.AccumulateTransposed(x, weights.As<T>(), y, rows, Shape);
        else ConvolutionKernel.Accumulate(x, weights.As<T>(), y, rows, Shape);
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new ConvolutionMap(Shape, weights, !transposed);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => new ConvolutionMap(Shape, weights.Abs(), transposed);

    private static Weights Checked(ConvolutionShape shape, double[] weights)
    {
        if (shape.InputChannels % shape.Groups != 0 || shape.OutputChannels % shape.Groups != 0)
            throw new ArgumentException($"{shape.Groups} groups divide neither {shape.InputChannels} nor {shape.OutputChannels} channels evenly.", nameof(shape));
        if (weights.Length != shape.WeightSize)
            throw new ArgumentException($"The convolution has {shape.WeightSize} weights, not {weights.Length}.", nameof(weights));
        return new Weights(weights);
    }
}
