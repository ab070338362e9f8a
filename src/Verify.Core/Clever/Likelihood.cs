using MathNet.Numerics.RootFinding;

namespace RobustVerify.Core.Clever;

/// <summary>How likely a sample is under reverse Weibull laws, as a function of the end point, with scale and shape at their best.</summary>
/// <remarks>
/// For an end point a, the best shape is the root of a decreasing function, and the best scale has a closed form. Of a there
/// may be several local maxima, where the slope changes its sign: every change between points of a grid is refined by
/// Brent's method, and the best is kept. Shapes are kept between 1, below which the likelihood is unbounded, and 100, where a
/// law is hardly different from one without an end point (Gumbel's); and 0.01 k² is taken off the logarithm of the
/// likelihood, as the authors of CLEVER do: else a sample whose tail is so thin that it tells nothing of an end point puts it at the edge
/// of what is allowed.
/// Source: Smith 1985, Maximum likelihood estimation in a class of nonregular cases.
/// </remarks>
internal sealed class Likelihood
{
    private const double LeastShape = 1;
    private const double MostShape = 100;
    private const double Penalty = 0.01;

    // Where the end point may be, above the largest value and in units of the sample's range. At the largest shape a
    // sample of any size is spread over more than a hundredth of the distance to the end point.
    private const double LeastExcess = 1e-7;
    private const double MostExcess = 100;
    private const int Starts = 24;

    private readonly double most;
    private readonly double range;
    private readonly double[] gaps;
    private readonly double[] logarithms;

    // The best shape of one end point is a good guess for the next.
    private double shape = LeastShape;

    /// <summary>Prepares the likelihood of values that are not all equal.</summary>
    public Likelihood(ReadOnlySpan<double> sample)
    {
        var least = double.PositiveInfinity;
        most = double.NegativeInfinity;
        foreach (var y in sample) (least, most) = (Math.Min(least, y), Math.Max(most, y));
        range = most - least;
        if (!(range > 0 && double.IsFinite(range))) throw new ArgumentException("A law is fitted to finite values that are not all equal.", nameof(sample));
        (gaps, logarithms) = (new double[sample.Length], new double[sample.Length]);
        for (var i = 0; i < gaps.Length; i++) gaps[i] = (most - sample[i]) / range;
        (Best, Greatest) = Maximize();
    }

    /// <summary>The law of greatest likelihood. Its end point is above the sample.</summary>
    public ReverseWeibull Best { get; }

    /// <summary>The logarithm of the greatest likelihood.</summary>
    private double Greatest { get; }

    /// <summary>By how much the logarithm of the likelihood is below its greatest where the end point is given; not negative.</summary>
    public double Loss(double endPoint)
    {
        var excess = (endPoint - most) / range;
        return excess > 0 ? Math.Max(0, Greatest - At(Math.Max(excess, LeastExcess)).LogLikelihood) : double.PositiveInfinity;
    }

    /// <summary>The end points about the best one at which no more than this is lost.</summary>
    public (double Lower, double Upper) Within(double loss)
    {
        var best = Math.Log((Best.EndPoint - most) / range);
        double Excess(double t) => Loss(most + Math.Exp(t) * range) - loss;
        double Crossing(double end) => Brent.TryFindRoot(Excess, Math.Min(best, end), Math.Max(best, end), 1e-12, 100, out var root) ? root : end;
        var (low, high) = (Crossing(Math.Log(LeastExcess)), Crossing(Math.Log(MostExcess)));
        return (most + Math.Exp(low) * range, most + Math.Exp(high) * range);
    }

    private (ReverseWeibull Law, double LogLikelihood) Maximize()
    {
        var previous = At(LeastExcess);
        var (best, from) = (previous, Math.Log(LeastExcess));
        for (var start = 1; start <= Starts; start++)
        {
            var to = Math.Log(LeastExcess) + start * Math.Log(MostExcess / LeastExcess) / Starts;
            var next = At(Math.Exp(to));
            if (previous.Slope > 0 && next.Slope <= 0 && Brent.TryFindRoot(t => At(Math.Exp(t)).Slope, from, to, 1e-12, 100, out var root))
            {
                var peak = At(Math.Exp(root));
                if (peak.LogLikelihood > best.LogLikelihood) best = peak;
            }

            if (next.LogLikelihood > best.LogLikelihood) best = next;
            (previous, from) = (next, to);
        }

        return (new ReverseWeibull(most + best.Excess * range, best.Scale * range, best.Shape), best.LogLikelihood);
    }

    private Point At(double excess)
    {
        // Distances to the end point as parts of the largest: powers of them do not overflow.
        var (unit, n) = (1 + excess, gaps.Length);
        var (logarithm, reciprocal) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            var distance = (excess + gaps[i]) / unit;
            reciprocal += 1 / distance;
            logarithm += logarithms[i] = Math.Log(distance);
        }

        shape = BestShape(logarithm / n);
        var (power, lower) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            var term = Math.Exp(shape * logarithms[i]);
            power += term;
            lower += term / ((excess + gaps[i]) / unit);
        }

        // All lengths are in units of the range, which is the same for every end point.
        var likelihood = n * (Math.Log(shape) - Math.Log(power / n) - 1) + (shape - 1) * logarithm - n * Math.Log(unit) - Penalty * shape * shape;
        var slope = ((shape - 1) * reciprocal - shape * n * lower / power) / unit;
        return new Point(excess, unit * Math.Pow(power / n, 1 / shape), shape, likelihood, slope);
    }

    /// <summary>The root of 1/k + mean(ln d) − Σ dᵏ ln d / Σ dᵏ − 0.02 k/n, which decreases, by Newton's method between bounds.</summary>
    private double BestShape(double meanLogarithm)
    {
        var (low, high) = (LeastShape, MostShape);
        var k = shape;
        for (var i = 0; i < 100; i++)
        {
            var (sum, first, second) = (0.0, 0.0, 0.0);
            foreach (var u in logarithms)
            {
                var term = Math.Exp(k * u);
                sum += term;
                first += term * u;
                second += term * u * u;
            }

            var mean = first / sum;
            var value = 1 / k + meanLogarithm - mean - 2 * Penalty * k / gaps.Length;
            if (value > 0) low = k;
            else high = k;
            if (high <= LeastShape || low >= MostShape) return k;
            var next = k + value / (1 / (k * k) + second / sum - mean * mean + 2 * Penalty / gaps.Length);
            // The error of the next one is about the square of this step.
            if (Math.Abs(next - k) <= 1e-7 * k) return Math.Clamp(next, LeastShape, MostShape);
            if (!(next > low && next < high))
                next = next >= MostShape && high == MostShape ? MostShape : next <= LeastShape && low == LeastShape ? LeastShape : (low + high) / 2;
            k = next;
        }

        return k;
    }

    /// <summary>The greatest likelihood for a given end point.</summary>
    /// <param name="Excess">The end point above the largest value.</param>
    /// <param name="Scale">The best scale.</param>
    /// <param name="Shape">The best shape.</param>
    /// <param name="LogLikelihood">The logarithm of the likelihood.</param>
    /// <param name="Slope">Its derivative by the end point.</param>
    private readonly record struct Point(double Excess, double Scale, double Shape, double LogLikelihood, double Slope);
}
