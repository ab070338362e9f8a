namespace RobustVerify.Training.Objectives;

/// <summary>The log-volume of reachable intervals of one example, and its derivatives.</summary>
/// <remarks>
/// A volume is a product of widths; its logarithm, divided by their number, is the mean of their logarithms.
/// <para>
/// A classifier's widths are without meaning: scores divided by ten decide the same. So the width 2ρ of the interval m ± ρ in which
/// the margin between the label's score and another is reachable is divided by the margin m in its middle, or where that is small or
/// negative by its smooth positive part p = (m + √(m² + ρ²))/2, which leaves ln(2ρ/p) = 2 ln 2 − arsinh(m/ρ). It depends on m/ρ only:
/// multiplying the last layer by any positive number changes nothing, where m ≫ ρ it is ln(2ρ/m), and where m/ρ exceeds 1 the
/// interval proves the label. The margin of the input itself is no less than m − ρ, so a middle that is far above it gains
/// nothing. Of a wrong answer (m &lt; 0) the narrow interval counts as the worse, as it must in whatever depends on m/ρ and falls with m.
/// </para>
/// <para>
/// A volume is zero as soon as one width is, however wide the others are. What is minimised therefore has ρ² + (τm)² in the place of
/// ρ², as scale-free as before: where some margins do not move at all, there is nothing to be gained from them.
/// </para>
/// </remarks>
internal static class Sensitivity
{
    /// <summary>The width that a constant output counts as having, so that it has a logarithm.</summary>
    private const double LeastWidth = 1e-12;

    /// <summary>Radii that are less than this part of the margin count about as this: narrower is not better any more.</summary>
    private const double LeastShare = 0.01;

    /// <summary>The mean over all labels but the right one of 2 ln 2 − arsinh(m/√(ρ² + τ²m²)).</summary>
    /// <param name="label">The right one, whose margin is not read.</param>
    /// <param name="margins">m: the middles of the reachable intervals of the label's score less each score.</param>
    /// <param name="radii">ρ: half the widths of these intervals.</param>
    /// <param name="marginDerivative">The derivatives with respect to m are written here.</param>
    /// <param name="radiusDerivative">The derivatives with respect to ρ are written here.</param>
    public static double OfMargins(
        int label, ReadOnlySpan<double> margins, ReadOnlySpan<double> radii, Span<double> marginDerivative, Span<double> radiusDerivative)
    {
        var (sum, share) = (0.0, 1.0 / (margins.Length - 1));
        for (var j = 0; j < margins.Length; j++)
        {
            (marginDerivative[j], radiusDerivative[j]) = (0, 0);
            if (j == label) continue;
            var (margin, radius) = (margins[j], radii[j]);
            var square = radius * radius + LeastWidth * LeastWidth;
            var floored = Math.Sqrt(square + LeastShare * LeastShare * margin * margin);
            var ratio = margin / floored;
            sum += share * (2 * Math.Log(2) - Math.Asinh(ratio));
            var slope = share / (Math.Sqrt(1 + ratio * ratio) * floored * floored * floored);
            (marginDerivative[j], radiusDerivative[j]) = (-slope * square, slope * margin * radius);
        }

        return sum;
    }

    /// <summary>The mean over outputs of ln 2r, and its derivative with respect to r.</summary>
    public static double OfOutputs(ReadOnlySpan<double> radii, Span<double> derivative)
    {
        var sum = 0.0;
        for (var j = 0; j < radii.Length; j++)
        {
            var width = 2 * radii[j] + LeastWidth;
            sum += Math.Log(width) / radii.Length;
            derivative[j] = 2 / (width * radii.Length);
        }

        return sum;
    }
}
