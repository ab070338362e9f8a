using System.Collections.Immutable;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Clever;

/// <summary>What an estimate of a largest value rests on.</summary>
public enum EndPointBasis
{
    /// <summary>Nothing was sampled: the value is the same everywhere, or known.</summary>
    Known,

    /// <summary>The end point of the law that was fitted.</summary>
    Law,

    /// <summary>
    /// The end point of the law that was fitted; but its shape is so large that the sample hardly says where the law ends.
    /// </summary>
    UncertainLaw,

    /// <summary>The largest sample: several batches share it, so the values come from a finite set, and no law is fitted.</summary>
    TiedMaximum,

    /// <summary>The largest sample: the law that was fitted does not fit.</summary>
    Maximum,

    /// <summary>Some sample is not finite.</summary>
    NotFinite,
}

/// <summary>The largest value of a quantity, estimated from the maxima of batches of samples.</summary>
/// <param name="Estimate">The estimate and its interval; never below the largest sample.</param>
/// <param name="Basis">What the estimate rests on.</param>
/// <param name="Maxima">The maximum of every batch; one number where nothing was sampled.</param>
/// <param name="Law">The law that was fitted to the maxima, where one was.</param>
/// <param name="PValue">How well it fits, by the test of Kolmogorov and Smirnov.</param>
public sealed record EndPoint(
    Estimated Estimate, EndPointBasis Basis, ImmutableArray<double> Maxima, ReverseWeibull? Law = null, double? PValue = null)
{
    // As in the code of the method's authors.
    private const double LeastPValue = 0.001;

    private const double MostCertainShape = 5;
    private const int Resamples = 200;
    private const double Level = 0.95;

    // Equal but for the rounding of sums in double.
    private const double Tie = 1e-12;

    /// <summary>The largest sample.</summary>
    public double SampleMaximum { get; } = Maxima.Max();

    /// <summary>A value that is known.</summary>
    public static EndPoint Known(double value) => new(Estimated.Exactly(value), EndPointBasis.Known, [value]);

    /// <summary>Estimates the largest value from the maxima of batches.</summary>
    /// <param name="maxima">The maximum of every batch, not negative.</param>
    /// <param name="random">Draws the samples of the bootstrap.</param>
    /// <remarks>
    /// A reverse Weibull law is fitted by greatest likelihood. The interval holds the end points whose likelihood is below the
    /// greatest by no more than it is for the true one in 95 % of 200 samples of the fitted law: a ratio test whose
    /// level is found by bootstrap, so that it holds for small shapes too, where the usual limit does not.
    /// Sources: Weng et al. 2018, arXiv 1801.10578; Efron and Tibshirani 1993, An introduction to the bootstrap.
    /// </remarks>
    public static EndPoint Of(ReadOnlySpan<double> maxima, RandomStream random)
    {
        var all = maxima.ToImmutableArray();
        if (all.Any(value => !double.IsFinite(value)))
            return new EndPoint(Estimated.Exactly(double.PositiveInfinity), EndPointBasis.NotFinite, [double.PositiveInfinity]);
        var most = all.Max();
        if (all.Count(value => value >= most * (1 - Tie)) > 1) return new EndPoint(Estimated.Exactly(most), EndPointBasis.TiedMaximum, all);

        var likelihood = new Likelihood(maxima);
        var law = likelihood.Best;
        var pValue = law.PValue(maxima);
        var (lower, upper) = likelihood.Within(Loss(law, maxima.Length, random));
        return pValue < LeastPValue ? new EndPoint(new Estimated(most, most, upper), EndPointBasis.Maximum, all, law, pValue)
            : new EndPoint(
                new Estimated(law.EndPoint, lower, upper), law.Shape > MostCertainShape ? EndPointBasis.UncertainLaw : EndPointBasis.Law, all, law, pValue);
    }

    /// <summary>What the true end point loses in likelihood, at most in 95 % of samples of a law.</summary>
    private static double Loss(ReverseWeibull law, int size, RandomStream random)
    {
        var (losses, sample) = (new double[Resamples], new double[size]);
        foreach (ref var loss in losses.AsSpan())
        {
            foreach (ref var y in sample.AsSpan()) y = law.Draw(random);
            loss = new Likelihood(sample).Loss(law.EndPoint);
        }

        Array.Sort(losses);
        return losses[(int)(Level * (Resamples - 1))];
    }
}
