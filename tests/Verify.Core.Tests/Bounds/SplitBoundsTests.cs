using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Bounds over parts that are told apart by the arguments of activations: sound whatever the multipliers, exact once all are linear.</summary>
[Trait("Category", "Simd")]
public sealed class SplitBoundsTests
{
    [Fact]
    public void A_multiplier_turns_a_sign_into_a_bound()
    {
        // y = z − 2 relu(z) + 3 for z = x₁ + x₂ of [−1, 1]²: where z ≥ 0 it is 3 − z, where z ≤ 0 it is 3 + z; and w = z alone.
        var input = new InputNode(2);
        var z = new AffineNode(input, new DenseMap([1, 1], 1, 2), [0]);
        var relu = new ElementwiseNode(z, ReLU.Instance);
        var output = new AffineNode([new AffineTerm(z, new DenseMap([1, 1], 2, 1)), new AffineTerm(relu, new DenseMap([-2, 0], 2, 1))], [3, 0]);
        var bounds = LinearBoundPropagation.Propagate(new Network(input, output), [InputRegion.Box([-1, -1], [1, 1])]).Split();
        var (positive, negative) = (bounds.Divided([], relu, 0, 1, 0)[0], bounds.Divided([], relu, 0, -1, 0)[0]);

        Assert.Equal(1, Bound(bounds, [1, 0], [positive], 200), 1e-3);
        Assert.Equal(1, Bound(bounds, [1, 0], [negative], 200), 1e-3);
        // Without a multiplier nothing is known of z but its interval.
        Assert.Equal(-2, Bound(bounds, [0, 1], [positive], 0), 1e-6);
        Assert.Equal(0, Bound(bounds, [0, 1], [positive], 200), 1e-3);
        Assert.Equal(0, Bound(bounds, [0, -1], [negative], 200), 1e-3);
        Assert.Equal(-2, Bound(bounds, [0, -1], [positive], 200), 1e-3);
    }

    [Fact]
    public void The_least_bound_of_all_parts_is_the_minimum()
    {
        var random = new Random(51);
        for (var trial = 0; trial < 12; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 4, 3, 2);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 2, 1), 0.7, Norm.Linf);
            var row = RandomNetworks.RandomVector(random, 2, 1);
            var bounds = LinearBoundPropagation.Propagate(network, [region], iterations: 10).Split();
            var neurons = bounds.Open.SelectMany(pair => pair.Elements.Select(element => (pair.Node, element))).ToArray();
            var rows = Enumerable.Range(0, 1 << neurons.Length)
                .Select(pattern => new SplitRow(
                    Of(row), Divided(bounds, neurons.Select((neuron, i) => (neuron.Node, neuron.element, (pattern >> i & 1) == 0 ? 1 : -1, 0.0))), null))
                .ToArray();
            using var search = new SplitSearch(bounds, rows);
            search.Raise(400, Unlimited(rows.Length), default);
            var least = search.Prove(default).Min();
            var minimum = Minimum(network, region, row);
            Assert.True(least <= minimum + 1e-9, $"Trial {trial}: the bound {least:R} of {rows.Length} parts is above the minimum {minimum:R}.");
            Assert.True(least >= minimum - 0.01, $"Trial {trial}: the bound {least:R} of {rows.Length} parts is far below the minimum {minimum:R}.");
        }
    }

    [Fact]
    public void No_sampled_point_of_a_part_lies_below_its_bound_whatever_the_multipliers()
    {
        var met = 0;
        foreach (var (trial, network, bounds, rows, values) in RandomParts(52))
        {
            foreach (var iterations in new[] { 0, 10 })
            {
                using var search = new SplitSearch(bounds, rows);
                search.Raise(iterations, Unlimited(rows.Count), default);
                met += CountWithin(trial, network, rows, search.Prove(default), values);
            }
        }

        Assert.True(met > 10_000);
    }

    [Fact]
    public void Bounds_of_a_part_hold_all_that_is_sampled_in_it()
    {
        var (met, narrowed, bounded) = (0, 0, 0);
        foreach (var (trial, network, bounds, rows, values) in RandomParts(55))
        {
            foreach (var (part, row) in rows.Index())
            {
                // Bounds of a part of a part are narrower still.
                var tightened = bounds.Tightened(row.Splits[..1], 5, default);
                if (!tightened.IsEmpty && row.Splits.Length > 1) tightened = tightened.Tightened([.. tightened.Splits, .. row.Splits[1..]], 5, default);
                var within = Enumerable.Range(0, Points).Where(point => Holds(row.Splits, values, point)).ToArray();
                Assert.False(tightened.IsEmpty && within.Length > 0, $"Trial {trial}, part {part}: bounds say that it is empty, and {within.Length} samples lie in it.");
                if (tightened.IsEmpty) continue;
                foreach (var node in network.Nodes)
                {
                    var (low, high) = (tightened.Bounds.Lower(node).ToArray(), tightened.Bounds.Upper(node).ToArray());
                    narrowed += Enumerable.Range(0, node.Size).Count(i => high[i] - low[i] < bounds.Bounds.Upper(node)[i] - bounds.Bounds.Lower(node)[i] - 1e-6);
                    foreach (var point in within)
                    {
                        for (var i = 0; i < node.Size; i++)
                        {
                            var value = values[node][point * node.Size + i];
                            Assert.True(
                                value >= low[i] - 1e-12 * (1 + Math.Abs(value)) && value <= high[i] + 1e-12 * (1 + Math.Abs(value)),
                                $"Trial {trial}, part {part}: {value:R} of {node}, element {i}, lies outside [{low[i]:R}, {high[i]:R}].");
                            met++;
                        }
                    }
                }

                var own = row with { Splits = tightened.Splits, Lines = null };
                using var search = new SplitSearch(tightened, [own]);
                search.Raise(10, Unlimited(1), default);
                bounded += CountWithin(trial, network, [own], search.Prove(default), values);
            }
        }

        Assert.True(met > 100_000 && narrowed > 1000 && bounded > 5000, $"{met} values compared, {narrowed} intervals narrowed, {bounded} bounds compared.");
    }

    [Fact]
    public void A_part_that_holds_nothing_is_known_to_be_empty()
    {
        // relu(x) ≥ 1 where x ≤ 0: the second layer's sign contradicts the first's.
        var input = new InputNode(1);
        var first = new ElementwiseNode(new AffineNode(input, new DenseMap([1], 1, 1), [0]), ReLU.Instance);
        var second = new ElementwiseNode(new AffineNode(first, new DenseMap([1], 1, 1), [-1]), ReLU.Instance);
        var bounds = LinearBoundPropagation.Propagate(new Network(input, second), [InputRegion.Box([-2], [2])]).Split();

        Assert.True(bounds.Tightened(Divided(bounds, [(first, 0, -1, 0.0), (second, 0, 1, 0.0)]), 20, default).IsEmpty);
        Assert.False(bounds.Tightened(Divided(bounds, [(first, 0, 1, 0.0), (second, 0, 1, 0.0)]), 20, default).IsEmpty);
    }

    private const int Points = 500;

    private static bool Holds(ImmutableArray<Split> splits, IReadOnlyDictionary<Node, double[]> values, int point) =>
        splits.All(split => split.Holds(values[split.Node.Source][point * split.Node.Size + split.Element]));

    /// <summary>How many samples lie in the parts that rows are of; none of them lies below its row's bound.</summary>
    private static int CountWithin(int trial, Network network, List<SplitRow> rows, double[] proved, IReadOnlyDictionary<Node, double[]> values)
    {
        var met = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            for (var point = 0; point < Points; point++)
            {
                if (!Holds(rows[row].Splits, values, point)) continue;
                var value = 0.0;
                for (var i = 0; i < network.Output.Size; i++) value += rows[row].Violation.Constraints[0].Coefficients[i] * values[network.Output][point * network.Output.Size + i];
                Assert.True(proved[row] <= value + 1e-12 * (1 + Math.Abs(value)), $"Trial {trial}, row {row}: {value:R} lies below the bound {proved[row]:R}.");
                met++;
            }
        }

        return met;
    }

    /// <summary>Parts of random networks' regions, each around a sampled point, with rows of any lines and multipliers, and the values of all samples.</summary>
    private static IEnumerable<(int Trial, Network Network, SplitBounds Bounds, List<SplitRow> Rows, IReadOnlyDictionary<Node, double[]> Values)> RandomParts(int seed)
    {
        var random = new Random(seed);
        for (var trial = 0; trial < 24 + 2 * RandomNetworks.Activations.Length; trial++)
        {
            var activation = trial < 24 ? ReLU.Instance : RandomNetworks.Activations[(trial - 24) / 2];
            var network = (trial % 4) switch
            {
                0 => RandomNetworks.Dense(random, activation, 3, 8, 7, 4),
                1 => RandomNetworks.WithProduct(random, activation, 4),
                2 => RandomNetworks.Convolutional(random, activation),
                _ when trial < 24 => Mixed(random),
                _ => RandomNetworks.Dense(random, activation, 3, 8, 7, 4),
            };
            var radius = trial % 4 == 2 ? 0.2 : 0.6;
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, network.Input.Size, 1), radius, trial % 8 < 4 ? Norm.Linf : Norm.L2);
            var bounds = LinearBoundPropagation.Propagate(network, [region]).Split();
            var neurons = bounds.Open.SelectMany(pair => pair.Elements.Select(element => (pair.Node, element))).ToArray();
            if (neurons.Length == 0) continue;
            var points = Sampling.Points(region, Points, random);
            var values = Evaluation<double>.Of(network, points, Points);
            var rows = new List<SplitRow>();
            for (var k = 0; k < 12; k++)
            {
                // Around a sampled point, so that the part is not empty; curves are cut anywhere, some of them twice.
                var point = random.Next(Points);
                var splits = Divided(bounds, random.GetItems(neurons, Math.Min(neurons.Length, 1 + k % 4))
                    .Select(neuron =>
                    {
                        var (on, z) = (bounds.Whole(neuron.Node, neuron.element), values[neuron.Node.Source][point * neuron.Node.Size + neuron.element]);
                        var at = neuron.Node.Activation is ReLU ? 0 : on.Low + (on.High - on.Low) * (0.1 + 0.8 * random.NextDouble());
                        return (neuron.Node, neuron.element, z >= at ? 1 : -1, (double)at);
                    })
                    .Distinct());
                rows.Add(new SplitRow(
                    Of(RandomNetworks.RandomVector(random, network.Output.Size, 1)),
                    splits,
                    new SplitLines(
                        [.. Enumerable.Range(0, bounds.Positions).Select(_ => (Half)random.NextSingle())],
                        [.. splits.Select(_ => random.NextSingle() * 3)],
                        [1])));
            }

            yield return (trial, network, bounds, rows, network.Nodes.ToDictionary(node => node, node => values[node].ToArray()));
        }
    }

    [Fact]
    public void Multipliers_of_zero_change_nothing_and_better_ones_only_raise()
    {
        var random = new Random(53);
        var gained = 0;
        for (var trial = 0; trial < 10; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 4, 12, 10, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 4, 1), 0.5, Norm.Linf);
            var known = LinearBoundPropagation.Propagate(network, [region]);
            var (bounds, row) = (known.Split(), RandomNetworks.RandomVector(random, 3, 1));
            Assert.Equal(known.LowerBounds(row)[0], Math.Max(Bound(bounds, row, [], 0), known.LowerBounds(row)[0]));

            var (node, elements) = bounds.Open[^1];
            var splits = Divided(bounds, [(node, elements[0], 1, 0), (node, elements[^1], -1, 0)]);
            var pass = new BackwardPass(known.Bounds);
            var lines = new Dictionary<ElementwiseNode, ElementwiseLines> { [node] = pass.LinesOf(node).Repeat([0], node.Size) };
            foreach (var split in splits)
            {
                var slope = split.Sign > 0 ? 1 : 0;
                (lines[node].LowerSlopes[split.Element], lines[node].UpperSlopes[split.Element]) = (slope, slope);
                (lines[node].LowerOffsets[split.Element], lines[node].UpperOffsets[split.Element]) = (0, 0);
            }

            var rows = pass.Seed(network.Output, row, [0]);
            rows.Lines = lines;
            var without = new double[1];
            pass.Descend(rows, network.IndexOf(network.Output), without, default);
            var zero = Bound(bounds, row, splits, 0);
            Assert.Equal(without[0], zero, 1e-6);
            var raised = Bound(bounds, row, splits, 50);
            Assert.True(raised >= zero - 1e-5 * (1 + Math.Abs(zero)), $"{raised:R} is below {zero:R}.");
            if (raised > zero + 1e-3) gained++;
        }

        Assert.True(gained > 5);
    }

    [Fact]
    public void Constraints_that_exclude_one_another_are_excluded_by_their_sum()
    {
        // y = x and w = −x + relu(x): y ≤ −1 or w ≤ ½ is possible, both are where −x ≤ ½ and x ≤ −1, which is nowhere.
        var input = new InputNode(1);
        var relu = new ElementwiseNode(input, ReLU.Instance);
        var output = new AffineNode([new AffineTerm(input, new DenseMap([1, -1], 2, 1)), new AffineTerm(relu, new DenseMap([0, 1], 2, 1))], [0, 0]);
        var bounds = LinearBoundPropagation.Propagate(new Network(input, output), [InputRegion.Box([-2], [2])]).Split();
        LinearConstraint Of(double first, double second, double bound) => new([first, second], bound);
        var both = new Conjunction([Of(1, 0, -1), Of(0, 1, 0.5)]);
        double Missed(Conjunction conjunction)
        {
            using var search = new SplitSearch(bounds, [new SplitRow(conjunction, [], null)]);
            search.Raise(200, Unlimited(1), default);
            return search.Prove(default)[0];
        }

        // Half of each: (x + 1 − x + relu(x) − ½) / 2 is least where x ≤ 0.
        Assert.Equal(0.25, Missed(both), 1e-3);
        Assert.True(Missed(new Conjunction([both.Constraints[0]])) < 0 && Missed(new Conjunction([both.Constraints[1]])) < 0);
        // One that is missed by itself needs no other.
        Assert.Equal(1, Missed(new Conjunction([Of(1, 0, -3), Of(0, 1, 9)])), 1e-2);
    }

    [Fact]
    public void A_conjunction_is_missed_by_no_more_than_the_constraint_that_a_point_misses_most()
    {
        var random = new Random(54);
        for (var trial = 0; trial < 20; trial++)
        {
            var network = RandomNetworks.Dense(random, trial % 2 == 0 ? ReLU.Instance : Tanh.Instance, 3, 8, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.6, Norm.Linf);
            var bounds = LinearBoundPropagation.Propagate(network, [region]).Split();
            var constraints = Enumerable.Range(0, 2 + trial % 3).Select(_ => new LinearConstraint([.. RandomNetworks.RandomVector(random, 3, 1)], random.NextDouble() - 0.5));
            var row = new SplitRow(new Conjunction([.. constraints]), [], null);
            using var search = new SplitSearch(bounds, [row]);
            search.Raise(trial % 4 * 10, Unlimited(1), default);
            var missed = search.Prove(default)[0];
            var points = Sampling.Points(region, 500, random);
            var outputs = network.Evaluate<double>(points, 500);
            for (var point = 0; point < 500; point++)
            {
                var most = row.Violation.Constraints.Max(constraint =>
                    constraint.Coefficients[0] * outputs[3 * point] + constraint.Coefficients[1] * outputs[3 * point + 1] + constraint.Coefficients[2] * outputs[3 * point + 2] - constraint.Bound);
                Assert.True(missed <= most + 1e-12, $"Trial {trial}: a point misses no constraint by more than {most:R}, but {missed:R} is proved.");
            }
        }
    }

    /// <summary>A ReLU behind a sigmoid, and a sigmoid behind it.</summary>
    private static Network Mixed(Random random)
    {
        var input = new InputNode(3);
        Node node = input;
        var activations = new Activation[] { ReLU.Instance, Sigmoid.Instance, ReLU.Instance, Tanh.Instance };
        for (var k = 0; k < activations.Length; k++)
        {
            var size = 5 + k;
            node = new ElementwiseNode(
                new AffineNode(node, new DenseMap(RandomNetworks.RandomVector(random, size * node.Size, 1), size, node.Size), RandomNetworks.RandomVector(random, size, 0.3)),
                activations[k]);
        }

        return new Network(input, new AffineNode(node, new DenseMap(RandomNetworks.RandomVector(random, 2 * node.Size, 1), 2, node.Size), RandomNetworks.RandomVector(random, 2, 0.3)));
    }

    private static double Bound(SplitBounds bounds, double[] row, ImmutableArray<Split> splits, int iterations)
    {
        using var search = new SplitSearch(bounds, [new SplitRow(Of(row), splits, null)]);
        search.Raise(iterations, Unlimited(1), default);
        return search.Prove(default)[0];
    }

    private static Conjunction Of(double[] row) => new([new LinearConstraint([.. row], 0)]);

    private static ImmutableArray<Split> Divided(SplitBounds bounds, IEnumerable<(ElementwiseNode Node, int Element, int Sign, double At)> splits)
    {
        ImmutableArray<Split> result = [];
        foreach (var (node, element, sign, at) in splits) result = bounds.Divided(result, node, element, sign, at);
        return result;
    }

    private static double[] Unlimited(int rows) => [.. Enumerable.Repeat(double.PositiveInfinity, rows)];

    /// <summary>The minimum of a row over a box of two inputs: a grid, then finer ones around its best points.</summary>
    private static double Minimum(Network network, InputRegion region, double[] row)
    {
        var (least, centers) = (double.PositiveInfinity, new List<(double X, double Y)> { ((region.Lower[0] + region.Upper[0]) / 2, (region.Lower[1] + region.Upper[1]) / 2) });
        var reach = (region.Upper[0] - region.Lower[0]) / 2;
        for (var level = 0; level < 5; level++, reach /= 20)
        {
            var points = new List<double>();
            foreach (var (x, y) in centers)
            {
                for (var i = -60; i <= 60; i++)
                {
                    for (var j = -60; j <= 60; j++)
                    {
                        points.Add(Math.Clamp(x + reach * i / 60, region.Lower[0], region.Upper[0]));
                        points.Add(Math.Clamp(y + reach * j / 60, region.Lower[1], region.Upper[1]));
                    }
                }
            }

            var outputs = network.Evaluate<double>([.. points], points.Count / 2);
            var values = Enumerable.Range(0, points.Count / 2).Select(p => row.Select((c, i) => c * outputs[p * row.Length + i]).Sum()).ToArray();
            centers = [.. Enumerable.Range(0, values.Length).OrderBy(p => values[p]).Take(5).Select(p => (points[2 * p], points[2 * p + 1]))];
            least = Math.Min(least, values.Min());
        }

        return least;
    }
}
