using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Optimization;

/// <summary>Counterexamples along linear pieces: where gradient steps come near but not near enough, and for constraints that must hold together.</summary>
public sealed class PieceAttackTests
{
    private static readonly InputRegion Region = InputRegion.Box([-1, -1, -1, -1], [1, 1, 1, 1]);

    [Fact]
    public void What_is_missed_by_a_ten_thousandth_of_the_range_is_found_where_gradients_end_short_of_it()
    {
        var (byGradient, byPieces, properties) = (0, 0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var network = RandomNetworks.Dense(new Random(seed), ReLU.Instance, 4, 10, 10, 1);
            var range = new OutputOptimization(network, Region).Ranges(new() { Starts = 16 })[0];
            var bound = range.Minimum.Value + 1e-4 * (range.Maximum.Value - range.Minimum.Value);
            var property = new Property($"seed {seed}", Region, new OutputProperty([new Conjunction([new([1], bound)])], "the output is larger"));
            var gradient = new ProjectedGradient(network).Candidates(property, Budget.Default, new RandomStream((ulong)seed)).Any();
            var pieces = Candidates(network, property).ToArray();
            Assert.All(pieces, candidate => Assert.True(Region.Contains(candidate) && network.Evaluate<double>(Array.ConvertAll(candidate, x => (double)x))[0] <= bound));
            properties++;
            byGradient += gradient ? 1 : 0;
            byPieces += pieces.Length > 0 ? 1 : 0;
        }

        // 21 and 39 when this was written.
        Assert.InRange(byGradient, 0, 30);
        Assert.InRange(byPieces, 38, properties);
    }

    [Fact]
    public void Constraints_that_hold_together_are_met_together()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var network = RandomNetworks.Dense(new Random(seed), PiecewiseLinear.LeakyReLU(0.1), 4, 8, 8, 2);

            // The least of the larger output over many inputs is not far above the least there is.
            var points = new float[20_000 * 4];
            UniformSampling.Draw(Region, new RandomStream((ulong)seed), points);
            var least = network.Evaluate<float>(points, 20_000).Chunk(2).Min(y => Math.Max(y[0], y[1]));
            var property = new Property("", Region, new OutputProperty([new Conjunction([new([1, 0], least), new([0, 1], least)])], "one output is larger"));
            var candidates = Candidates(network, property).ToArray();
            Assert.NotEmpty(candidates);
            Assert.All(candidates, candidate => Assert.True(property.Output.IsViolatedBy(network.Evaluate<double>(Array.ConvertAll(candidate, x => (double)x)))));
        }
    }

    [Fact]
    public void Networks_without_pieces_are_left_alone()
    {
        var network = RandomNetworks.Dense(new Random(1), Tanh.Instance, 4, 6, 1);
        var attack = new PieceAttack(LinearBoundPropagation.Propagate(network, [Region]), new Property("", Region, OutputProperty.WithinRange(0, 1, -0.1, 0.1)));
        Assert.Equal(0, attack.Affordable);
        Assert.Empty(attack.Candidates(0, new RandomStream(1), CancellationToken.None));
    }

    private static IEnumerable<float[]> Candidates(Network network, Property property)
    {
        var attack = new PieceAttack(LinearBoundPropagation.Propagate(network, [property.Region]), property);
        return attack.Candidates(Math.Min(20, attack.Affordable), new RandomStream(1), CancellationToken.None);
    }
}
