using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Clever;

/// <summary>
/// The law of maxima of a bounded quantity, F(y) = exp(−((a − y)/b)ᵏ) below its end point a and 1 above it.
/// </summary>
/// <param name="EndPoint">a, the largest value.</param>
/// <param name="Scale">b, positive.</param>
/// <param name="Shape">k, positive. The larger, the thinner the tail towards the end point, and the less samples say about it.</param>
/// <remarks>Source: Gnedenko 1943, the third of the three laws that maxima can have in the limit.</remarks>
public sealed record ReverseWeibull(double EndPoint, double Scale, double Shape)
{
    /// <summary>The probability of a value up to y.</summary>
    public double Distribution(double y) => y >= EndPoint ? 1 : Math.Exp(-Math.Pow((EndPoint - y) / Scale, Shape));

    /// <summary>Draws from the law.</summary>
    public double Draw(RandomStream random) => EndPoint - Scale * Math.Pow(random.NextExponential(), 1 / Shape);

    /// <summary>
    /// The probability that a sample of the law is at least as far from it as this one is, in the largest distance of the distribution
    /// functions (Kolmogorov and Smirnov).
    /// </summary>
    /// <remarks>
    /// By the limit for many values, with Stephens' correction for few. Of a law that was fitted to the sample it is too
    /// large: it warns of a bad fit, and does not prove a good one.
    /// </remarks>
    public double PValue(ReadOnlySpan<double> sample)
    {
        var sorted = sample.ToArray();
        Array.Sort(sorted);
        var (n, distance) = ((double)sorted.Length, 0.0);
        for (var i = 0; i < sorted.Length; i++)
        {
            var probability = Distribution(sorted[i]);
            distance = Math.Max(distance, Math.Max(probability - i / n, (i + 1) / n - probability));
        }

        var x = (Math.Sqrt(n) + 0.12 + 0.11 / Math.Sqrt(n)) * distance;
        if (x < 0.2) return 1;
        var sum = 0.0;
        for (var (j, sign) = (1, 1); j <= 100; j++, sign = -sign) sum += sign * Math.Exp(-2 * j * j * x * x);
        return Math.Clamp(2 * sum, 0, 1);
    }
}
