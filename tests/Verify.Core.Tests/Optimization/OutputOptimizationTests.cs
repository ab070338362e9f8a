using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Lipschitz;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Optimization;

/// <summary>Values and limits of outputs: against known ranges, all activation regions, and sampled points.</summary>
public sealed class OutputOptimizationTests
{
    public static TheoryData<uint, int[], double[]> Dyadic { get; } = new()
    {
        { 1, [2, 6, 4, 2], [-1.783826351166, -0.209325802035, 0.099914550781, 1.049457311630] },
        { 2, [4, 8, 8, 3], [0.113739013672, 3.488167285919, -4.887193441391, 0.716982111335, -3.498974800110, -0.274417186996] },
        { 3, [6, 12, 12, 2], [-5.122126102448, 2.374023378147, -5.123549699783, 0.840836011843] },
    };

    [Theory]
    [MemberData(nameof(Dyadic))]
    public void Ranges_of_the_dyadic_networks_are_found_and_proved(uint seed, int[] sizes, double[] exact)
    {
        var network = RandomNetworks.Dyadic(seed, sizes);
        var ranges = new OutputOptimization(network, Cube(sizes[0])).Ranges();
        for (var i = 0; i < ranges.Length; i++)
        {
            Assert.Equal(exact[2 * i], ranges[i].Minimum.Value, 1e-9 * Math.Abs(exact[2 * i]));
            Assert.Equal(exact[2 * i + 1], ranges[i].Maximum.Value, 1e-9 * Math.Abs(exact[2 * i + 1]));
            Assert.True(ranges[i].IsExact);
            IsAnswered(network, Unit(ranges.Length, i), ranges[i]);
        }
    }

    [Fact]
    public void Ranges_are_those_of_all_activation_regions()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var activation = seed % 3 == 2 ? (Activation)PiecewiseLinear.LeakyReLU(0.1) : ReLU.Instance;
            var network = RandomNetworks.Dense(random, activation, 2, 3 + seed % 4, 4, 2);
            var region = InputRegion.Box([-1, -0.5], [0.7, 1.2]);
            var exact = ActivationRegions.Ranges(network, region);
            var ranges = new OutputOptimization(network, region).Ranges(new() { Starts = 16 });
            for (var i = 0; i < ranges.Length; i++)
            {
                Assert.True(ranges[i].IsExact, $"seed {seed}, output {i}: {ranges[i]}");
                Assert.Equal(exact[i].Least, ranges[i].Minimum.Value, 1e-8);
                Assert.Equal(exact[i].Most, ranges[i].Maximum.Value, 1e-8);
                Assert.InRange(exact[i].Least, ranges[i].Minimum.Limit - 1e-12, double.PositiveInfinity);
                Assert.InRange(exact[i].Most, double.NegativeInfinity, ranges[i].Maximum.Limit + 1e-12);
                IsAnswered(network, Unit(2, i), ranges[i]);
            }
        }
    }

    public static TheoryData<string> Others => ["Tanh", "Sigmoid", "Gelu", "HardTanh", "Step", "Convolution", "Residual", "Product"];

    [Theory]
    [MemberData(nameof(Others))]
    public void No_sampled_output_is_beyond_a_limit(string kind)
    {
        var random = new Random(7);
        var network = kind switch
        {
            "Convolution" => RandomNetworks.Convolutional(random, ReLU.Instance),
            "Residual" => Residual(random),
            "Product" => RandomNetworks.WithProduct(random, ReLU.Instance, 4),
            _ => RandomNetworks.Dense(random, RandomNetworks.Activations.First(activation => activation.Name == kind || activation == PiecewiseLinear.HardTanh && kind == "HardTanh"), 4, 6, 6, 3),
        };
        var region = Cube(network.Input.Size);
        var ranges = new OutputOptimization(network, region).Ranges(new() { Parts = 200 });
        var points = new float[2000 * region.Size];
        UniformSampling.Draw(region, new RandomStream(3), points);
        var outputs = network.Evaluate<double>(Array.ConvertAll(points, x => (double)x), 2000);
        for (var k = 0; k < outputs.Length; k++)
        {
            var range = ranges[k % ranges.Length];
            Assert.InRange(outputs[k], range.Minimum.Limit, range.Maximum.Limit);
        }

        for (var i = 0; i < ranges.Length; i++) IsAnswered(network, Unit(ranges.Length, i), ranges[i]);
    }

    [Fact]
    public void Constraints_of_the_inputs_are_kept()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var network = RandomNetworks.Dense(new Random(seed), ReLU.Instance, 3, 5, 5, 1);
            LinearConstraint[] constraints = [new([1, 1, 1], 0.5), new([1, -1, 0], 0.25)];
            var range = new OutputOptimization(network, Cube(3), [.. constraints]).Ranges()[0];
            Assert.True(range.IsExact, $"seed {seed}: {range}");
            foreach (var end in (Optimum[])[range.Minimum, range.Maximum])
                Assert.All(constraints, constraint => Assert.True(constraint.Coefficients.Zip(end.Input, (c, x) => c * x).Sum() <= constraint.Bound + 1e-15));

            // A grid of the polytope comes close to both ends and crosses neither.
            var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
            for (var k = 0; k < 41 * 41 * 41; k++)
            {
                double[] x = [k % 41 / 20.0 - 1, k / 41 % 41 / 20.0 - 1, k / 1681 / 20.0 - 1];
                if (constraints.Any(constraint => constraint.Coefficients.Zip(x, (c, v) => c * v).Sum() > constraint.Bound)) continue;
                var y = network.Evaluate<double>(x)[0];
                (least, most) = (Math.Min(least, y), Math.Max(most, y));
            }

            Assert.InRange(least, range.Minimum.Limit, range.Minimum.Value + 0.2);
            Assert.InRange(most, range.Maximum.Value - 0.2, range.Maximum.Limit);
        }
    }

    /// <summary>f = ReLU(x) − 2 ReLU(x − 1) + 2.5 ReLU(x − 3) has a maximum of 1 at 1, and one of 0.5 at 4 where a quarter of all starts ends.</summary>
    [Fact]
    public void A_local_maximum_holds_a_quarter_of_the_starts()
    {
        var network = OneDimensional([1, 1, 1], [0, -1, -3], [1, -2, 2.5]);
        var region = InputRegion.Box([0], [4]);
        var alone = new OptimizationBudget { Starts = 4000, Steps = 0, Method = OptimizationMethod.Pieces, Parts = 0, SlopeIterations = 0 };
        var found = new OutputOptimization(network, region).Maximize([1], alone);
        Assert.Equal(1, found.Value, 1e-12);
        Assert.Equal(0.75, found.Starts.Reached / (double)found.Starts.Count, 0.02);
        Assert.Equal(4000, found.Starts.Count);

        var both = new OutputOptimization(network, region).Ranges()[0];
        Assert.Equal(1, both.Maximum.Value, 1e-12);
        Assert.Equal(-1, both.Minimum.Value, 1e-12);
        Assert.Equal(1, both.Maximum.Input[0], 1e-12);
        Assert.Equal(3, both.Minimum.Input[0], 1e-12);
        Assert.True(both.IsExact);
    }

    [Fact]
    public void A_function_that_is_zero_everywhere_is_known_to_be()
    {
        var range = new OutputOptimization(OneDimensional([1], [-5], [1]), InputRegion.Box([0], [4])).Ranges()[0];
        Assert.True(range.IsExact);
        Assert.Equal(0, range.Minimum.Value, 1e-12);
        Assert.Equal(0, range.Maximum.Value, 1e-12);
    }

    /// <summary>f = ReLU(x) + ReLU(x − 1): the first piece ends at 1, and the neighbouring one goes on to 2.</summary>
    [Fact]
    public void Neighbouring_pieces_are_tried_where_one_ends()
    {
        var network = OneDimensional([1, 1], [0, -1], [1, 1]);
        var problem = new Problem(network, InputRegion.Box([0], [2]), []);
        var goal = new Conjunction([new([-1], 0)]);
        var search = new PieceSearch(problem, goal, 100);
        var end = search.OnPiece(PieceSearch.At(problem, goal, [0.5]), CancellationToken.None);
        Assert.Equal((1.0, -1.0), (end.Input[0], end.Value));
        var further = search.Around(end, CancellationToken.None);
        Assert.Equal((2.0, -3.0), (further.Input[0], further.Value));
    }

    [Fact]
    public void Work_can_be_ended_at_any_time()
    {
        var network = RandomNetworks.Dyadic(3, 6, 12, 12, 2);
        var unlimited = new OutputOptimization(network, Cube(6)).Maximize([1, 0]);
        foreach (var parts in (int[])[0, 1, 5, 20])
        {
            var limited = new OutputOptimization(network, Cube(6)).Maximize([1, 0], new() { Parts = parts, Starts = 2 });
            Assert.InRange(limited.Value, double.NegativeInfinity, unlimited.Limit);
            Assert.InRange(limited.Limit, unlimited.Value, double.PositiveInfinity);
        }

        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var nothing = new OutputOptimization(network, Cube(6)).Maximize([1, 0], null, cancelled.Token);
        Assert.True(nothing.Limit >= unlimited.Value && nothing.Value <= unlimited.Limit && !nothing.IsOptimal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_result()
    {
        var network = RandomNetworks.Dyadic(2, 4, 8, 8, 3);
        var results = Enumerable.Range(0, 3).Select(_ => new OutputOptimization(network, Cube(4)).Maximize([1, -2, 0.5], new() { Seed = 5 })).ToArray();
        Assert.All(results, result => Assert.Equal(
            (results[0].Value, results[0].Limit, results[0].Starts, results[0].Programs, results[0].Pivots, results[0].Parts, string.Join(' ', results[0].Input)),
            (result.Value, result.Limit, result.Starts, result.Programs, result.Pivots, result.Parts, string.Join(' ', result.Input))));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        var network = RandomNetworks.Dyadic(1, 2, 6, 4, 2);
        Assert.Throws<ArgumentException>(() => new OutputOptimization(network, Cube(3)));
        Assert.Throws<ArgumentException>(() => new OutputOptimization(network, Cube(2), [new([1], 0)]));
        Assert.Throws<ArgumentException>(() => new OutputOptimization(network, Cube(2)).Maximize([1]));
        Assert.Throws<ArgumentException>(() => new OutputOptimization(network, Cube(2)).Maximize([1, double.NaN]));
    }

    [Fact]
    public void Constraints_that_nothing_keeps_leave_no_value()
    {
        var none = new OutputOptimization(RandomNetworks.Dyadic(1, 2, 6, 4, 2), Cube(2), [new([1, 1], -3)]).Maximize([1, 0]);
        Assert.Equal(double.NegativeInfinity, none.Value);
        Assert.Empty(none.Input);
        Assert.False(none.IsOptimal);
    }

    /// <summary>Values are reached at their inputs and do not exceed the limits.</summary>
    private static void IsAnswered(Network network, double[] objective, OutputRange range)
    {
        Assert.True(range.Minimum.Limit <= range.Minimum.Value && range.Maximum.Value <= range.Maximum.Limit);
        foreach (var end in (Optimum[])[range.Minimum, range.Maximum])
        {
            var y = network.Evaluate<double>([.. end.Input]);
            Assert.Equal(objective.Zip(y, (c, v) => c * v).Sum(), end.Value, 1e-10 * (1 + Math.Abs(end.Value)));
            Assert.InRange(end.Starts.EstimatedProbability, 0, 1);
        }
    }

    private static InputRegion Cube(int size) => InputRegion.Box([.. Enumerable.Repeat(-1.0, size)], [.. Enumerable.Repeat(1.0, size)]);

    private static double[] Unit(int size, int at) => [.. Enumerable.Range(0, size).Select(i => i == at ? 1.0 : 0)];

    private static Network OneDimensional(double[] slopes, double[] biases, double[] weights)
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(slopes, slopes.Length, 1), biases), ReLU.Instance);
        return new Network(input, new AffineNode(hidden, new DenseMap(weights, 1, weights.Length)));
    }

    private static Network Residual(Random random)
    {
        var input = new InputNode(4);
        var first = new ElementwiseNode(new AffineNode(input, RandomNetworks.RandomDense(random, 6, 4), RandomNetworks.RandomVector(random, 6, 0.5)), ReLU.Instance);
        var second = new ElementwiseNode(new AffineNode(first, RandomNetworks.RandomDense(random, 6, 6), RandomNetworks.RandomVector(random, 6, 0.5)), ReLU.Instance);
        var sum = new AffineNode(
            [new AffineTerm(second, RandomNetworks.RandomDense(random, 3, 6)), new AffineTerm(first, RandomNetworks.RandomDense(random, 3, 6)), new AffineTerm(input, RandomNetworks.RandomDense(random, 3, 4))],
            RandomNetworks.RandomVector(random, 3, 0.5));
        return new Network(input, sum);
    }
}
