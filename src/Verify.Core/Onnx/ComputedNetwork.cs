using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Onnx;

/// <summary>What a runtime computes of a model in float32: a network with an affine node for every operator that multiplies.</summary>
/// <param name="refusal">Why nothing is known of the rounding errors, or null.</param>
/// <param name="build">Makes the network, when it is first asked for.</param>
internal sealed class ComputedNetwork(string? refusal, Func<Network> build)
{
    private readonly Lazy<Network> network = new(build);

    public string? Refusal => refusal;

    public Network Network => network.Value;
}
