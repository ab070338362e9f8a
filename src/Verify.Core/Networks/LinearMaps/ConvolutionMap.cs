using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>A one- or two-dimensional convolution, or (as the transpose of one) a transposed convolution.</summary>
public sealed class ConvolutionMap : LinearMap
{
    private readonly Weights weights;
    private readonly bool transposed;
    private ColumnConvolution? columnConvolution;

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

    /// <summary>The weights: output channels × (input channels / groups) × kernel, of the untransposed convolution.</summary>
    public ReadOnlySpan<double> Kernel => weights.Values;

    /// <summary>Whether this is the transpose of a convolution.</summary>
    public bool IsTransposed => transposed;

    /// <summary>Channels of the tensor that the map takes.</summary>
    public int InputChannels => transposed ? Shape.OutputChannels : Shape.InputChannels;

    /// <summary>Channels of the tensor that the map returns.</summary>
    public int OutputChannels => transposed ? Shape.InputChannels : Shape.OutputChannels;

    /// <inheritdoc/>
    public override int LongestInnerProduct =>
        Math.Max(Shape.InputChannels, Shape.OutputChannels) / Shape.Groups * Shape.KernelHeight * Shape.KernelWidth;

    /// <summary>The map with a factor for every channel that it takes, and for every channel that it returns.</summary>
    public ConvolutionMap Scaled(double[]? inputFactors, double[]? outputFactors)
    {
        var (before, after) = transposed ? (outputFactors, inputFactors) : (inputFactors, outputFactors);
        var (groupInputs, groupOutputs) = (Shape.InputChannels / Shape.Groups, Shape.OutputChannels / Shape.Groups);
        var kernel = Shape.KernelHeight * Shape.KernelWidth;
        var scaled = (double[])weights.Values.Clone();
        for (var i = 0; i < scaled.Length; i++)
        {
            var output = i / (groupInputs * kernel);
            var input = output / groupOutputs * groupInputs + i / kernel % groupInputs;
            scaled[i] *= (before?[input] ?? 1) * (after?[output] ?? 1);
        }

        return new ConvolutionMap(Shape, new Weights(scaled), transposed);
    }

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row)
    {
        if (transposed)
        {
            base.AccumulateRow(output, row);
            return;
        }

        // One output element is a function of one patch, and of the channels of its group.
        var (channel, position) = Math.DivRem(output, Shape.OutputHeight * Shape.OutputWidth);
        var (top, left) = Math.DivRem(position, Shape.OutputWidth);
        (top, left) = (top * Shape.StrideHeight - Shape.PadTop, left * Shape.StrideWidth - Shape.PadLeft);
        var inputs = Shape.InputChannels / Shape.Groups;
        var first = channel / (Shape.OutputChannels / Shape.Groups) * inputs;
        var weight = channel * inputs * Shape.KernelHeight * Shape.KernelWidth;
        for (var c = 0; c < inputs; c++)
        {
            for (var i = 0; i < Shape.KernelHeight; i++)
            {
                for (var j = 0; j < Shape.KernelWidth; j++, weight++)
                {
                    var (y, x) = (top + i * Shape.DilationHeight, left + j * Shape.DilationWidth);
                    if (y >= 0 && y < Shape.InputHeight && x >= 0 && x < Shape.InputWidth)
                        row[((first + c) * Shape.InputHeight + y) * Shape.InputWidth + x] += weights.Values[weight];
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        if (transposed) ConvolutionKernel.AccumulateTransposed(x, weights.As<T>(), y, rows, Shape);
        else ConvolutionKernel.Accumulate(x, weights.As<T>(), y, rows, Shape);
    }

    /// <inheritdoc/>
    protected override void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias) =>
        (columnConvolution ??= new ColumnConvolution(Shape, transposed)).Accumulate(x, weights.As<T>(), y, columns, bias);

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
