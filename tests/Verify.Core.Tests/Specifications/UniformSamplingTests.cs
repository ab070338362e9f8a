using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications;

public class UniformSamplingTests
{
    private const int Rows = 20_000;

    private static float[] Draw(InputRegion region)
    {
        var inputs = new float[Rows * region.Size];
        UniformSampling.Draw(region, new RandomStream(7), inputs);
        for (var row = 0; row < Rows; row++) Assert.True(region.Contains(inputs.AsSpan(row * region.Size, region.Size)), $"row {row} lies outside");
        return inputs;
    }

    private static double ShareWhere(float[] inputs, int size, Func<float[], bool> holds) =>
        inputs.Chunk(size).Count(holds) / (double)Rows;

    // Four standard deviations of a share near one half.
    private static void Near(double expected, double share) => Assert.InRange(share, expected - 0.015, expected + 0.015);

    [Fact]
    public void Boxes_are_filled_evenly()
    {
        var inputs = Draw(InputRegion.Box([-1, 10], [3, 30]));

        Near(0.25, ShareWhere(inputs, 2, x => x[0] < 0));
        Near(0.75, ShareWhere(inputs, 2, x => x[1] < 25));
        Near(0.1875, ShareWhere(inputs, 2, x => x[0] < 0 && x[1] < 25));
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    public void A_ball_of_half_the_radius_holds_the_share_of_its_volume(Norm norm)
    {
        var (region, half) = (InputRegion.Ball([1, 2, 3], [0.5, 1, 2], norm), InputRegion.Ball([1, 2, 3], [0.25, 0.5, 1], norm));

        var inputs = Draw(region);

        Near(0.125, ShareWhere(inputs, 3, x => half.Contains(x)));
        Near(0.5, ShareWhere(inputs, 3, x => x[1] < 2));
    }

    [Fact]
    public void Features_of_radius_zero_stay_and_take_no_share_of_the_ball()
    {
        var inputs = Draw(InputRegion.Ball([1, 2, 0.1], [0, 1, 0], Norm.L2));

        Assert.All(inputs.Chunk(3), x => Assert.Equal((1f, 0.1f), (x[0], x[2])));
        Near(0.5, ShareWhere(inputs, 3, x => Math.Abs(x[1] - 2) < 0.5));
    }

    [Fact]
    public void A_ball_that_a_domain_clips_is_filled_evenly_where_it_can_be_hit()
    {
        var inputs = Draw(InputRegion.Ball([0, 0], 1, Norm.L2, InputRegion.Box([0, -1], [1, 1])));

        Near(0.25, ShareWhere(inputs, 2, x => x[0] * x[0] + x[1] * x[1] < 0.25));
        Near(0.5, ShareWhere(inputs, 2, x => x[1] < 0));
    }

    [Theory]
    [InlineData(Norm.L1, 0.0)]
    [InlineData(Norm.L2, 0.0)]
    [InlineData(Norm.L2, -0.1)]
    public void A_corner_of_a_ball_in_many_dimensions_still_gives_points_of_the_region(Norm norm, double center)
    {
        const int Size = 40;
        var region = InputRegion.Ball(Enumerable.Repeat(center, Size).ToArray(), 1, norm, InputRegion.Box(new double[Size], Enumerable.Repeat(1.0, Size).ToArray()));
        var inputs = new float[100 * Size];

        UniformSampling.Draw(region, new RandomStream(7), inputs);

        Assert.All(inputs.Chunk(Size), x => Assert.True(region.Contains(x)));
        Assert.True(inputs.Chunk(Size).Select(x => string.Join(' ', x)).Distinct().Count() > 90, "the points are hardly different");
    }
}
