using System.Collections.Immutable;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Specifications;

/// <summary>Σ cᵢ yᵢ ≤ b, over the network's flat output, or its flat input where that is said.</summary>
/// <param name="Coefficients">One coefficient for each element.</param>
/// <param name="Bound">The right-hand side.</param>
public sealed record LinearConstraint(ImmutableArray<double> Coefficients, double Bound);

/// <summary>Constraints that hold together.</summary>
public sealed record Conjunction(ImmutableArray<LinearConstraint> Constraints);

/// <summary>What must hold of the outputs, said by what a counterexample satisfies: any one of several conjunctions.</summary>
public sealed class OutputProperty
{
    /// <summary>Creates a property from the ways to violate it.</summary>
    /// <param name="violations">The property is violated where all constraints of any of these hold.</param>
    /// <param name="description">The property in words, for messages.</param>
    /// <param name="onScores">
    /// True where the property only compares outputs with one another, so that it may be posed before a final
    /// transformation that preserves their order.
    /// </param>
    /// <exception cref="ArgumentException">A constraint holds always, speaks of another number of outputs, or is not finite.</exception>
    public OutputProperty(ImmutableArray<Conjunction> violations, string description, bool onScores = false)
    {
        if (violations.IsDefaultOrEmpty) throw new ArgumentException("A property that nothing can violate needs no proof.", nameof(violations));
        if (violations.Any(violation => violation.Constraints.IsDefaultOrEmpty))
            throw new ArgumentException("A violation without constraints holds of all outputs.", nameof(violations));
        Size = violations[0].Constraints[0].Coefficients.Length;
        foreach (var (coefficients, bound) in violations.SelectMany(violation => violation.Constraints))
        {
            if (coefficients.Length != Size)
                throw new ArgumentException($"One constraint speaks of {Size} outputs, another of {coefficients.Length}.", nameof(violations));
            if (double.IsNaN(bound) || !coefficients.All(double.IsFinite))
                throw new ArgumentException("The coefficients of a constraint must be finite, and its bound a number.", nameof(violations));
        }

        (Violations, Description, OnScores) = (violations, description, onScores);
    }

    /// <summary>The property is violated where all constraints of any of these hold.</summary>
    public ImmutableArray<Conjunction> Violations { get; }

    /// <summary>The number of outputs that the property speaks of.</summary>
    public int Size { get; }

    /// <summary>The property in words.</summary>
    public string Description { get; }

    /// <summary>True where a final transformation that preserves the order of outputs cannot change the property.</summary>
    public bool OnScores { get; }

    /// <summary>The output of a label stays the largest. A tie counts as a violation.</summary>
    /// <remarks>A single output is the probability of label 1: it stays on its side of one half.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">There is no such label.</exception>
    public static OutputProperty SameLabel(int label, int outputs)
    {
        if (outputs == 1) return OnItsSideOfOneHalf(label);
        if (label < 0 || label >= outputs)
            throw new ArgumentOutOfRangeException(nameof(label), $"Label {label} is none of the {outputs} outputs.");
        return new OutputProperty(
            [.. Enumerable.Range(0, outputs).Where(other => other != label).Select(other => Single(outputs, 0, (label, 1), (other, -1)))],
            $"output {label} stays the largest",
            onScores: true);
    }

    /// <summary>An output stays between two values.</summary>
    public static OutputProperty WithinRange(int output, int outputs, double lower, double upper)
    {
        if (output < 0 || output >= outputs)
            throw new ArgumentOutOfRangeException(nameof(output), $"There is no output {output} among {outputs}.");
        if (!(lower <= upper)) throw new ArgumentException($"The range [{lower}, {upper}] is empty.");
        var violations = ImmutableArray.CreateBuilder<Conjunction>();
        if (double.IsFinite(lower)) violations.Add(Single(outputs, Math.BitDecrement(lower), (output, 1)));
        if (double.IsFinite(upper)) violations.Add(Single(outputs, -Math.BitIncrement(upper), (output, -1)));
        return new OutputProperty(violations.ToImmutable(), $"output {output} stays within [{lower}, {upper}]");
    }

    /// <summary>No output moves further than an amount from its value at the centre.</summary>
    /// <param name="reference">The outputs at the centre.</param>
    /// <param name="amount">The largest change, not negative.</param>
    public static OutputProperty ChangesAtMost(ReadOnlySpan<double> reference, double amount)
    {
        if (!(amount >= 0)) throw new ArgumentException($"Outputs cannot change by at most {amount}.", nameof(amount));
        var violations = ImmutableArray.CreateBuilder<Conjunction>();
        for (var i = 0; i < reference.Length; i++)
        {
            // The outermost numbers that are no further than the amount: all others are, however the sum would be rounded.
            var (lower, upper) = (Rounding.SumUp(reference[i], -amount), -Rounding.SumUp(-reference[i], -amount));
            violations.AddRange(WithinRange(i, reference.Length, lower, upper).Violations);
        }

        return new OutputProperty(violations.ToImmutable(), $"no output changes by more than {amount}");
    }

    /// <summary>True where outputs violate the property.</summary>
    /// <remarks>Sums are rounded up, and exact where double can hold them: a violation is never one of rounding.</remarks>
    /// <exception cref="ArgumentException">The property speaks of another number of outputs.</exception>
    public bool IsViolatedBy(ReadOnlySpan<double> outputs)
    {
        if (outputs.Length != Size) throw new ArgumentException($"The property speaks of {Size} outputs, not {outputs.Length}.", nameof(outputs));
        foreach (var violation in Violations)
        {
            var all = true;
            foreach (var constraint in violation.Constraints)
            {
                var sum = 0.0;
                for (var i = 0; i < outputs.Length; i++)
                {
                    if (constraint.Coefficients[i] != 0)
                        sum = Rounding.SumUp(sum, Rounding.ProductUp(constraint.Coefficients[i], outputs[i]));
                }

                all &= sum <= constraint.Bound;
            }

            if (all) return true;
        }

        return false;
    }

    private static OutputProperty OnItsSideOfOneHalf(int label) => label switch
    {
        0 => new OutputProperty([Single(1, -0.5, (0, -1))], "the output stays below 0.5"),
        1 => new OutputProperty([Single(1, 0.5, (0, 1))], "the output stays above 0.5"),
        _ => throw new ArgumentOutOfRangeException(nameof(label), $"Label {label} is neither 0 nor 1, the labels of a single output."),
    };

    private static Conjunction Single(int outputs, double bound, params ReadOnlySpan<(int Output, double Coefficient)> terms)
    {
        var coefficients = new double[outputs];
        foreach (var (output, coefficient) in terms) coefficients[output] = coefficient;
        return new Conjunction([new LinearConstraint(ImmutableArray.Create(coefficients), bound)]);
    }
}
