using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Tests.Networks.Activations;
using static RobustVerify.Core.Tests.Networks.Activations.ActivationTable;

namespace RobustVerify.Core.Tests.Relaxations;

public class RelaxationTests
{
    [Theory]
    [InlineData("Tanh", -1, 1, 0.816218744, -0.054624602, 0.816218744, 0.054624602)]
    [InlineData("Tanh", -2, 2, 0.581572937, -0.199118294, 0.581572937, 0.199118294)]
    [InlineData("Tanh", -2, 1, 0.786447738, -0.068893288, 0.581572935, 0.199118296)]
    [InlineData("Sigmoid", -4, 4, 0.145393234, 0.400440855, 0.145393234, 0.599559145)]
    [InlineData("Mish", -4, 2, 0.059216766, -0.244184695, 0.336091783, 1.271775393)]
    [InlineData("Gelu", -3, 3, 0.5, 0, 0.5, 1.495950305905)]
    [InlineData("Silu", -5, 5, 0.5, 0, 0.5, 2.466535745379)]
    [InlineData("ReLU", -1, 2, 1, 0, 0.666666666667, 0.666666666667)]
    [InlineData("ReLU", -2, 1, 0, 0, 0.333333333333, 0.666666666667)]
    [InlineData("Step", -1, 3, 0.333333333333, 0, 0, 1)]
    public void Lines_of_least_area_are_the_known_ones(
        string name, double lower, double upper, double lowerSlope, double lowerOffset, double upperSlope, double upperOffset)
    {
        var activation = Enumerable.Range(0, int.MaxValue).Select(row => At(row).Activation).First(activation => activation.Name == name);
        var (below, above) = Relaxation.MinimumArea(activation, lower, upper);

        // The tables were made by a search that stops at 1e-8 in the slope; the height at the midpoint is what is optimal.
        var middle = (lower + upper) / 2;
        Assert.Equal(lowerSlope, below.Slope, 3e-8);
        Assert.Equal(upperSlope, above.Slope, 3e-8);
        Assert.Equal(lowerSlope * middle + lowerOffset, below.Slope * middle + below.Offset, 1e-8);
        Assert.Equal(upperSlope * middle + upperOffset, above.Slope * middle + above.Offset, 1e-8);
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void No_slope_gives_less_area_and_no_point_is_outside(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        var random = new Random(row + order);
        for (var trial = 0; trial < 30; trial++)
        {
            var lower = At(row).From + random.NextDouble() * (At(row).To - At(row).From) * 0.9;
            var upper = Math.Min(At(row).To, lower + (At(row).To - At(row).From) * Math.Pow(10, -4 * random.NextDouble()));
            var (below, above) = Relaxation.MinimumArea(activation, lower, upper);
            var middle = lower / 2 + upper / 2;
            var slopes = Slir.SlopeRange(activation, lower, upper);
            var size = Math.Abs(above.Slope * middle) + Math.Abs(above.Offset) + Math.Abs(below.Slope * middle) + Math.Abs(below.Offset);
            for (var i = 0; i <= 40; i++)
            {
                var slope = slopes.Lower + (slopes.Upper - slopes.Lower) * i / 40;
                if (upper - lower > 4 * activation.Period) slope = 0;
                var upperHeight = slope * middle + Slir.UpperShift(activation, lower, upper, slope).Offset;
                var lowerHeight = slope * middle + Slir.LowerShift(activation, lower, upper, slope).Offset;
                Assert.True(above.Slope * middle + above.Offset <= upperHeight + 1e-10 * size, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: slope {slope:R} is better than {above} by {above.Slope * middle + above.Offset - upperHeight:E2}.");
                Assert.True(below.Slope * middle + below.Offset >= lowerHeight - 1e-10 * size, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: slope {slope:R} is better than {below} by {lowerHeight - below.Slope * middle - below.Offset:E2}.");
            }

            for (var i = 0; i <= 200; i++)
            {
                var z = Math.Clamp(lower + (upper - lower) * i / 200, lower, upper);
                var value = activation.Value(z);
                var error = activation.ValueError(z, value);
                Assert.True(Math.FusedMultiplyAdd(-above.Slope, z, value) - error <= above.Offset, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {above} is too low at {z:R}.");
                Assert.True(Math.FusedMultiplyAdd(-below.Slope, z, value) + error >= below.Offset, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {below} is too high at {z:R}.");
            }
        }
    }

    [Fact]
    public void Where_values_nearly_overflow_no_line_claims_what_is_not_so()
    {
        var power = Power.Of(1.5);
        var (below, above) = Relaxation.MinimumArea(power, 7.5e-9, 5.2e205);
        foreach (var z in new[] { 7.5e-9, 1, 1e100, 1e200, 5.2e205 })
        {
            Assert.True(below.Slope * z + below.Offset <= power.Value(z), $"{below} is above the function at {z}.");
            Assert.True(above.Slope * z + above.Offset >= power.Value(z), $"{above} is below the function at {z}.");
        }
    }

    [Theory]
    [InlineData(-3, 3)]
    [InlineData(-0.5, 2)]
    [InlineData(-20, 0.1)]
    public void Knowing_only_a_Lipschitz_constant_costs_little(double lower, double upper)
    {
        var known = Tanh.Instance;
        var unknown = new LipschitzActivation("Unknown", Math.Tanh, 1);
        foreach (var slope in new[] { -0.5, 0, 0.2, 0.6, 1 })
        {
            var (tight, loose) = (Slir.UpperShift(known, lower, upper, slope).Offset, Slir.UpperShift(unknown, lower, upper, slope).Offset);
            Assert.InRange(loose, tight - 1e-15, tight + 0.01 * (upper - lower));
            (tight, loose) = (Slir.LowerShift(known, lower, upper, slope).Offset, Slir.LowerShift(unknown, lower, upper, slope).Offset);
            Assert.InRange(loose, tight - 0.01 * (upper - lower), tight + 1e-15);
        }

        var (below, above) = Relaxation.MinimumArea(unknown, lower, upper);
        for (var z = lower; z <= upper; z += 1e-3)
            Assert.InRange(Math.Tanh(z), below.Slope * z + below.Offset, above.Slope * z + above.Offset);
        Assert.Equal(Math.Tanh(lower), Slir.Range(unknown, lower, lower).Lower, 1e-14);
        Assert.Equal(double.PositiveInfinity, Slir.Range(unknown, lower, double.PositiveInfinity).Upper);
    }

    [Fact]
    public void A_function_with_many_waves_stays_inside_its_surrogate()
    {
        var wave = new LipschitzActivation("Wave", z => Math.Sin(20 * z) / 20 + Math.Abs(Math.IEEERemainder(z, 0.3)), 2);
        var above = LipschitzSurrogate.Above(wave, -1, 2);
        var below = LipschitzSurrogate.Below(wave, -1, 2);
        for (var z = -1.0; z <= 2; z += 1e-4)
            Assert.InRange(wave.Value(z), below.Value(z), above.Value(z));
    }

    [Fact]
    public void A_Lipschitz_constant_that_values_contradict_is_refused()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Slir.UpperShift(new LipschitzActivation("Steep", z => 2 * z, 1), 0, 1, 0));
        Assert.Contains("Lipschitz constant cannot be 1", error.Message, StringComparison.Ordinal);
    }
}
