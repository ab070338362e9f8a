using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Relaxations;

/// <summary>An interval over which a function is to be bounded contains points where it has no value.</summary>
public sealed class DomainException(Activation activation, double lower, double upper)
    : ArithmeticException(
        $"{activation.Name} has no value everywhere in [{lower}, {upper}], so it cannot be bounded there. " +
        "Take a smaller input region, or tighter bounds of what the function is applied to.");
