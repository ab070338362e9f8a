namespace RobustVerify.Training.Layers;

/// <summary>
/// A layer of an architecture: what is computed, without the parameters. There are two kinds, <see cref="AffineLayer"/> and
/// <see cref="ActivationLayer"/>.
/// </summary>
public abstract class Layer(int inputSize, int outputSize)
{
    /// <summary>Elements of the layer's input.</summary>
    public int InputSize { get; } = inputSize;

    /// <summary>Elements of the layer's output.</summary>
    public int OutputSize { get; } = outputSize;

    /// <summary>How many numbers of the flat vector of parameters are the layer's.</summary>
    public virtual int ParameterCount => 0;
}
