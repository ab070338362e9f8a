using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Lipschitz;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Proofs that nobody meant: whatever they say is rejected in words, or shows a bound that holds.</summary>
public sealed class RandomLipschitzProofTests
{
    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void Nonsense_is_rejected_or_true(Norm norm)
    {
        var (random, accepted) = (new Random(78), 0);
        for (var trial = 0; trial < 40; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 4, 3, 2);
            var truth = ActivationRegions.LargestNorm(network, -1, 1, norm);
            for (var proof = 0; proof < 50; proof++)
            {
                var check = LipschitzChecker.Upper(network, norm, InputRegion.Box([-1, -1], [1, 1]), new LipschitzProof { Neurons = Rows(random, network), Whole = Part(random, 5) });
                Assert.Equal(check.IsAccepted, double.IsFinite(check.Upper));
                Assert.InRange(check.Upper, truth * (1 - 1e-9), double.PositiveInfinity);
                if (check.IsAccepted) accepted++;
            }
        }

        Assert.InRange(accepted, 100, 1900);
    }

    [Fact]
    public void A_neuron_that_is_zero_everywhere_may_have_either_sign_and_a_constant_one_may_not()
    {
        // Behind ReLU(x − 2), which is off, ReLU(h + c) is a constant; ReLU(x) − ReLU(x) − ReLU(h) cancels to zero.
        foreach (var (weights, constant) in new (double[], double)[] { ([1, 0, 0], 1), ([1, 0, 0], -1), ([1, 0, 0], 0), ([1, 1, -1], 0), ([1, 1, -1], 1e-20), ([1, 1, -1.0000000000000002], 0) })
        {
            var input = new InputNode(1);
            var first = new ElementwiseNode(new AffineNode(input, new DenseMap([1, 1, 1], 3, 1), [-2, 0, 0]), ReLU.Instance);
            var second = new ElementwiseNode(new AffineNode(first, new DenseMap(weights, 1, 3), [constant]), ReLU.Instance);
            var network = new Network(input, new AffineNode(second, new DenseMap([1], 1, 1)));
            foreach (var isPositive in new[] { false, true })
            {
                LipschitzPart shown = new SignedPart([new ShownSign(3, isPositive, [])], new JacobianPart());
                var flat = new FlatPart([0], [0]);
                var half = new SignCut(1, new SignCut(2, shown, flat), new SignCut(2, flat, shown));
                var isShown = LipschitzChecker.Upper(network, Norm.L2, InputRegion.Box([-1], [1]), new LipschitzProof { Whole = half }).IsAccepted;
                Assert.Equal(weights[1] == 0 ? constant == 0 || constant > 0 == isPositive : constant == 0 && weights[2] == -1, isShown);
            }
        }
    }

    private static LipschitzPart Part(Random random, int depth)
    {
        LipschitzPart Next() => Part(random, depth - 1);
        ImmutableArray<double> Multipliers(int most) => [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => random.Next(9) == 0 ? double.NaN : 3 * random.NextDouble() - 0.2)];
        return random.Next(depth == 0 ? 6 : 11) switch
        {
            0 => new NormProductPart(),
            1 => new JacobianPart(),
            2 => new GradientPart(random.Next(2) == 0 ? [] : [Lines(random), Lines(random)]),
            3 => new MultiplierPart(30 * random.NextDouble(), [.. Enumerable.Range(0, 7).Select(_ => 60 * random.NextDouble())]),
            4 => new FlatPart([.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(3))], [random.Next(3) - 1, random.Next(3) - 1]),
            5 => new MultiplierPart(random.NextDouble(), Multipliers(8)),
            6 => new SlopeCut(random.Next(8), Next(), Next()),
            7 => new BoxHalves(random.Next(3), 3 * random.NextDouble() - 1.5, Next(), Next()),
            8 or 9 => new SignCut(random.Next(8), Next(), Next()),
            _ => new SignedPart([new ShownSign(random.Next(8), random.Next(2) == 0, Multipliers(3))], Next()),
        };
    }

    private static GradientLines Lines(Random random) => new([], random.Next(2) == 0 ? [] : [.. Enumerable.Range(0, 4).Select(_ => Row(random, 14))], Row(random, 14));

    private static ImmutableArray<NeuronRow> Rows(Random random, Network network) =>
        [.. Enumerable.Range(0, random.Next(3)).Select(_ => new NeuronRow(1 + random.Next(network.Nodes.Length - 1), random.Next(3), random.Next(2) * 2 - 1, Row(random, 7))).OrderBy(row => row.Node)];

    private static RowLines Row(Random random, int activations)
    {
        var neurons = Enumerable.Range(0, activations).Where(_ => random.Next(3) == 0).ToImmutableArray();
        return new(neurons, [.. neurons.Select(_ => (Half)(2 * random.NextDouble() - 0.5))], []);
    }
}
