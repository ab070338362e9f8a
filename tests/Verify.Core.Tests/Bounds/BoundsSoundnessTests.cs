using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>No sampled point may ever lie outside a bound.</summary>
[Trait("Category", "Simd")]
public sealed class BoundsSoundnessTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_sampled_value_of_any_node_lies_outside_its_bounds(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(20);
        for (var trial = 0; trial < 3; trial++)
        {
            Check(RandomNetworks.Dense(random, activation, 3, 8, 7, 4), random, trial);
            Check(RandomNetworks.WithProduct(random, activation, 4), random, trial);
            Check(RandomNetworks.Convolutional(random, activation), random, trial);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_sampled_gradient_lies_outside_the_bounds_of_the_gradient_network(int output)
    {
        var random = new Random(21);
        foreach (var activation in new Activation[] { ReLU.Instance, Tanh.Instance, Sigmoid.Instance })
        {
            var network = RandomNetworks.Dense(random, activation, 3, 6, 5, 3);
            Check(Differentiation.Gradient(network, output), random, output);
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Bounds_over_a_wider_region_help_those_of_a_narrower_one_and_exclude_nothing(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(22);
        var network = RandomNetworks.Dense(random, activation, 3, 8, 7, 4);
        var center = RandomNetworks.RandomVector(random, 3, 1);
        foreach (var norm in new[] { Norm.Linf, Norm.L2 })
        {
            var (wide, narrow) = (InputRegion.Ball(center, 0.3, norm), InputRegion.Ball(center, 0.2, norm));
            var row = RandomNetworks.RandomVector(random, network.Output.Size, 1);
            var wider = LinearBoundPropagation.Propagate(network, [wide], iterations: 5);
            var far = wider.LowerBounds(row, iterations: 20)[0];
            var near = LinearBoundPropagation.Propagate(network, [narrow], iterations: 5, wider: wider);
            var bound = near.LowerBounds(row, iterations: 1)[0];
            var points = Sampling.Points(narrow, 200, random);
            var values = Evaluation<double>.Of(network, points, points.Length / 3);
            foreach (var node in network.Nodes)
            {
                for (var i = 0; i < values[node].Length; i++)
                    AssertWithin(values[node][i], near.Bounds.Lower(node)[i % node.Size], near.Bounds.Upper(node)[i % node.Size], $"{norm} {node} {i}");
            }

            var (least, _) = Sampling.Range(network, row, points);
            Assert.True(double.IsNegativeInfinity(bound) || bound <= least + 1e-12 * Math.Abs(least), $"A sampled value {least:R} lies below the bound {bound:R}.");
            // Where a function jumps, the lines of a narrower interval are others.
            Assert.True(bound >= far - 1e-9 * (1 + Math.Abs(far)) || name is "Fraction" or "Sign", $"The bound {bound:R} is below {far:R}, that of the wider region.");
            Assert.Throws<ArgumentException>(() => LinearBoundPropagation.Propagate(network, [wide], wider: near));
        }
    }

    /// <summary>Fails where a sampled value of any node, or of a linear function of the outputs, lies outside its bounds.</summary>
    internal static void Check(Network network, Random random, int trial)
    {
        var region = RandomRegion(network.Input.Size, random, trial);
        var points = Sampling.Points(region, 200, random);
        var rows = points.Length / network.Input.Size;
        var values = Evaluation<double>.Of(network, points, rows);
        var interval = IntervalPropagation.Propagate(network, [region]);
        var linear = LinearBoundPropagation.Propagate(network, [region]);
        var optimised = LinearBoundPropagation.Propagate(network, [region], iterations: 5);
        foreach (var node in network.Nodes)
        {
            for (var i = 0; i < values[node].Length; i++)
            {
                var neuron = i % node.Size;
                AssertWithin(values[node][i], interval.Lower(node)[neuron], interval.Upper(node)[neuron], $"interval {node} {neuron}");
                AssertWithin(values[node][i], linear.Bounds.Lower(node)[neuron], linear.Bounds.Upper(node)[neuron], $"linear {node} {neuron}");
                AssertWithin(values[node][i], optimised.Bounds.Lower(node)[neuron], optimised.Bounds.Upper(node)[neuron], $"optimised {node} {neuron}");
            }
        }

        for (var row = 0; row < 5; row++)
        {
            var coefficients = RandomNetworks.RandomVector(random, network.Output.Size, 1);
            var (least, _) = Sampling.Range(network, coefficients, points);
            var plain = linear.LowerBounds(coefficients)[0];
            var best = linear.LowerBounds(coefficients, iterations: 8)[0];
            Assert.True(best >= plain, $"Optimised slopes gave {best:R}, worse than {plain:R}.");
            foreach (var bound in new[] { plain, best, optimised.LowerBounds(coefficients, iterations: 3)[0] })
                Assert.True(double.IsNegativeInfinity(bound) || bound <= least + 1e-12 * Math.Abs(least), $"A sampled value {least:R} lies below the bound {bound:R}.");
        }
    }

    private static InputRegion RandomRegion(int size, Random random, int trial)
    {
        var center = RandomNetworks.RandomVector(random, size, 1);
        var radii = Enumerable.Range(0, size).Select(_ => 0.05 + 0.4 * random.NextDouble()).ToArray();
        return (trial % 3) switch
        {
            0 => InputRegion.Ball(center, radii, Norm.Linf),
            1 => InputRegion.Ball(center, radii, Norm.L2),
            _ => InputRegion.Ball(center, radii, Norm.L1),
        };
    }

    /// <summary>Sampled values are themselves rounded; the bounds must hold up to that.</summary>
    private static void AssertWithin(double value, double low, double high, string what)
    {
        if (double.IsInfinity(low) && double.IsInfinity(high)) return;
        var rounding = 1e-12 * (1 + Math.Abs(value));
        Assert.True(low - rounding <= value && value <= high + rounding, $"{what}: {value:R} lies outside [{low:R}, {high:R}].");
    }
}
