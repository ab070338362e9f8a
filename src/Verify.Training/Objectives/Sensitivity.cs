namespace RobustVerify.Training.Objectives;

/// <summary>The log-volume of reachable intervals of one example, and its derivatives.</summary>
/// <remarks>
/// A volume is a product of widths; its logarithm, divided by their number, is the mean of their logarithms.
/// <para>
/// A classifier's widths are without meaning: scores divided by ten decide the same. So the width 2ρ of a margin, the
/// distance m between the label's score and another, is divided by the margin, or where that is small or negative by its
/// smooth positive part p = (m + √(m² + ρ²))/2, which leaves ln(2ρ/p) = 2 ln 2 − arsinh(m/ρ). It depends on m/ρ only:
/// multiplying the last layer by any positive number changes nothing, and where m ≫ ρ it is ln(2ρ/m). The interval around m proves
/// the label as soon as m/ρ exceeds 1. Of a wrong answer (m &lt; 0) the narrow one counts as the worse, as it must
/// in whatever depends on m/ρ and falls with m.
/// </para>
/// </remarks>
internal static class Sensitivity
{
    /// <summary>What is added to widths, so that a constant output has a logarithm.</summary>
    private const double LeastWidth = 1e-12;

    /// <summary>The mean over all labels but the right one of 2 ln 2 − arsinh(m/ρ).</summary>
    /// <param name="label">The right one, whose margin is not read.</param>
    /// <param name="margins">m: the label's score less each score.</param>
    /// <param name="radii">ρ: half the widths of the reachable intervals of the margins.</param>
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
            var (margin, radius) = (margins[j], radii[j] + LeastWidth);
            var ratio = margin / radius;
            var size = Math.Sqrt(margin * margin + radius * radius);
            sum += share * (2 * Math.Log(2) - Math.Asinh(ratio));
            (marginDerivative[j], radiusDerivative[j]) = (-share / size, share * ratio / size);
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
