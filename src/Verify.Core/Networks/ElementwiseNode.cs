using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Networks;

/// <summary>yⱼ = f(xⱼ).</summary>
public sealed class ElementwiseNode(Node source, Activation activation, string? name = null)
    : Node(source.Size, [source], name ?? activation.Name)
{
    /// <summary>The node that the function is applied to.</summary>
    public Node Source => Sources[0];

    /// <summary>The function.</summary>
    public Activation Activation { get; } = activation;

    /// <summary>
    /// Where the model writes the function out in several operators, these, from the source to the value: what is
    /// rounded where a runtime evaluates it. It differs from the function by the constants that exporters round to float32.
    /// </summary>
    internal Network? Written { get; init; }
}
