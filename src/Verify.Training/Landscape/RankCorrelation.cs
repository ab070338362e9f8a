using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace RobustVerify.Training.Landscape;

/// <summary>Whether two quantities rise together: Spearman's rank correlation.</summary>
/// <param name="Coefficient">Between −1 and 1; NaN where one of them is constant.</param>
/// <param name="PValue">
/// How probable a coefficient this far from zero is where they have nothing to do with one another, by Student's distribution (two-sided).
/// </param>
public sealed record RankCorrelation(double Coefficient, double PValue)
{
    /// <summary>The correlation of at least three pairs.</summary>
    public static RankCorrelation Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count < 3) return new RankCorrelation(double.NaN, double.NaN);
        var coefficient = Correlation.Spearman(x, y);
        var degrees = x.Count - 2;
        var t = Math.Abs(coefficient) * Math.Sqrt(degrees / Math.Max(1 - coefficient * coefficient, 0));
        return new RankCorrelation(coefficient, double.IsNaN(t) ? double.NaN : 2 * StudentT.CDF(0, 1, degrees, -t));
    }
}
