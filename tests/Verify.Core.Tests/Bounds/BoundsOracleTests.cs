using RobustVerify.Core.Bounds;
using RobustVerify.Core.Bounds.Slopes;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Networks whose bounds are known in closed form or by enumeration of their linear regions.</summary>
public sealed class BoundsOracleTests
{
    public static TheoryData<uint, int[], double[], double[]> DyadicNetworks => new()
    {
        { 1, [2, 6, 4, 2], [-0.9043235778808594, 0.35841941833496094], [-2.587986708, 0.422318459, -0.039062500, 2.369484663] },
        {
            2, [4, 8, 8, 3], [0.4576427936553955, -0.3809378147125244, -0.6382956504821777],
            [-1.918635845, 12.623257875, -14.086584568, 8.455867529, -15.758084774, 4.276934862]
        },
        {
            3, [6, 12, 12, 2], [-0.8519573211669922, -0.6907289028167725],
            [-36.174473763, 16.363433838, -32.089680433, 16.739123583]
        },
    };

    public static TheoryData<uint, int[], double[]> ExactRanges => new()
    {
        { 1, [2, 6, 4, 2], [-1.783826351166, -0.209325802035, 0.099914550781, 1.049457311630] },
        { 2, [4, 8, 8, 3], [0.113739013672, 3.488167285919, -4.887193441391, 0.716982111335, -3.498974800110, -0.274417186996] },
        { 3, [6, 12, 12, 2], [-5.122126102448, 2.374023378147, -5.123549699783, 0.840836011843] },
    };

    [Fact]
    public void Maps_one_after_the_other_are_bounded_as_one_where_their_entries_cancel()
    {
        // x − x, of which each map alone only shows that it lies within ±2.
        var input = new InputNode(1);
        var nothing = new AffineNode(input, new CompositionMap(new DenseMap([1, -1], 1, 2), new DenseMap([1, 1], 2, 1)));
        var bounds = LinearBoundPropagation.Propagate(new Network(input, new ElementwiseNode(nothing, ReLU.Instance)), [UnitBox(1)]).Bounds;
        Assert.InRange(bounds.Upper(nothing)[0], 0, 1e-10);
    }

    [Theory]
    [MemberData(nameof(DyadicNetworks))]
    public void Values_and_interval_bounds_of_the_dyadic_networks_are_the_known_ones(
        uint seed, int[] sizes, double[] valuesAtAQuarter, double[] expected)
    {
        var network = RandomNetworks.Dyadic(seed, sizes);
        Assert.Equal(valuesAtAQuarter, network.Evaluate<double>(Enumerable.Repeat(0.25, sizes[0]).ToArray()));
        var bounds = IntervalPropagation.Propagate(network, [UnitBox(sizes[0])]);
        for (var i = 0; i < sizes[^1]; i++)
        {
            Assert.Equal(expected[2 * i], bounds.Lower(network.Output)[i], 1e-9);
            Assert.Equal(expected[2 * i + 1], bounds.Upper(network.Output)[i], 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(ExactRanges))]
    public void Linear_bounds_of_the_dyadic_networks_enclose_the_exact_range_and_improve_on_intervals(uint seed, int[] sizes, double[] exact)
    {
        var network = RandomNetworks.Dyadic(seed, sizes);
        var interval = IntervalPropagation.Propagate(network, [UnitBox(sizes[0])]);
        var linear = LinearBoundPropagation.Propagate(network, [UnitBox(sizes[0])]);
        for (var i = 0; i < sizes[^1]; i++)
        {
            var row = new double[sizes[^1]];
            row[i] = 1;
            var low = linear.LowerBounds(row)[0];
            row[i] = -1;
            var high = -linear.LowerBounds(row)[0];
            Assert.InRange(exact[2 * i], low, high);
            Assert.InRange(exact[2 * i + 1], low, high);
            Assert.True(low >= interval.Lower(network.Output)[i] - 1e-12, $"output {i}: {low} is looser than intervals");
            Assert.True(high <= interval.Upper(network.Output)[i] + 1e-12, $"output {i}: {high} is looser than intervals");
        }
    }

    [Fact]
    public void Where_no_neuron_changes_phase_linear_bounds_are_exact_and_intervals_are_wider()
    {
        // x ∈ (1, ½) ± 0.1 through [[1,1],[1,−1]], ReLU (both active), [[1,½],[−½,1]]: widths 0.4 exactly, 0.6 by intervals.
        var input = new InputNode(2);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, 1, 1, -1], 2, 2)), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1, 0.5, -0.5, 1], 2, 2)));
        var region = InputRegion.Ball([1, 0.5], 0.1, Norm.Linf);
        var linear = LinearBoundPropagation.Propagate(network, [region]);
        var interval = IntervalPropagation.Propagate(network, [region]);
        var minima = linear.LowerBounds([1, 0, -1, 0, 0, 1, 0, -1]);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0.4, -minima[2 * i + 1] - minima[2 * i], 1e-12);
            Assert.Equal(0.6, interval.Upper(network.Output)[i] - interval.Lower(network.Output)[i], 1e-12);
        }
    }

    [Fact]
    public void Tanh_of_twice_x_less_tanh_of_x_is_bounded_as_minimum_area_lines_bound_it_better_by_one_step_and_as_optimal_slopes_do()
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([2, 1], 2, 1)), Tanh.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1, -1], 1, 2)));
        var region = InputRegion.Box([-1], [1]);
        var interval = IntervalPropagation.Propagate(network, [region]);
        Assert.Equal(1.725621736, interval.Upper(network.Output)[0], 1e-9);
        var (pass, bound) = (new BackwardPass(interval), new double[1]);
        pass.Descend(pass.Seed(network.Output, [-1.0], [0]), network.IndexOf(network.Output), bound, default);
        Assert.Equal(0.600670026, -bound[0], 1e-6);

        // Parallel lines along the chords are better here, and affine forms have them; so are lines one step on.
        var linear = LinearBoundPropagation.Propagate(network, [region]);
        Assert.InRange(-linear.LowerBounds([-1])[0], 0.408220, 0.5667);

        // Optimal slopes reach the envelopes' gap, by the minimax theorem; nothing sound is below it.
        Assert.InRange(-linear.LowerBounds([-1], iterations: 400)[0], 0.408220, 0.4083);
    }

    [Fact]
    public void One_step_from_the_lines_of_least_area_bounds_relu_x_plus_relu_of_minus_x_by_zero()
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, -1], 2, 1)), ReLU.Instance);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1, 1], 1, 2)));
        var region = InputRegion.Box([-1], [0.5]);

        // Least area takes 0 below the first and −x below the second, which is −0.5 at the right end. There the slope of the
        // first must rise, that of the second fall: with one half each, x/2 − x/2.
        var interval = IntervalPropagation.Propagate(network, [region]);
        var (pass, bound) = (new BackwardPass(interval), new double[1]);
        pass.Descend(pass.Seed(network.Output, [1.0], [0]), network.IndexOf(network.Output), bound, default);
        Assert.Equal(-0.5, bound[0], 1e-12);
        var raised = new SlopeOptimizer(interval, pass).LowerBounds(network.Output, [1], [0], 0, [double.PositiveInfinity], default);
        Assert.InRange(raised.Bounds[0], -1e-6, 0);
    }

    [Fact]
    public void The_reachable_box_of_a_rotation_is_twice_the_exact_set_and_that_of_the_identity_is_the_set_itself()
    {
        const double radius = 0.25;
        var input = new InputNode(2);
        var rotation = new Network(input, new AffineNode(input, new DenseMap([1, 1, 1, -1], 2, 2)));
        var identity = new Network(input, new AffineNode(input, SelectionMap.Identity(2)));
        Assert.Equal(16 * radius * radius, Volume(rotation), 1e-12);
        Assert.Equal(4 * radius * radius, Volume(identity), 1e-12);

        double Volume(Network network)
        {
            var bounds = IntervalPropagation.Propagate(network, [InputRegion.Ball([0.5, -1], radius, Norm.Linf)]);
            return Enumerable.Range(0, 2).Aggregate(1.0, (volume, i) => volume * (bounds.Upper(network.Output)[i] - bounds.Lower(network.Output)[i]));
        }
    }

    [Theory]
    [InlineData(Norm.L1, 3, 2, 3)]
    [InlineData(Norm.L2, 3, 4, 5)]
    [InlineData(Norm.Linf, 3, 4, 7)]
    public void A_linear_function_over_a_ball_is_bounded_by_its_dual_norm(Norm norm, double first, double second, double dual)
    {
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([first, second], 1, 2)));
        var region = InputRegion.Ball([1, -1], 0.5, norm);
        var least = first - second - 0.5 * dual;
        Assert.Equal(least, LinearBoundPropagation.Propagate(network, [region]).LowerBounds([1])[0], 1e-12);
    }

    [Fact]
    public void A_batch_of_regions_gives_each_region_the_bounds_that_it_has_alone()
    {
        var random = new Random(5);
        var network = RandomNetworks.WithProduct(random, ReLU.Instance, 3);
        InputRegion[] regions = [.. Enumerable.Range(0, 5).Select(_ => InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.2, Norm.Linf))];
        var together = LinearBoundPropagation.Propagate(network, [.. regions]);
        for (var r = 0; r < regions.Length; r++)
        {
            var alone = LinearBoundPropagation.Propagate(network, [regions[r]]);
            Assert.Equal(alone.LowerBounds([1, 0, -1]), together.LowerBounds([1, 0, -1], r));
        }
    }

    private static InputRegion UnitBox(int size) =>
        InputRegion.Box(Enumerable.Repeat(-1.0, size).ToArray(), Enumerable.Repeat(1.0, size).ToArray());
}
