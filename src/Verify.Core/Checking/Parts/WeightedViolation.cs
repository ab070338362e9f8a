using System.Collections.Immutable;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>What follows from all constraints of a violation together: Σ wₖ(cₖ·y) ≤ Σ wₖbₖ with weights that are not negative.</summary>
/// <remarks>
/// Where every constraint is missed by at most m, the sum is at most Σ wₖbₖ + m Σ wₖ. So a lower bound L of the sum shows that one of them
/// is missed by (L − Σ wₖbₖ) / Σ wₖ at least, everywhere.
/// </remarks>
internal sealed class WeightedViolation
{
    private readonly double bound, size;
    private readonly double[] magnitudes;
    private readonly int terms;

    public WeightedViolation(Conjunction violation, ImmutableArray<float> weights)
    {
        var constraints = violation.Constraints;
        (Coefficients, magnitudes) = (new double[constraints[0].Coefficients.Length], new double[constraints[0].Coefficients.Length]);
        for (var k = 0; k < weights.Length; k++)
        {
            double weight = weights[k];
            if (weight == 0) continue;
            terms++;
            Weight += weight;
            bound += weight * constraints[k].Bound;
            size += Math.Abs(weight * constraints[k].Bound);
            for (var i = 0; i < Coefficients.Length; i++)
            {
                Coefficients[i] += weight * constraints[k].Coefficients[i];
                magnitudes[i] += Math.Abs(weight * constraints[k].Coefficients[i]);
            }
        }
    }

    /// <summary>Σ wₖcₖ.</summary>
    public double[] Coefficients { get; }

    /// <summary>Σ wₖ.</summary>
    public double Weight { get; }

    /// <summary>What the rounding of the coefficients is relative to.</summary>
    public double Magnitude(double[] lower, double[] upper)
    {
        var magnitude = 0.0;
        for (var i = 0; i < magnitudes.Length; i++)
        {
            if (magnitudes[i] != 0) magnitude += magnitudes[i] * Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        }

        return terms * magnitude;
    }

    /// <summary>By how much one of the constraints is missed beyond the least margin, for a lower bound of the sum; rounded down.</summary>
    public double MissedBy(double minimum, double leastMargin)
    {
        if (double.IsNegativeInfinity(minimum)) return double.NegativeInfinity;

        // A constraint that nothing satisfies is missed by any amount.
        if (double.IsNegativeInfinity(bound)) return double.PositiveInfinity;
        var margin = (minimum - bound) / Weight - leastMargin;
        margin -= Rounding.Gamma(terms + 8) * ((Math.Abs(minimum) + size) / Weight + leastMargin) + double.Epsilon;
        return double.IsNaN(margin) ? double.NegativeInfinity : Math.BitDecrement(margin);
    }

    /// <summary>What the sum is at most where no constraint is missed by more than the least margin; rounded up.</summary>
    public double Limit(double leastMargin) =>
        bound + leastMargin * Weight + Rounding.Gamma(terms + 8) * (size + leastMargin * Weight) + double.Epsilon;
}
