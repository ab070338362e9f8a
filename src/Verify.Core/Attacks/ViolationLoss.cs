using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Attacks;

/// <summary>How far outputs are from violating a property: not positive exactly where they violate it.</summary>
/// <remarks>For one conjunction, the largest excess of its constraints Σ cᵢ yᵢ − b; for the property, the least over its conjunctions.</remarks>
internal static class ViolationLoss
{
    /// <summary>The loss of one conjunction, and the constraint that it comes from.</summary>
    public static (double Loss, LinearConstraint Active) Of(Conjunction violation, ReadOnlySpan<float> outputs)
    {
        var (loss, active) = (double.NegativeInfinity, violation.Constraints[0]);
        foreach (var constraint in violation.Constraints)
        {
            var excess = -constraint.Bound;
            for (var i = 0; i < outputs.Length; i++) excess += constraint.Coefficients[i] * outputs[i];
            if (!(excess <= loss)) (loss, active) = (excess, constraint);
        }

        return (loss, active);
    }
}
