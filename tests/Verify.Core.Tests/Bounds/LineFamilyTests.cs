using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Every position in a family of lines is a line on its side of the function, and hardly worse than the best of its slope.</summary>
public sealed class LineFamilyTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void A_line_at_any_position_stays_on_its_side_of_the_function(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(31);
        foreach (var (low, high) in Intervals(activation, random, 60))
        {
            foreach (var side in (ReadOnlySpan<int>)[-1, 1])
            {
                var family = Family(activation, low, high, random.Next(2) == 0 ? 48 : 8);
                for (var trial = 0; trial < 20; trial++)
                {
                    var position = trial switch { 0 => 0f, 1 => 1f, 2 => family.Start[(side + 1) / 2], _ => random.NextSingle() };
                    var line = family.At((side + 1) / 2, position, Math.Max(Math.Abs(low), Math.Abs(high)));
                    for (var k = 0; k <= 200; k++)
                    {
                        var z = Math.Clamp(low + (high - low) * k / 200, low, high);
                        var value = activation.Value(z);
                        var excess = side * (line.Slope * z + line.Offset - value);
                        Assert.True(
                            excess >= -1e-12 * (1 + Math.Abs(value) + Math.Abs(line.Slope * z)),
                            $"{name} on [{low:R}, {high:R}], side {side}, position {position:R}: {excess:R} at {z:R}.");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("Tanh", -3, 2)]
    [InlineData("Tanh", 0.5, 4)]
    [InlineData("Sigmoid", -4, 4)]
    [InlineData("Gelu", -3, 3)]
    [InlineData("Silu", -2, 1)]
    public void Interpolating_between_lines_costs_little(string name, double low, double high)
    {
        var activation = RandomNetworks.Activations.Single(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));
        foreach (var side in (ReadOnlySpan<int>)[-1, 1])
        {
            var family = Family(activation, low, high);
            for (var k = 0; k <= 100; k++)
            {
                var line = family.At((side + 1) / 2, k / 100f, Math.Max(Math.Abs(low), Math.Abs(high)));
                var exact = side > 0
                    ? Slir.UpperShift(activation, low, high, line.Slope).Offset
                    : Slir.LowerShift(activation, low, high, line.Slope).Offset;
                Assert.InRange(side * (line.Offset - exact), -1e-12, 2e-3);
            }
        }
    }

    [Theory]
    [InlineData("Tanh", -3, 2)]
    [InlineData("Tanh", 0.5, 4)]
    [InlineData("Tanh", -1, 5)]
    [InlineData("Sigmoid", -4, 4)]
    [InlineData("Gelu", -3, 3)]
    [InlineData("Silu", -2, 1)]
    [InlineData("HardSwish", -4, 2)]
    public void The_first_and_the_last_line_touch_the_envelope_at_the_ends_of_the_interval(string name, double low, double high)
    {
        var activation = RandomNetworks.Activations.Single(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));
        foreach (var side in (ReadOnlySpan<int>)[-1, 1])
        {
            var family = Family(activation, low, high);
            var (first, last) = (family.At((side + 1) / 2, 0, 5), family.At((side + 1) / 2, 1, 5));
            var (atLow, atHigh) = side > 0 ? (last, first) : (first, last);
            Assert.Equal(activation.Value(low), atLow.Slope * low + atLow.Offset, 1e-4 * (high - low));
            Assert.Equal(activation.Value(high), atHigh.Slope * high + atHigh.Offset, 1e-4 * (high - low));

            // Any other line through those points crosses the function, or is further from it on the way: the extreme chord.
            for (var k = 1; k < 1000; k++)
            {
                var z = low + (high - low) * k / 1000;
                Assert.True(side * (atLow.Slope - (activation.Value(z) - activation.Value(low)) / (z - low)) >= -1e-4, $"side {side}, at {z}");
                Assert.True(side * (atHigh.Slope - (activation.Value(high) - activation.Value(z)) / (high - z)) <= 1e-4, $"side {side}, at {z}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void The_line_of_least_area_is_in_the_family(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        foreach (var (low, high) in Intervals(activation, new Random(32), 20))
        {
            // Positions are in single precision, too coarse to tell slopes apart that differ by many orders of magnitude.
            var (least, most) = Slir.SlopeRange(activation, low, high);
            if (most - least > 1e6) continue;
            var (below, above) = Relaxation.MinimumArea(activation, low, high);
            foreach (var (side, best) in new[] { (-1, below), (1, above) })
            {
                var family = Family(activation, low, high);
                var line = family.At((side + 1) / 2, family.Start[(side + 1) / 2], Math.Max(Math.Abs(low), Math.Abs(high)));
                var middle = low + (high - low) / 2;
                var excess = side * (line.Slope * middle + line.Offset - best.Slope * middle - best.Offset);
                Assert.InRange(excess, -1e-9 * (1 + Math.Abs(best.Offset)), 1e-5 * (1 + Math.Abs(best.Offset)));
            }
        }
    }

    private static LineFamily Family(Activation activation, double low, double high, int count = 48)
    {
        var input = new InputNode(1);
        var node = new ElementwiseNode(input, activation);
        var bounds = new NodeBounds(new Network(input, node), ImmutableArray.Create(InputRegion.Box([low], [high])));
        return LineFamily.Of(node, bounds, ElementwiseLines.MinimumArea(node, bounds), count);
    }

    private static IEnumerable<(double Low, double High)> Intervals(Activation activation, Random random, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var scale = Math.Pow(10, random.NextDouble() * 4 - 2);
            var (a, b) = ((random.NextDouble() * 2 - 1) * scale, (random.NextDouble() * 2 - 1) * scale);
            var (low, high) = (Math.Min(a, b), Math.Max(a, b));
            if (activation.IsDefinedOn(low, high)) yield return (low, high);
        }
    }
}
