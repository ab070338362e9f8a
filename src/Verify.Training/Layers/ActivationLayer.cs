using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Training.Layers;

/// <summary>yⱼ = f(xⱼ) for a function that never falls, so that its bounds are its values at bounds.</summary>
public sealed class ActivationLayer(int size, Activation activation) : Layer(size, size)
{
    /// <summary>The functions that layers may apply, by their names in specifications.</summary>
    public static IReadOnlyDictionary<string, Activation> Functions { get; } = new Dictionary<string, Activation>
    {
        ["relu"] = ReLU.Instance,
        ["tanh"] = Tanh.Instance,
        ["sigmoid"] = Sigmoid.Instance,
        ["softplus"] = Softplus.Instance,
    };

    /// <summary>The function.</summary>
    public Activation Activation { get; } = Functions.Values.Contains(activation)
        ? activation
        : throw new ArgumentException($"Networks are not trained with {activation.Name}; there are {string.Join(", ", Functions.Keys)}.", nameof(activation));
}
