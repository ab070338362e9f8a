using RobustVerify.Core.Clever;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Clever;

public sealed class BallSamplerTests
{
    private const int Rows = 40_000;

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void A_ball_of_part_of_the_radius_holds_the_share_of_its_volume(Norm norm)
    {
        var points = Draw([1, 2, 3], norm, 0.5, null);
        var radii = points.Chunk(3).Select(x => Length([x[0] - 1.0, x[1] - 2.0, x[2] - 3.0], norm) / 0.5).ToArray();
        Assert.All(radii, radius => Assert.InRange(radius, 0, 1 + 1e-6));
        foreach (var part in new[] { 0.3, 0.5, 0.8 }) Near(Math.Pow(part, 3), radii.Count(radius => radius < part) / (double)Rows);
        Near(0.125, points.Chunk(3).Count(x => x[0] > 1 && x[1] < 2 && x[2] > 3) / (double)Rows);

        // The three elements are alike.
        var shares = Enumerable.Range(0, 3).Select(i => points.Chunk(3).Average(x => Math.Abs(x[i] - (i + 1)))).ToArray();
        Assert.Equal(shares[0], shares[1], 0.01 * shares[0] + 0.002);
        Assert.Equal(shares[0], shares[2], 0.01 * shares[0] + 0.002);
    }

    [Fact]
    public void What_is_beyond_the_domain_lies_on_its_border()
    {
        var points = Draw([0, 0.5f], Norm.Linf, 0.5, InputRegion.Box([0, 0], [1, 0.75]));
        Assert.All(points.Chunk(2), x => Assert.True(x[0] is >= 0 and <= 0.5f && x[1] is >= 0 and <= 0.75f));
        Near(0.5, points.Chunk(2).Count(x => x[0] == 0) / (double)Rows);
        Near(0.25, points.Chunk(2).Count(x => x[1] == 0.75f) / (double)Rows);
    }

    // Four standard deviations of a share near one half.
    private static void Near(double expected, double share) => Assert.InRange(share, expected - 0.01, expected + 0.01);

    private static float[] Draw(float[] center, Norm norm, double radius, InputRegion? domain)
    {
        var points = new float[Rows * center.Length];
        new BallSampler(center, norm, radius, domain).Draw(new RandomLanes(new RandomStream(8)), points);
        return points;
    }

    private static double Length(double[] x, Norm norm) => norm switch
    {
        Norm.L1 => x.Sum(Math.Abs),
        Norm.L2 => Math.Sqrt(x.Sum(v => v * v)),
        _ => x.Max(Math.Abs),
    };
}
