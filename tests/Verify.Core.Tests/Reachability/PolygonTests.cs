using RobustVerify.Core.Reachability;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Polygons that half-planes cut out of rectangles.</summary>
public sealed class PolygonTests
{
    private static readonly ((double, double), (double, double)) Square = ((-1, 1), (-1, 1));

    [Fact]
    public void Four_cuts_of_a_square_leave_an_octagon()
    {
        var octagon = Polygon.Of(Square, [new(1, 1, 1.5), new(1, -1, 1.5), new(-1, 1, 1.5), new(-1, -1, 1.5)]);
        Assert.Equal(8, octagon.Corners.Length);
        Assert.Equal(3.5, octagon.Area);
    }

    [Fact]
    public void What_touches_a_corner_cuts_nothing_and_what_lies_beyond_cuts_all()
    {
        Assert.Equal(4, Polygon.Of(Square, [new(1, 1, 2)]).Area);
        Assert.Equal(2, Polygon.Of(Square, [new(1, 1, 0)]).Area);
        Assert.Equal(0, Polygon.Of(Square, [new(1, 1, -2)]).Area);
        Assert.Equal(0, Polygon.Of(Square, [new(1, 1, -3)]).Area);
        Assert.Equal(0, Polygon.Of(Square, [new(1, 0, 0), new(-1, 0, 0), new(1, 1, 0.5)]).Area);
    }

    [Fact]
    public void The_order_of_cuts_does_not_matter_and_the_area_is_that_of_a_grid()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 40; trial++)
        {
            var sides = Enumerable.Range(0, 12).Select(_ => new HalfPlane(2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1, random.NextDouble() - 0.05)).ToArray();
            var area = Polygon.Of(Square, sides).Area;
            Assert.Equal(area, Polygon.Of(Square, sides.Reverse()).Area);
            var inside = 0;
            for (var i = 0; i < 40_000; i++)
            {
                var (x, y) = ((i % 200 + 0.5) / 100 - 1, (i / 200 + 0.5) / 100 - 1);
                if (sides.All(side => side.A * x + side.B * y <= side.Limit)) inside++;
            }

            Assert.Equal(inside / 10_000.0, area, 0.05);
        }
    }

    [Fact]
    public void Sides_that_are_all_but_parallel_meet_exactly()
    {
        // y ≤ x and y ≥ (1 − 2⁻⁵⁰)x, for x ≤ 1: a sliver of 2⁻⁵¹, and its mirror image.
        var sliver = Polygon.Of(((0, 1), (0, 1)), [new(-1, 1, 0), new(1 - Math.ScaleB(1, -50), -1, 0)]);
        Assert.Equal(Math.ScaleB(1, -51), sliver.Area);
    }
}
