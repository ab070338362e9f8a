using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Whatever a proof says, what is accepted holds of every sampled point.</summary>
[Trait("Category", "Simd")]
public sealed class CheckerSoundnessTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_margin_exceeds_what_sampled_points_show(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        Check(new Random(80), 24, (random, trial) => Random(random, activation, trial));
    }

    [Fact]
    public void No_margin_of_attention_exceeds_what_sampled_points_show() => Check(new Random(84), 60, (_, _) => SoftmaxBoundsTests.Attention());

    private static void Check(Random random, int trials, Func<Random, int, Network> create)
    {
        var accepted = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            var network = create(random, trial);
            var region = Region(random, network.Input.Size, trial);
            var points = Sampling.Points(region, 500, random);
            var rows = Enumerable.Range(0, 3).Select(_ => RandomNetworks.RandomVector(random, network.Output.Size, 1)).ToArray();
            var outputs = network.Evaluate<double>(points, points.Length / region.Size);
            var ranges = rows.Select(row => Sampling.Range(network, row, points)).ToArray();

            // Two violations, one of two constraints; one bound is such that the property holds of all samples, by much or by little.
            var share = Math.Pow(10, 3 * random.NextDouble() - 2);
            var bounds = ranges.Select(range => range.Least - share * (range.Most - range.Least) - 1e-9).ToArray();
            var output = new OutputProperty(
                [new([new([.. rows[0]], bounds[0])]), new([new([.. rows[1]], bounds[1]), new([.. rows[2]], bounds[2])])], "test");
            var property = new Property("p", region, output);
            var least = double.PositiveInfinity;
            for (var p = 0; p < points.Length / region.Size; p++)
            {
                var y = outputs.AsSpan(p * network.Output.Size, network.Output.Size).ToArray();
                least = Math.Min(least, output.Violations.Min(violation => violation.Constraints.Max(c => c.Coefficients.Zip(y, (a, b) => a * b).Sum() - c.Bound)));
            }

            for (var k = 0; k < 4; k++)
            {
                var result = CertificateChecker.Check(network, property, 0, Part(random, network, property, 3, 0));
                if (!result.IsAccepted) continue;
                accepted++;
                Assert.True(result.Margin <= least + 1e-9 * (1 + Math.Abs(least)), $"Trial {trial}: the margin {result.Margin} exceeds {least}.");
            }
        }

        Assert.True(accepted > 10, $"Only {accepted} proofs were accepted.");
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_proof_of_what_is_false_is_accepted(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(81);
        for (var trial = 0; trial < 24; trial++)
        {
            var network = Random(random, activation, trial);
            var region = Region(random, network.Input.Size, trial);
            var row = RandomNetworks.RandomVector(random, network.Output.Size, 1);
            var (least, most) = Sampling.Range(network, row, Sampling.Points(region, 2000, random));
            var property = Proofs.Above(region, least + 1e-6 * (most - least) + 1e-9, row);
            for (var k = 0; k < 5; k++)
            {
                var result = CertificateChecker.Check(network, property, 0, Part(random, network, property, 5, 0));
                Assert.False(result.IsAccepted, $"Trial {trial}: {result}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_margin_for_float32_exceeds_what_is_computed_in_any_order(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(83);
        var rounded = new RoundedEvaluation(random);
        var (accepted, beyond) = (0, 0);
        for (var trial = 0; trial < 30; trial++)
        {
            var network = Random(random, activation, trial);
            var radius = trial % 2 == 0 ? 0 : 0.1;
            var region = InputRegion.Ball([.. RandomNetworks.RandomVector(random, network.Input.Size, 1).Select(x => (double)(float)x)], radius, Norm.Linf);
            var row = new double[network.Output.Size];
            row[random.Next(row.Length)] = 1;
            var least = double.PositiveInfinity;
            for (var sample = 0; sample < 20; sample++)
            {
                float[] x = [.. Enumerable.Range(0, region.Size).Select(i => Math.Clamp((float)(region.Lower[i] + random.NextDouble() * (region.Upper[i] - region.Lower[i])), region.Representable.Lower[i], region.Representable.Upper[i]))];
                least = Math.Min(least, rounded.Values(network, x)[network.Output].Zip(row, (y, c) => y * c).Sum());
            }

            var property = Proofs.Above(region, least - 1, row);
            var margin = CertificateChecker.Check(network, property with { Semantics = Semantics.Float32 }, 0, Part(random, network, property, 1, 0)).Margin;
            Assert.True(margin <= 1, $"Trial {trial}: the margin {margin} exceeds 1.");
            accepted += margin > 0 ? 1 : 0;
            beyond += CertificateChecker.Check(network, property, 0, Proofs.Part()).Margin > 1 ? 1 : 0;
        }

        // Where a function jumps, float32 may take either side. Around a single point, what is proved of real numbers does not hold for what is computed: the check can fail.
        Assert.True(name is "Step" or "Sign" or "Fraction" or "ThresholdedReLU(0.3)" || (accepted > 5 && beyond > 0), $"{accepted} proofs were accepted, {beyond} of real numbers are false in float32.");
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1e8)]
    [InlineData(1e-150)]
    [InlineData(1e150)]
    public void What_is_false_by_less_than_rounding_is_not_accepted(double scale)
    {
        var random = new Random(85);
        for (var trial = 0; trial < 100; trial++)
        {
            var layers = RoundingOfBoundsTests.CancellingLayers(random, scale, 3, 7, 6, 2);
            var network = RoundingOfBoundsTests.ToNetwork(layers);
            var x = RandomNetworks.RandomVector(random, 3, 1);
            var y = RoundingOfBoundsTests.Exact(layers, x)[0];

            // The least double that the exact value is not above: by it alone, the property is violated.
            var (below, bound) = (-double.MaxValue, double.MaxValue);
            while (Math.BitIncrement(below) < bound)
            {
                var middle = below < 0 && bound > 0 ? 0 : Math.Abs(below) > 4 * Math.Abs(bound) || Math.Abs(bound) > 4 * Math.Abs(below)
                    ? Math.CopySign(Math.Sqrt(Math.Max(Math.Abs(below), 1e-320)) * Math.Sqrt(Math.Max(Math.Abs(bound), 1e-320)), below + bound)
                    : below / 2 + bound / 2;
                if (!(middle > below && middle < bound)) middle = Math.BitIncrement(below);
                if (y > middle) below = middle;
                else bound = middle;
            }

            var property = Proofs.Above(InputRegion.Box(x, x), bound, 1, 0);
            Assert.False(CertificateChecker.Check(network, property, 0, Proofs.Part()).IsAccepted, $"Trial {trial}: a value that is at most {bound:R} was said to exceed it.");
            Assert.True(trial > 0 || scale > 1 || CertificateChecker.Check(network, Proofs.Above(InputRegion.Box(x, x), bound - 1, 1, 0), 0, Proofs.Part()).IsAccepted);
        }
    }

    [Fact]
    public void Dividing_proves_what_bounds_do_not()
    {
        var random = new Random(82);
        foreach (var activation in RandomNetworks.Activations)
        {
            if (activation.Name is "Sin" or "Cos" or "Fraction" or "Step" or "Sign" || activation.Name.StartsWith("Threshold", StringComparison.Ordinal)) continue;
            var network = RandomNetworks.Dense(random, activation, 2, 6, 5, 2);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 2, 1), 0.5, Norm.Linf);
            var (least, most) = Sampling.Range(network, [1, -1], Sampling.Points(region, 2000, random));
            var property = Proofs.Above(region, least - 0.2 * (most - least), 1, -1);
            var result = CertificateChecker.Check(network, property, 0, Proofs.ByHalving(network, property));
            Assert.True(result.IsAccepted && result.Margin <= 0.2 * (most - least) * (1 + 1e-9), $"{activation.Name}: {result}");
        }
    }

    private static Network Random(Random random, Activation activation, int trial) => (trial % 4) switch
    {
        0 => RandomNetworks.WithProduct(random, activation, 3),
        1 => RandomNetworks.Convolutional(random, activation),
        _ => RandomNetworks.Dense(random, activation, 3, 6, 5, 3),
    };

    private static InputRegion Region(Random random, int inputs, int trial)
    {
        var center = RandomNetworks.RandomVector(random, inputs, 1);
        var radius = Math.Pow(10, 1.5 * random.NextDouble() - 1.5) / 2;
        return InputRegion.Ball(center, radius, (Norm)(trial / 4 % 3), trial % 5 == 0 ? InputRegion.Box([.. center.Select(c => c - radius / 2)], [.. center.Select(c => c + 2)]) : null);
    }

    private static ProofPart Part(Random random, Network network, Property property, int depth, int cuts)
    {
        var rows = ImmutableArray.CreateBuilder<ViolationRow>();
        for (var v = 0; v < property.Output.Violations.Length; v++)
        {
            foreach (var constraint in property.Output.Violations[v].Constraints)
            {
                var weights = property.Output.Violations[v].Constraints.Select(_ => random.Next(2) + (float)random.NextDouble()).ToImmutableArray();
                if (random.Next(4) > 0) rows.Add(new ViolationRow(v, weights, Lines(random, network, cuts)));
                rows.Add(new ViolationRow(v, weights, RowLines.LeastArea));
            }
        }

        var neurons = ImmutableArray.CreateBuilder<NeuronRow>();
        for (var node = 1; node < network.Nodes.Length && random.Next(2) == 0; node++)
            neurons.Add(new NeuronRow(node, random.Next(network.Nodes[node].Size), random.Next(2) * 2 - 1, Lines(random, network, cuts)));
        var divided = ImmutableArray.CreateBuilder<ProofCut>();
        for (var k = random.Next(3); k > 0 && depth > 0; k--)
        {
            var isNeuron = random.Next(2) == 0;
            var (below, above) = (Part(random, network, property, depth - 1, cuts + (isNeuron ? 1 : 0)), Part(random, network, property, depth - 1, cuts + (isNeuron ? 1 : 0)));
            var input = random.Next(network.Input.Size);
            var share = random.NextDouble();
            var at = Math.Clamp(property.Region.Lower[input] + share * (property.Region.Upper[input] - property.Region.Lower[input]), property.Region.Lower[input], property.Region.Upper[input]);
            var functions = network.Nodes.Where(node => node is ElementwiseNode).ToArray();
            var function = functions[random.Next(functions.Length)];
            divided.Add(isNeuron
                ? new NeuronCut(network.IndexOf(function), random.Next(function.Size), random.Next(2) * (2 * random.NextDouble() - 1), below, above)
                : new InputCut(input, at, below, above));
        }

        return new ProofPart { Rows = rows.ToImmutable(), Neurons = neurons.ToImmutable(), Cuts = divided.ToImmutable() };
    }

    private static RowLines Lines(Random random, Network network, int cuts)
    {
        var activations = network.Nodes.Where(node => node is ElementwiseNode).Sum(node => node.Size);
        var neurons = Enumerable.Range(0, activations).Where(_ => random.Next(2) == 0).ToImmutableArray();
        var scale = random.Next(3) == 0 ? 3 : 0.5;
        return new RowLines(
            neurons,
            [.. neurons.Select(_ => (Half)(scale * (2 * random.NextDouble() - 0.5)))],
            [.. Enumerable.Range(0, random.Next(cuts + 1)).Select(_ => (float)(scale * random.NextDouble()))]);
    }
}
