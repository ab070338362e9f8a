using RobustVerify.Core.Clever;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Clever;

public sealed class EndPointTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_interval_holds_the_end_point_of_a_simulated_law_for_nine_in_ten_seeds(double shape)
    {
        const int Seeds = 100;
        var law = new ReverseWeibull(1, 1, shape);
        var hits = 0;
        Parallel.For(0, Seeds, seed =>
        {
            var random = RandomStream.From("simulated maxima", (ulong)seed);
            var sample = Sample(law, 100, random);
            var endPoint = EndPoint.Of(sample, random);
            Assert.True(endPoint.Estimate.Value >= endPoint.SampleMaximum);
            Assert.InRange(endPoint.Estimate.Value, endPoint.Estimate.Lower, endPoint.Estimate.Upper);
            if (endPoint.Estimate.Lower <= 1 && endPoint.Estimate.Upper >= 1) Interlocked.Increment(ref hits);
        });
        Assert.InRange(hits, 90, Seeds);
    }

    [Fact]
    public void No_law_of_a_grid_is_likelier_than_the_fit()
    {
        foreach (var shape in new[] { 1, 1.5, 3, 10 })
        {
            var sample = Sample(new ReverseWeibull(-2, 0.5, shape), 60, new RandomStream(3));
            var most = sample.Max();
            var best = new Likelihood(sample).Best;
            Assert.True(best.EndPoint > most);
            var greatest = LogLikelihood(sample, best);
            for (var excess = 1e-4; excess < 3; excess *= 1.3)
                for (var k = 1.0; k < 20; k *= 1.1)
                    for (var factor = 0.7; factor < 1.4; factor *= 1.1)
                        Assert.True(LogLikelihood(sample, new ReverseWeibull(most + excess, factor * (excess + 0.5), k)) <= greatest + 1e-9);
        }
    }

    [Fact]
    public void A_fit_moves_and_stretches_with_its_sample()
    {
        var sample = Sample(new ReverseWeibull(1, 1, 2), 100, new RandomStream(4));
        var (fit, moved) = (new Likelihood(sample).Best, new Likelihood([.. sample.Select(y => 1000 * y + 5000)]).Best);
        Assert.Equal(fit.Shape, moved.Shape, 1e-6);
        Assert.Equal(1000 * fit.EndPoint + 5000, moved.EndPoint, 1e-4);
        Assert.Equal(1000 * fit.Scale, moved.Scale, 1e-4);
    }

    [Fact]
    public void The_p_value_is_that_of_Kolmogorovs_law()
    {
        // The uniform law on [0, 1] is that of shape 1 for logarithms: y = ln u has F(y) = eʸ.
        var law = new ReverseWeibull(0, 1, 1);
        double P(double shift, int n) => law.PValue([.. Enumerable.Range(0, n).Select(i => Math.Log(Math.Min(1, (i + 0.5) / n * (1 - shift))))]);

        Assert.Equal(1, P(0, 200), 1e-6);

        // Distances of shift + 0.5/n; Kolmogorov's table has 5 % at 1.3581 and 1 % at 1.6276.
        var root = Math.Sqrt(10000) + 0.12 + 0.0011;
        Assert.Equal(0.05, P((1.3581 / root) - 0.00005, 10000), 5e-4);
        Assert.Equal(0.01, P((1.6276 / root) - 0.00005, 10000), 2e-4);
    }

    [Fact]
    public void What_no_law_describes_is_the_largest_sample()
    {
        var random = new RandomStream(5);
        double[] equal = [.. Enumerable.Repeat(2.5, 50)];
        double[] tied = [1, 2, 3, 4, 5, 6, 7, 8, 8 * (1 - 1e-14), 8];
        double[] twoClusters = [.. Enumerable.Range(0, 60).Select(i => (i < 30 ? 1 : 100) + 1e-6 * i * i)];
        Assert.Equal((EndPointBasis.TiedMaximum, Estimated.Exactly(2.5)), Of(equal));
        Assert.Equal((EndPointBasis.TiedMaximum, Estimated.Exactly(8)), Of(tied));
        Assert.Equal((EndPointBasis.TiedMaximum, Estimated.Exactly(0)), Of(new double[20]));
        Assert.Equal((EndPointBasis.NotFinite, Estimated.Exactly(double.PositiveInfinity)), Of([1, double.NaN, 2]));
        var (basis, estimate) = Of(twoClusters);
        Assert.Equal((EndPointBasis.Maximum, twoClusters.Max()), (basis, estimate.Value));

        (EndPointBasis Basis, Estimated Estimate) Of(double[] maxima) => EndPoint.Of(maxima, random) is var e ? (e.Basis, e.Estimate) : default;
    }

    [Fact]
    public void A_tail_that_is_too_thin_is_told()
    {
        var sample = Sample(new ReverseWeibull(1, 1, 40), 100, new RandomStream(6));
        Assert.Equal(EndPointBasis.UncertainLaw, EndPoint.Of(sample, new RandomStream(7)).Basis);
    }

    private static double[] Sample(ReverseWeibull law, int size, RandomStream random) => [.. Enumerable.Range(0, size).Select(_ => law.Draw(random))];

    private static double LogLikelihood(double[] sample, ReverseWeibull law) =>
        sample.Sum(y => Math.Log(law.Shape / law.Scale) + (law.Shape - 1) * Math.Log((law.EndPoint - y) / law.Scale) - Math.Pow((law.EndPoint - y) / law.Scale, law.Shape))
        - 0.01 * law.Shape * law.Shape;
}
