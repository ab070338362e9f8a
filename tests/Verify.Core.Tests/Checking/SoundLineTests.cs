using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Lines of the checker stay on their side of every activation, and are as close as those of the search, whose code they do not share.</summary>
public sealed class SoundLineTests
{
    private static readonly Activation[] All =
    [
        .. RandomNetworks.Activations, Log.Instance, Power.Reciprocal, Power.Sqrt, Power.Of(-2), Power.Of(1.7), Tanh.Instance.Derivative,
        Gelu.Instance.Derivative, Mish.Instance.Derivative, Sigmoid.Instance.Derivative.Derivative,
    ];

    public static TheoryData<string> Activations => [.. All.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void Lines_of_any_slope_stay_on_their_side_and_touch(string name)
    {
        var activation = All.First(a => a.Name == name);
        var random = new Random(70);
        for (var trial = 0; trial < 400; trial++)
        {
            if (Interval(activation, random, trial) is not var (lower, upper)) continue;
            var slope = trial % 5 == 0 ? 0 : 3 * (2 * random.NextDouble() - 1);
            foreach (var side in (int[])[1, -1])
            {
                var line = SoundLine.Of(activation, lower, upper, slope, side);
                Assert.Equal(slope, line.Slope);
                RequireSide(activation, lower, upper, line, side, random);
                var expected = side > 0 ? Slir.UpperShift(activation, lower, upper, slope) : Slir.LowerShift(activation, lower, upper, slope);
                RequireClose(expected.Offset, line.Offset, slope, lower, upper);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Lines_of_least_area_are_those_of_the_search(string name)
    {
        var activation = All.First(a => a.Name == name);
        var random = new Random(71);
        for (var trial = 0; trial < 400; trial++)
        {
            if (Interval(activation, random, trial) is not var (lower, upper)) continue;
            var expected = Relaxation.MinimumArea(activation, lower, upper);
            foreach (var side in (int[])[1, -1])
            {
                var line = SoundLine.LeastArea(activation, lower, upper, side);
                RequireSide(activation, lower, upper, line, side, random);
                var other = side > 0 ? expected.Upper : expected.Lower;
                var middle = (lower + upper) / 2;
                RequireClose(other.Slope * middle + other.Offset, line.Slope * middle + line.Offset, line.Slope, lower, upper);
            }

            var (least, most) = SoundLine.Range(activation, lower, upper);
            var range = Slir.Range(activation, lower, upper);
            RequireClose(range.Lower, least, 0, lower, upper);
            RequireClose(range.Upper, most, 0, lower, upper);
        }
    }

    [Fact]
    public void Lines_around_a_function_of_known_steepness_stay_on_their_side()
    {
        var activation = new LipschitzActivation("wave", z => Math.Sin(3 * z) / 3 + Math.Abs(z - 0.2) / 4, 1.3);
        var random = new Random(72);
        for (var trial = 0; trial < 100; trial++)
        {
            var lower = 4 * random.NextDouble() - 2;
            var upper = lower + (trial % 7 == 0 ? 0 : 3 * random.NextDouble());
            var slope = 2 * random.NextDouble() - 1;
            foreach (var side in (int[])[1, -1])
            {
                var line = SoundLine.Of(activation, lower, upper, slope, side);
                RequireSide(activation, lower, upper, line, side, random);
                var best = Enumerable.Range(0, 5001).Select(i => lower + (upper - lower) * i / 5000).Max(z => side * (activation.Value(z) - slope * z));
                Assert.InRange(side * line.Offset, best, best + 0.02 * (upper - lower) + 1e-6);
                RequireSide(activation, lower, upper, SoundLine.LeastArea(activation, lower, upper, side), side, random);
            }
        }
    }

    [Theory]
    [InlineData(double.NegativeInfinity, 1.0)]
    [InlineData(0.0, double.PositiveInfinity)]
    [InlineData(double.NaN, 1.0)]
    [InlineData(-1.0, double.NaN)]
    [InlineData(2.0, 1.0)]
    public void Where_there_is_no_interval_nothing_is_known(double lower, double upper)
    {
        foreach (var activation in (Activation[])[Tanh.Instance, Exp.Instance, Log.Instance, ReLU.Instance])
        {
            Assert.Equal(double.PositiveInfinity, SoundLine.LeastArea(activation, lower, upper, 1).Offset);
            Assert.Equal(double.NegativeInfinity, SoundLine.LeastArea(activation, lower, upper, -1).Offset);
        }
    }

    [Fact]
    public void Where_a_function_may_be_undefined_or_overflows_nothing_is_known()
    {
        Assert.Equal(double.NegativeInfinity, SoundLine.LeastArea(Log.Instance, 0, 1, -1).Offset);
        Assert.Equal(double.PositiveInfinity, SoundLine.Of(Power.Reciprocal, -1, 1, 0.5, 1).Offset);
        Assert.Equal(double.PositiveInfinity, SoundLine.Of(Exp.Instance, 0, 800, 0, 1).Offset);
        Assert.Equal(double.PositiveInfinity, SoundLine.Of(Tanh.Instance, 0, 1, double.NaN, 1).Offset);
    }

    private static (double Lower, double Upper)? Interval(Activation activation, Random random, int trial)
    {
        var scale = Math.Pow(10, 3 * random.NextDouble() - 1.5);
        var (a, b) = (scale * (2 * random.NextDouble() - 1), scale * (2 * random.NextDouble() - 1));
        if (trial % 11 == 0) b = a + 1e-9 * random.NextDouble();
        if (trial % 13 == 0) a = 0;
        var (lower, upper) = (Math.Min(a, b), Math.Max(a, b));
        if (!activation.IsDefinedOn(lower, upper)) (lower, upper) = (Math.Min(Math.Abs(a), Math.Abs(b)), Math.Max(Math.Abs(a), Math.Abs(b)));
        return activation.IsDefinedOn(lower, upper) ? (lower, upper) : null;
    }

    private static void RequireSide(Activation activation, double lower, double upper, SoundLine line, int side, Random random)
    {
        for (var i = 0; i < 60; i++)
        {
            var z = i switch { 0 => lower, 1 => upper, 2 => Math.Clamp(0, lower, upper), _ => lower + (upper - lower) * random.NextDouble() };
            z = Math.Clamp(z, lower, upper);
            var value = activation.Value(z);
            var gap = side * (line.Slope * z + line.Offset - value);
            Assert.True(gap >= -1e-15 * (Math.Abs(line.Slope * z) + Math.Abs(value) + Math.Abs(line.Offset)), $"{activation.Name} on [{lower}, {upper}]: the line {line} is on the wrong side at {z}, by {-gap}.");
        }
    }

    private static void RequireClose(double expected, double actual, double slope, double lower, double upper)
    {
        var size = Math.Abs(expected) + Math.Abs(slope) * Math.Max(Math.Abs(lower), Math.Abs(upper));
        Assert.True(Math.Abs(expected - actual) <= 1e-9 * size + 1e-12, $"on [{lower}, {upper}]: {actual} instead of {expected}");
    }
}
