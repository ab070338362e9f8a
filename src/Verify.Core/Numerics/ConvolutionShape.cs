namespace RobustVerify.Core.Numerics;

/// <summary>
/// The geometry of a two-dimensional convolution. Tensors are channels × height × width, weights are
/// output channels × (input channels / groups) × kernel height × kernel width. One dimension is height 1.
/// </summary>
public sealed record ConvolutionShape(
    int InputChannels,
    int InputHeight,
    int InputWidth,
    int OutputChannels,
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    int PadTop = 0,
    int PadLeft = 0,
    int PadBottom = 0,
    int PadRight = 0,
    int Groups = 1)
{
    /// <summary>Rows of one output channel.</summary>
    public int OutputHeight { get; } =
        (InputHeight + PadTop + PadBottom - DilationHeight * (KernelHeight - 1) - 1) / StrideHeight + 1;

    /// <summary>Columns of one output channel.</summary>
    public int OutputWidth { get; } =
        (InputWidth + PadLeft + PadRight - DilationWidth * (KernelWidth - 1) - 1) / StrideWidth + 1;

    /// <summary>Elements of the input tensor.</summary>
    public int InputSize => InputChannels * InputHeight * InputWidth;

    /// <summary>Elements of the output tensor.</summary>
    public int OutputSize => OutputChannels * OutputHeight * OutputWidth;

    /// <summary>Elements of the weight tensor.</summary>
    public int WeightSize => OutputChannels * (InputChannels / Groups) * KernelHeight * KernelWidth;
}
