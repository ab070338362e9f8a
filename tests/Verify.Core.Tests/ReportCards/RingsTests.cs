using RobustVerify.Core.ReportCards;

namespace RobustVerify.Core.Tests.ReportCards;

public sealed class RingsTests
{
    [Fact]
    public void A_margin_falls_by_the_constant_of_every_ring()
    {
        var rings = new Rings(margin: 5);
        rings.Add(4, 3);
        Assert.InRange(rings.Radius, 5.0 / 3 * (1 - 1e-15), 5.0 / 3);
        rings.Add(1, 2);
        Assert.InRange(rings.Radius, 2 * (1 - 1e-15), Math.BitDecrement(2.0)); // 1 + (5 − 2)/3: there it may be used up
    }

    [Fact]
    public void A_radius_ends_with_the_outermost_ball()
    {
        var rings = new Rings(margin: 5);
        rings.Add(0.5, 1);
        Assert.Equal(0.5, rings.Radius);
        rings.Add(2, double.PositiveInfinity);
        Assert.Equal(0.5, rings.Radius);
        Assert.True(rings.Known);
    }

    [Fact]
    public void What_holds_over_a_ball_holds_inside_it()
    {
        var rings = new Rings(margin: 5);
        rings.Add(1, 100);
        rings.Add(4, 1);
        Assert.Equal(4, rings.Radius);
    }

    [Fact]
    public void Rings_lose_nothing_to_any_one_ball()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 200; trial++)
        {
            var margin = random.NextDouble();
            var rings = new Rings(margin);
            var best = 0.0;
            var (radius, constant) = (0.0, 0.0);
            for (var ball = 0; ball < 6; ball++)
            {
                (radius, constant) = (radius + random.NextDouble(), constant + random.NextDouble());
                rings.Add(radius, constant);
                best = Math.Max(best, Math.Min(radius, margin / constant));
            }

            Assert.InRange(rings.Radius, best * (1 - 1e-12), radius);
        }
    }
}
