using System.Globalization;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.ReportCards;

/// <summary>Whether what proves, what estimates and what refutes fit together.</summary>
internal static class Consistency
{
    /// <summary>What is to be said of a proved radius that reaches a counterexample; nothing where it does not.</summary>
    /// <param name="what">What is proved.</param>
    /// <param name="radius">Its radius.</param>
    /// <param name="proved">The property within the radius.</param>
    /// <param name="scores">The network that it is proved of.</param>
    /// <param name="counterexample">The counterexample, which the deployed model answers wrongly.</param>
    /// <exception cref="InvalidOperationException">The network of real numbers answers it wrongly, too.</exception>
    public static string? Contradiction(string what, double radius, Property proved, Network scores, Counterexample counterexample)
    {
        if (radius == 0 || !proved.Region.Contains(counterexample.Input.AsSpan())) return null;
        return IsReal(proved.Output, scores, counterexample)
            ? throw new InvalidOperationException(Text($"{proved.Name}: the {what}, {radius}, is proved, but the counterexample lies within it."))
            : Text($"the {what}, {radius:G6}, is one of real numbers; rounding gives float32 a counterexample within it");
    }

    /// <summary>What is to be said of a score above the distance of a counterexample; nothing where it is not.</summary>
    public static string? Overestimate(string what, Estimated score, double distance) => score.Value > distance
        ? Text($"the {what}, {score.Value:G6}, exceeds the distance of a counterexample, {distance:G6}: it is too high")
        : null;

    /// <summary>Whether real arithmetic, too, violates a property at a counterexample, beyond all rounding.</summary>
    public static bool IsReal(OutputProperty property, Network scores, Counterexample counterexample)
    {
        double[] point = [.. counterexample.Input];
        var bounds = IntervalPropagation.Propagate(scores, [InputRegion.Box(point, point)]);
        var (lower, upper) = (bounds.Lower(scores.Output).ToArray(), bounds.Upper(scores.Output).ToArray());

        // One output less another: the sign of the difference is exact.
        return property.Violations.Any(violation => violation.Constraints.All(constraint =>
            constraint.Coefficients.Select((c, i) => c * (c > 0 ? upper[i] : lower[i])).Sum() <= constraint.Bound));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
