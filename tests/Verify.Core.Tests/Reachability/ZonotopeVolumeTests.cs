using RobustVerify.Core.Reachability;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Volumes of zonotopes: closed forms, brute force over all sets of generators, and bounds where there are too many.</summary>
[Trait("Category", "Simd")]
public sealed class ZonotopeVolumeTests
{
    [Fact]
    public void Three_generators_of_the_plane_have_the_area_of_their_determinants()
    {
        // The determinants are 1, 1 and −1.
        var zonotope = new OutputZonotope([7, 8], [1, 0, 0, 1, 1, 1]);
        Assert.True(zonotope.HasExactVolume);
        Assert.InRange(Math.Exp(zonotope.LogVolume), 12 * (1 - 1e-15), 12 * (1 + 1e-12));
    }

    [Fact]
    public void A_cube_and_its_shear_have_one_volume()
    {
        Assert.InRange(new OutputZonotope(new double[3], [1, 0, 0, 0, 1, 0, 0, 0, 1]).LogVolume, Math.Log(8), Math.Log(8) + 1e-12);
        Assert.InRange(new OutputZonotope(new double[3], [1, 0, 0, 5, 1, 0, 7, -9, 1]).LogVolume, Math.Log(8), Math.Log(8) + 1e-10);
    }

    [Fact]
    public void Too_few_generators_and_outputs_that_stay_make_it_flat()
    {
        Assert.Equal(double.NegativeInfinity, new OutputZonotope([0, 0, 0], [1, 2, 3, 4, 5, 6]).LogVolume);
        Assert.Equal(double.NegativeInfinity, new OutputZonotope([0, 0], [1, 0, 2, 0, 3, 0]).LogVolume);
        Assert.Equal(double.NegativeInfinity, new OutputZonotope([0, 0], []).LogVolume);
    }

    [Fact]
    public void What_is_nearly_flat_has_no_more_volume_than_rounding()
    {
        Assert.InRange(new OutputZonotope([0, 0], [1, 3, 2, 6, -5, -15]).LogVolume, -700, Math.Log(1e-10));
    }

    [Theory]
    [InlineData(1e-20)]
    [InlineData(1e-170)]
    [InlineData(1e-320)]
    public void A_side_so_short_that_its_square_underflows_counts_all_the_same(double side)
    {
        var log = new OutputZonotope([0, 0], [1, 1, side, -side]).LogVolume;
        Assert.InRange(log, Math.Log(8) + Math.Log(side) - 1e-9, Math.Max(Math.Log(8) + Math.Log(side), Math.Log(1e-12)) + 1);
        Assert.True(new OutputZonotope([0, 0], [side, -side, 1, 1]).LogVolume >= Math.Log(8) + Math.Log(side) - 1e-9);
        Assert.True(new OutputZonotope([0, 0], [1e10, 1e10, side, -side]).LogVolume >= Math.Log(8e10) + Math.Log(side) - 1e-9);
    }

    [Fact]
    public void Widths_far_below_the_smallest_number_have_a_logarithm()
    {
        var generators = new double[100];
        for (var i = 0; i < 10; i++) generators[i * 10 + i] = 0.5e-40;
        Assert.Equal(-400 * Math.Log(10), new OutputZonotope(new double[10], generators).LogVolume, 1e-9);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 9)]
    [InlineData(3, 8)]
    [InlineData(4, 9)]
    [InlineData(5, 7)]
    public void The_sum_is_that_of_the_determinants_of_all_sets(int size, int count)
    {
        var random = new Random(size);
        for (var trial = 0; trial < 6; trial++)
        {
            var generators = RandomNetworks.RandomVector(random, size * count, 1);
            var slack = trial % 2 == 0 ? new double[size] : RandomNetworks.RandomVector(random, size, 0.1).Select(Math.Abs).ToArray();
            var columns = Enumerable.Range(0, count).Select(i => generators[(i * size)..((i + 1) * size)])
                .Concat(Enumerable.Range(0, size).Select(k => { var side = new double[size]; side[k] = slack[k]; return side; })).ToArray();
            var sum = Sets(columns.Length, size).Sum(set => Math.Abs(Determinant([.. set.Select(i => columns[i])])));
            var expected = size * Math.Log(2) + Math.Log(sum);
            var zonotope = new OutputZonotope(new double[size], generators, slack);
            Assert.True(zonotope.HasExactVolume);
            Assert.InRange(zonotope.LogVolume, expected - 1e-13, expected + 1e-9);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    public void Where_there_are_too_many_sets_it_is_a_bound_below_that_of_the_box(int size)
    {
        // Sixty generators, most of them along few lines: what is left out of a sum over sets is less than the box of all.
        var random = new Random(3);
        var generators = new double[60 * size];
        for (var i = 0; i < 60; i++)
        {
            var line = RandomNetworks.RandomVector(new Random(i % 4), size, 1);
            for (var k = 0; k < size; k++) generators[i * size + k] = random.NextDouble() * line[k] + 0.01 * random.NextDouble();
        }

        var zonotope = new OutputZonotope(new double[size], generators);
        var box = zonotope.Ranges.Sum(range => Math.Log(range.Upper - range.Lower));
        Assert.False(zonotope.HasExactVolume);
        Assert.True(zonotope.LogVolume < box - 1, $"{zonotope.LogVolume} is no better than the box's {box}");

        // A part of the generators is a part of the zonotope.
        var part = new OutputZonotope(new double[size], generators.AsSpan(0, (size + 4) * size));
        Assert.True(part.HasExactVolume);
        Assert.True(part.LogVolume < zonotope.LogVolume);
    }

    [Fact]
    public void A_bound_is_never_below_the_volume_that_it_bounds()
    {
        // 430 generators of three outputs are too many; 250 of them are not, and the others are short.
        var random = new Random(8);
        for (var trial = 0; trial < 5; trial++)
        {
            var generators = RandomNetworks.RandomVector(random, 3 * 430, 1);
            for (var i = 3 * 250; i < generators.Length; i++) generators[i] *= 1e-9;
            var (all, most) = (new OutputZonotope(new double[3], generators), new OutputZonotope(new double[3], generators.AsSpan(0, 750)));
            Assert.False(all.HasExactVolume);
            Assert.True(most.HasExactVolume);
            Assert.InRange(all.LogVolume, most.LogVolume, most.LogVolume + 1e-5);
        }
    }

    private static IEnumerable<int[]> Sets(int count, int size, int first = 0) => size == 0
        ? [[]]
        : Enumerable.Range(first, Math.Max(0, count - first)).SelectMany(i => Sets(count, size - 1, i + 1).Select(rest => (int[])[i, .. rest]));

    private static double Determinant(double[][] columns) => columns.Length == 1
        ? columns[0][0]
        : Enumerable.Range(0, columns.Length).Sum(i => (i % 2 == 0 ? 1 : -1) * columns[i][0] * Determinant([.. columns.Where((_, j) => j != i).Select(column => column[1..])]));
}
