using RobustVerify.Core.Networks;
using RobustVerify.Core.Onnx;

namespace RobustVerify.Core.Runtimes;

/// <summary>Evaluates the imported network in float32, where ONNX Runtime is not at hand.</summary>
/// <param name="network">The network.</param>
/// <param name="choosesLargest">Whether the model returns the index of the largest score instead of the scores.</param>
public sealed class ManagedRuntime(Network network, bool choosesLargest = false) : ModelRuntime
{
    /// <summary>Evaluates an imported model, operator by operator as its file has them.</summary>
    public ManagedRuntime(OnnxModel model) : this(model.Computed.Network, model.EndsInArgMax)
    {
    }

    /// <inheritdoc/>
    public override string Name => "managed float32";

    /// <inheritdoc/>
    public override int InputSize => network.Input.Size;

    /// <inheritdoc/>
    public override int OutputSize => network.Output.Size;

    /// <inheritdoc/>
    protected override double[] Evaluate(ReadOnlySpan<float> input)
    {
        var output = network.Evaluate(input);
        return choosesLargest ? OneHot(output.Length, output.IndexOf(output.Max())) : Array.ConvertAll(output, value => (double)value);
    }
}
