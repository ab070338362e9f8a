using RobustVerify.Core.Reachability;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Membership, support and ranges of boxes, polytopes and zonotopes.</summary>
[Trait("Category", "Simd")]
public sealed class OutputSetTests
{
    [Fact]
    public void A_box_holds_its_corners_and_nothing_beyond()
    {
        var box = new OutputBox([0.1, -3], [0.3, 5]);
        Assert.True(box.Contains([0.1, 5]));
        Assert.False(box.Contains([Math.BitDecrement(0.1), 5]));
        Assert.False(box.Contains([double.NaN, 0]));
        Assert.Equal<(double, double)>([(0.1, 0.3), (-3, 5)], box.Ranges);
        Assert.InRange(box.Support([1, -1]), 3.3, 3.3 + 1e-12);
        Assert.InRange(box.LogVolume, Math.Log(1.6), Math.Log(1.6) + 1e-12);
        Assert.Equal(double.NegativeInfinity, new OutputBox([1, 2], [1, 3]).LogVolume);
    }

    [Fact]
    public void A_polytope_cuts_the_corners_of_its_box()
    {
        // A square without the corners beyond |x| + |y| = 1.5.
        var octagon = new OutputPolytope(new OutputBox([-1, -1], [1, 1]), Directions.Octagon(2), [1.5, 1.5, 1.5, 1.5]);
        Assert.True(octagon.Contains([0.75, 0.75]));
        Assert.False(octagon.Contains([0.76, 0.75]));
        Assert.True(octagon.HasExactVolume);
        Assert.InRange(octagon.LogVolume, Math.Log(3.5), Math.Log(3.5) + 1e-12);
        Assert.InRange(octagon.Support([2, 1]), 2.5, 2.5 + 1e-9);
        Assert.Equal(1.5, octagon.Support([1, 1]));
    }

    [Fact]
    public void Ranges_of_a_polytope_may_be_narrower_than_its_box()
    {
        var cut = new OutputPolytope(new OutputBox([-1, -1], [1, 1]), [1, 1, 1, -1], [0, 0]);
        Assert.Equal(-1, cut.Ranges[0].Lower, 1e-9);
        Assert.Equal(0, cut.Ranges[0].Upper, 1e-9);
        Assert.True(cut.Ranges[0].Upper >= 0);
    }

    [Fact]
    public void The_volume_of_a_polytope_of_more_outputs_is_bounded_by_that_of_its_polygons()
    {
        // |xᵢ| ≤ 1 and |x₀ − x₁| ≤ 0.1: an area of 0.39 times a width of 2.
        var slab = new OutputPolytope(new OutputBox([-1, -1, -1], [1, 1, 1]), [1, -1, 0, -1, 1, 0], [0.1, 0.1]);
        Assert.False(slab.HasExactVolume);
        Assert.InRange(slab.LogVolume, Math.Log(0.78), Math.Log(0.78) + 1e-9);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 5)]
    [InlineData(3, 8)]
    [InlineData(6, 12)]
    public void A_zonotope_holds_what_its_generators_make_and_nothing_beyond_its_support(int size, int count)
    {
        var random = new Random(size);
        for (var trial = 0; trial < 30; trial++)
        {
            var (center, generators) = (RandomNetworks.RandomVector(random, size, 2), RandomNetworks.RandomVector(random, size * count, 1));
            var zonotope = new OutputZonotope(center, generators);
            var direction = RandomNetworks.RandomVector(random, size, 1);
            var (point, farthest) = ((double[])center.Clone(), (double[])center.Clone());
            for (var i = 0; i < count; i++)
            {
                var (multiplier, along) = (2 * random.NextDouble() - 1, Enumerable.Range(0, size).Sum(k => direction[k] * generators[i * size + k]));
                for (var k = 0; k < size; k++)
                {
                    point[k] += multiplier * generators[i * size + k];
                    farthest[k] += Math.Sign(along) * generators[i * size + k];
                }
            }

            Assert.True(zonotope.Contains(point));
            Assert.True(zonotope.Contains(farthest));
            var reach = Enumerable.Range(0, size).Sum(k => direction[k] * farthest[k]);
            Assert.InRange(zonotope.Support(direction), reach - 1e-14 * Math.Abs(reach), reach + 1e-9);
            var beyond = farthest.Select((value, k) => value + 1e-6 * direction[k]).ToArray();
            Assert.False(zonotope.Contains(beyond));
        }
    }

    [Fact]
    public void A_flat_zonotope_holds_only_what_lies_in_it()
    {
        var segment = new OutputZonotope([0, 0], [1, 1]);
        Assert.True(segment.Contains([0.5, 0.5]));
        Assert.False(segment.Contains([0.5, 0.5001]));
        Assert.True(new OutputZonotope([0, 0], [1, 1], [0, 0.001]).Contains([0.5, 0.5001]));
    }

    [Fact]
    public void What_is_no_set_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new OutputBox([1], [0]));
        Assert.Throws<ArgumentException>(() => new OutputBox([0], [double.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => new OutputZonotope([0, 0], [1]));
        Assert.Throws<ArgumentException>(() => new OutputZonotope([0, 0], [], [1, -1]));
        Assert.Throws<ArgumentException>(() => new OutputPolytope(new OutputBox([0, 0], [1, 1]), [1, 0], []));
        Assert.Throws<ArgumentException>(() => new OutputBox([0], [1]).Contains([0, 0]));
    }
}
