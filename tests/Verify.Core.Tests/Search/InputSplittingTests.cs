using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Search;

/// <summary>A search by input splitting agrees with dense sampling, and divides without losing a point.</summary>
public sealed class InputSplittingTests
{
    private static readonly Activation[] Smooth =
        [ReLU.Instance, Tanh.Instance, Sigmoid.Instance, Gelu.Instance, SigmoidGate.Silu, Sine.Sin, Softplus.Instance, Mish.Instance, Atan.Instance, HardSwish.Instance];

    [Fact]
    public void The_verdict_on_small_networks_is_that_of_dense_sampling()
    {
        var random = new Random(41);
        var (proved, refuted) = (0, 0);
        for (var trial = 0; trial < 100; trial++)
        {
            var inputs = 2 + trial % 3;
            var network = RandomNetworks.Dense(random, Smooth[trial % Smooth.Length], inputs, 8, 6, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, inputs, 1), 0.4, Norm.Linf);
            var row = RandomNetworks.RandomVector(random, 3, 1);
            var (least, most) = Sampling.Range(network, row, Sampling.Points(region, 4000, random));

            // Between what is reached for certain and what is not, by some part of what was seen: both verdicts come up.
            var holds = trial % 2 == 0;
            var bound = holds ? least - 0.05 * (most - least) - 1e-6 : least + 0.02 * (most - least) + 1e-6;
            var property = new Property("p", region, Below(row, bound));
            var result = BranchAndBound.Run(new InputSplitting(network, property, 0), 20_000, _ => true);
            Assert.True(result.IsProved == holds, $"Trial {trial}: {(holds ? "true" : "false")} of the samples, but proved: {result.IsProved} after {result.Parts} parts.");
            Assert.Equal(holds, result.Counterexample is null);
            if (result.Counterexample is { } counterexample)
            {
                var outputs = Evaluation<double>.Of(network, Array.ConvertAll(counterexample, v => (double)v), 1)[network.Output];
                Assert.True(region.Contains(counterexample) && property.Output.IsViolatedBy(outputs.ToArray()), $"Trial {trial}: no counterexample.");
            }

            if (holds) proved++;
            else refuted++;
        }

        Assert.Equal((50, 50), (proved, refuted));
    }

    [Fact]
    public void Children_cover_all_of_their_part_that_violates_the_property()
    {
        var random = new Random(42);
        for (var trial = 0; trial < 30; trial++)
        {
            var network = RandomNetworks.Dense(random, Smooth[trial % Smooth.Length], 3, 8, 6, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.5, Norm.Linf);
            var (first, second) = (RandomNetworks.RandomVector(random, 3, 1), RandomNetworks.RandomVector(random, 3, 1));
            var points = Sampling.Points(region, 2000, random);
            var (low, high) = Sampling.Range(network, first, points);
            var (lowOther, highOther) = Sampling.Range(network, second, points);
            var output = new OutputProperty(
                [
                    new Conjunction([new LinearConstraint([.. first], low + 0.3 * (high - low)), new LinearConstraint([.. second], lowOther + 0.5 * (highOther - lowOther))]),
                    new Conjunction([new LinearConstraint([.. second], lowOther + 0.1 * (highOther - lowOther))]),
                ],
                "test");
            var splitting = new InputSplitting(network, new Property("p", region, output), 0);
            var open = new List<InputPart> { splitting.Root };
            for (var round = 0; round < 6 && open.Count > 0; round++)
                open = [.. splitting.Bound([.. open], CancellationToken.None).SelectMany(bounded => bounded.Children)];
            var values = Evaluation<double>.Of(network, points, points.Length / 3)[network.Output];
            for (var i = 0; i < points.Length / 3; i++)
            {
                var x = points.AsSpan(3 * i, 3).ToArray();
                if (!output.IsViolatedBy(values.Slice(3 * i, 3).ToArray())) continue;
                Assert.True(
                    open.Any(part => x.Zip(part.Lower, part.Upper).All(v => v.First >= v.Second && v.First <= v.Third)),
                    $"Trial {trial}: no part is left that holds the violation at {string.Join(", ", x)}.");
            }
        }
    }

    [Fact]
    public void A_search_ends_with_its_budget_and_does_the_same_work_every_time()
    {
        var network = RandomNetworks.Dense(new Random(43), Tanh.Instance, 4, 20, 20, 2);
        var region = InputRegion.Ball([0, 0, 0, 0], 1, Norm.Linf);
        var (least, _) = Sampling.Range(network, [1, 0], Sampling.Points(region, 5000, new Random(44)));
        var property = new Property("p", region, Below([1, 0], least + 1e-3));
        var results = Enumerable.Range(0, 2).Select(_ => BranchAndBound.Run(new InputSplitting(network, property, 0), 300, _ => false)).ToArray();
        Assert.Equal(300, results[0].Parts);
        Assert.False(results[0].IsProved);
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void A_long_search_asks_for_an_attack_once_and_ends_with_what_it_finds()
    {
        var network = RandomNetworks.Dense(new Random(43), Tanh.Instance, 4, 20, 20, 2);
        var region = InputRegion.Ball([0, 0, 0, 0], 1, Norm.Linf);
        var (least, _) = Sampling.Range(network, [1, 0], Sampling.Points(region, 5000, new Random(44)));
        var property = new Property("p", region, Below([1, 0], least + 1e-3));
        var asked = 0;
        var result = BranchAndBound.Run(new InputSplitting(network, property, 0), 4000, _ => false, _ => { asked++; return null; });
        Assert.Equal((1, 4000), (asked, result.Parts));
        result = BranchAndBound.Run(new InputSplitting(network, property, 0), 4000, _ => false, _ => [1, 2, 3, 4]);
        Assert.Equal([1f, 2, 3, 4], result.Counterexample!);
        Assert.False(result.IsProved);
        Assert.True(result.Parts < 4000);
    }

    [Fact]
    public void A_part_that_cannot_be_divided_is_no_proof()
    {
        // |x| as two ReLUs is 0 at a point of the box only, and no bound is above that.
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1.0, -1.0], 2, 1)), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1.0, 1.0], 1, 2)));
        var property = new Property("p", InputRegion.Box([-1], [1]), Below([1], 0));
        Assert.False(BranchAndBound.Run(new InputSplitting(network, property, 0), 100_000, _ => false).IsProved);
        property = new Property("p", InputRegion.Box([-1], [1]), Below([1], -1e-3));
        Assert.True(BranchAndBound.Run(new InputSplitting(network, property, 0), 100_000, _ => false).IsProved);
    }

    [Fact]
    public void Inputs_that_can_only_be_0_or_1_are_divided_in_an_order_that_ends_soon()
    {
        // A tree of decisions whose leaves are the clauses: every assignment violates exactly one of them, the one at its leaf.
        var random = new Random(45);
        const int Variables = 40;
        var clauses = new List<int[]>();
        void Grow(int[] path, int[] free)
        {
            if (path.Length > 3 && random.Next(9 - path.Length) == 0)
            {
                clauses.Add(path);
                return;
            }

            var next = random.Next(free.Length);
            int[] others = [.. free.Where((_, i) => i != next)];
            Grow([.. path, free[next]], others);
            Grow([.. path, -free[next]], others);
        }

        Grow([], [.. Enumerable.Range(1, Variables)]);
        int[][] shuffled = [.. clauses];
        random.Shuffle(shuffled);

        // 1 less for each clause that is violated, and the distance of all inputs from 0 and 1.
        var units = shuffled.Length + 2 * Variables;
        var (first, bias, second) = (new double[units * Variables], new double[units], new double[2 * units]);
        for (var c = 0; c < shuffled.Length; c++)
        {
            foreach (var literal in shuffled[c]) first[c * Variables + Math.Abs(literal) - 1] = -Math.Sign(literal);
            (bias[c], second[c]) = (1 - shuffled[c].Count(literal => literal < 0), -1);
        }

        for (var v = 0; v < Variables; v++)
        {
            var (whole, rest) = (shuffled.Length + v, shuffled.Length + Variables + v);
            (first[whole * Variables + v], first[rest * Variables + v], bias[rest]) = (1, 2, -1);
            (second[units + whole], second[units + rest]) = (1, -1);
        }

        var input = new InputNode(Variables);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(first, units, Variables), bias), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap(second, 2, units), [1, 0]));
        var region = InputRegion.Box(new double[Variables], [.. Enumerable.Repeat(1.0, Variables)]);
        Property At(double least) => new(
            "p", region, new OutputProperty([new Conjunction([new LinearConstraint([-1, 0], -least), new LinearConstraint([0, 1], 0)])], "test"));

        var known = LinearBoundPropagation.Propagate(network, [region]);
        Assert.True(InputSplitting.Suits(known));
        var result = BranchAndBound.Run(new InputSplitting(network, At(1), 0), 10 * shuffled.Length, _ => false);
        Assert.True(result.IsProved, $"{result.Parts} parts for {shuffled.Length} clauses.");

        // One violated clause is possible.
        Assert.NotNull(BranchAndBound.Run(new InputSplitting(network, At(0), 0), 10 * shuffled.Length, _ => true).Counterexample);
    }

    [Theory]
    [InlineData(6, 6, true)]
    [InlineData(40, 40, false)]
    [InlineData(40, 3, true)]
    [InlineData(200, 3, false)]
    public void Inputs_are_divided_where_few_of_them_take_part(int inputs, int inEach, bool suits)
    {
        var random = new Random(46);
        var weights = new double[50 * inputs];
        for (var i = 0; i < 50; i++)
        {
            foreach (var j in Enumerable.Range(0, inputs).OrderBy(_ => random.Next()).Take(inEach)) weights[i * inputs + j] = 0.5 + random.NextDouble();
        }

        var input = new InputNode(inputs);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(weights, 50, inputs)), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([.. Enumerable.Repeat(1.0, 50)], 1, 50)));
        var region = InputRegion.Ball(new double[inputs], 1, Norm.Linf);
        Assert.Equal(suits, InputSplitting.Suits(LinearBoundPropagation.Propagate(network, [region])));
    }

    private static OutputProperty Below(double[] row, double bound) =>
        new([new Conjunction([new LinearConstraint([.. row], bound)])], "test");
}
