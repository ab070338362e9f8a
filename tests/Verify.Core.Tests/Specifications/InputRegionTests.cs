using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications;

public class InputRegionTests
{
    [Fact]
    public void A_box_is_rounded_inward_to_float32()
    {
        var (lower, upper) = InputRegion.Box([0.1, -0.3, 0.5], [0.7, -0.1, 0.5]).Representable;

        Assert.True(lower[0] >= 0.1 && MathF.BitDecrement(lower[0]) < 0.1);
        Assert.True(lower[1] >= -0.3 && MathF.BitDecrement(lower[1]) < -0.3);
        Assert.True(upper[0] <= 0.7 && MathF.BitIncrement(upper[0]) > 0.7);
        Assert.True(upper[1] <= -0.1 && MathF.BitIncrement(upper[1]) > -0.1);
        Assert.Equal((0.5f, 0.5f), (lower[2], upper[2]));
    }

    [Fact]
    public void A_box_contains_exactly_the_float32_numbers_between_its_bounds()
    {
        var region = InputRegion.Box([0.1, -1], [0.7, 2]);
        var (lower, upper) = region.Representable;

        Assert.True(region.Contains([lower[0], -1]));
        Assert.True(region.Contains([upper[0], 2]));
        Assert.False(region.Contains([MathF.BitDecrement(lower[0]), 0]));
        Assert.False(region.Contains([MathF.BitIncrement(upper[0]), 0]));
        Assert.False(region.Contains([0.5f, MathF.BitIncrement(2)]));
        Assert.False(region.Contains([float.NaN, 0]));
    }

    [Fact]
    public void A_constant_that_float32_does_not_have_is_the_nearest_one_for_proofs_and_counterexamples_alike()
    {
        var region = InputRegion.Box([0.1, 0.3], [0.1, 0.3]);

        Assert.True(region.Contains([0.1f, 0.3f]));
        Assert.False(region.Contains([MathF.BitDecrement(0.1f), 0.3f]));
        Assert.False(region.Contains([MathF.BitIncrement(0.1f), 0.3f]));
        Assert.Equal([0.1, 0.3], region.Lower.ToArray());
        Assert.Equal([(double)0.1f, 0.3f], region.Upper.ToArray());
    }

    [Fact]
    public void Bounds_beyond_float32_end_at_its_largest_number()
    {
        var (lower, upper) = InputRegion.Box([-double.MaxValue], [1e300]).Representable;

        Assert.Equal(-float.MaxValue, lower[0]);
        Assert.Equal(float.MaxValue, upper[0]);
    }

    [Fact]
    public void An_linf_ball_of_round_numbers_has_round_bounds()
    {
        var region = InputRegion.Ball([8, 0], [1.25, 16], Norm.Linf, InputRegion.Box([0, 0], [16, 16]));

        Assert.True(region.IsBox);
        Assert.Equal([6.75, 0.0], region.Lower.ToArray());
        Assert.Equal([9.25, 16.0], region.Upper.ToArray());
    }

    [Fact]
    public void The_bounds_of_a_ball_are_rounded_outward()
    {
        var region = InputRegion.Ball([0.1], 0.2, Norm.Linf);

        // In real numbers, double(0.1) + double(0.2) is larger than double(0.3).
        Assert.Equal(0.30000000000000004, region.Upper[0]);
        Assert.True((decimal)region.Lower[0] <= 0.1m - 0.2m);
    }

    [Theory]
    [InlineData(Norm.L1, 0.75f, 0.25f, true)]
    [InlineData(Norm.L1, 0.75f, 0.25000003f, false)]
    [InlineData(Norm.L2, 0f, 1f, true)]
    [InlineData(Norm.L2, 0.6f, 0.8f, false)]
    [InlineData(Norm.L2, 0.59999996f, 0.8f, true)]
    public void A_ball_contains_its_border_and_nothing_beyond(Norm norm, float first, float second, bool inside)
    {
        // float32 has 0.6 and 0.8 a little too large: together they lie just outside.
        var region = InputRegion.Ball([0, 0], 1, norm);

        Assert.Equal(inside, region.Contains([first, second]));
        Assert.Equal(inside, region.Contains([-second, first]));
    }

    [Fact]
    public void A_ball_with_radii_of_its_own_measures_in_their_units()
    {
        var region = InputRegion.Ball([10, 1000, 5], [2, 100, 0], Norm.L2);

        Assert.True(region.Contains([11.2f, 1080, 5]));
        Assert.False(region.Contains([11.3f, 1080, 5]));
        Assert.False(region.Contains([10, 1000, 5.0001f]));
    }

    [Fact]
    public void A_domain_clips_a_ball()
    {
        var region = InputRegion.Ball([0.5, 0.5], 1, Norm.L2, InputRegion.Box([0, 0], [1, 1]));

        Assert.Equal([1.0, 1.0], region.Upper.ToArray());
        Assert.False(region.Contains([1.25f, 0.5f]));
        Assert.True(region.Contains([1, 1]));
    }

    [Theory]
    [InlineData(0.9f, true)]
    [InlineData(0.95f, false)]
    public void A_feature_that_the_domain_holds_fast_still_uses_up_its_part_of_the_distance(float second, bool inside)
    {
        // The domain leaves the constant 0.1 of the first feature, 0.4 from the centre: √(1 − 0.16) ≈ 0.917 are left for the second.
        var region = InputRegion.Ball([0.5, 0], 1, Norm.L2, InputRegion.Box([0.1, -1], [0.1, 1]));

        Assert.Equal(inside, region.Contains([0.1f, second]));
    }

    [Fact]
    public void What_is_empty_or_not_finite_or_negative_is_refused()
    {
        var square = InputRegion.Box([0, 0], [1, 1]);

        Assert.Contains("empty: input 1", Assert.Throws<ArgumentException>(() => InputRegion.Box([0, 2], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("must be finite", Assert.Throws<ArgumentException>(() => InputRegion.Box([double.NaN], [1])).Message, StringComparison.Ordinal);
        Assert.Contains("must not be negative", Assert.Throws<ArgumentException>(() => InputRegion.Ball([0, 0], -1, Norm.Linf)).Message, StringComparison.Ordinal);
        Assert.Contains("empty: input 0", Assert.Throws<ArgumentException>(() => InputRegion.Ball([3, 0], 1, Norm.Linf, square)).Message, StringComparison.Ordinal);
        // The corner of the square lies in the ball's box, but not in the ball.
        Assert.Contains("lies in the ball", Assert.Throws<ArgumentException>(() => InputRegion.Ball([2, 2], 1.25, Norm.L2, square)).Message, StringComparison.Ordinal);
    }
}
