using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Sets of reachable outputs: closed forms, the order of their volumes, and never an output outside.</summary>
[Trait("Category", "Simd")]
public sealed class ReachableOutputsTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Fact]
    public void Where_no_neuron_changes_phase_the_zonotope_is_what_is_reached()
    {
        // x ∈ (1, ½) ± 0.1 through [[1,1],[1,−1]], both active, and [[1,½],[−½,1]]: an area of |det| = 2.5 times 0.04.
        var outputs = new ReachableOutputs(Chain([1, 1, 1, -1], [1, 0.5, -0.5, 1]), InputRegion.Ball([1, 0.5], 0.1, Norm.Linf));
        var (interval, linear, zonotope) = (outputs.By(ReachabilityMethod.Interval), outputs.By(ReachabilityMethod.Linear), outputs.By(ReachabilityMethod.Zonotope));
        Assert.Equal(0.36, Math.Exp(interval.LogVolume), 1e-12);
        Assert.Equal(0.16, Math.Exp(linear.LogVolume), 1e-12);
        Assert.InRange(Math.Exp(zonotope.LogVolume), 0.1 - 1e-16, 0.1 + 1e-12);
        Assert.Equal((false, false), (interval.IsTight, interval.IsExact));
        Assert.Equal((true, false), (linear.IsTight, linear.IsExact));
        Assert.Equal((true, true, true), (zonotope.IsTight, zonotope.IsExact, zonotope.HasExactVolume));

        // The image has four sides, and the directions of two of them are not those of an octagon.
        Assert.InRange(Math.Exp(outputs.Polytope(Directions.Octagon(2)).LogVolume), 0.1, 0.16);
        Assert.Equal(0.1, Math.Exp(outputs.Polytope([0.5, -1.5, -0.5, 1.5, 1.5, 0.5, -1.5, -0.5]).LogVolume), 1e-12);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1e-7)]
    [InlineData(50)]
    public void A_linear_map_makes_half_the_area_of_its_box(double radius)
    {
        var input = new InputNode(2);
        var outputs = new ReachableOutputs(new Network(input, new AffineNode(input, new DenseMap([1, 1, 1, -1], 2, 2))), InputRegion.Ball([3, -4], radius, Norm.Linf));
        Assert.Equal(Math.Log(8 * radius * radius), outputs.Zonotope().LogVolume, 1e-6);
        Assert.Equal(Math.Log(16 * radius * radius), outputs.LinearBox().LogVolume, 1e-6);
    }

    [Fact]
    public void The_identity_is_the_same_in_every_way()
    {
        var input = new InputNode(3);
        var outputs = new ReachableOutputs(new Network(input, new AffineNode(input, SelectionMap.Identity(3))), InputRegion.Ball([0, 0, 0], 0.5, Norm.Linf));
        foreach (var method in (ReachabilityMethod[])[ReachabilityMethod.Interval, ReachabilityMethod.Linear, ReachabilityMethod.Zonotope])
            Assert.InRange(outputs.By(method).LogVolume, 0, 1e-12);
    }

    [Fact]
    public void An_output_that_stays_makes_the_set_flat()
    {
        var input = new InputNode(2);
        var outputs = new ReachableOutputs(new Network(input, new AffineNode(input, new DenseMap([1, 1, 0, 0], 2, 2), [0.3, 0.7])), InputRegion.Ball([1, 1], 0.5, Norm.Linf));
        foreach (var method in (ReachabilityMethod[])[ReachabilityMethod.Interval, ReachabilityMethod.Linear, ReachabilityMethod.Zonotope, ReachabilityMethod.Polytope])
        {
            var set = outputs.By(method);
            Assert.Equal(double.NegativeInfinity, set.LogVolume);
            Assert.True(set.Contains([2.3, 0.7]));
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_sampled_output_lies_outside_and_sets_are_ordered(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(6);
        Network[] networks = [RandomNetworks.Dense(random, activation, 3, 7, 6, 3), RandomNetworks.WithProduct(random, activation, 4), RandomNetworks.Convolutional(random, activation)];
        foreach (var network in networks)
        {
            var (center, last) = (RandomNetworks.RandomVector(random, network.Input.Size, 1), double.NegativeInfinity);
            foreach (var radius in (double[])[0.01, 0.1, 0.4])
            {
                var outputs = new ReachableOutputs(network, InputRegion.Ball(center, radius, Norm.Linf));
                Holds(outputs, InputRegion.Ball(center, radius, Norm.Linf), random);
                var volume = outputs.IntervalBox().LogVolume;
                Assert.True(volume >= last);
                last = volume;
            }
        }
    }

    [Fact]
    public void A_set_does_not_depend_on_what_was_asked_before()
    {
        var network = RandomNetworks.Dense(new Random(3), ReLU.Instance, 3, 8, 8, 2);
        ReachableOutputs Anew() => new(network, InputRegion.Ball([0.1, 0.2, 0.3], 0.5, Norm.Linf));
        var outputs = Anew();
        foreach (var method in (ReachabilityMethod[])[ReachabilityMethod.Polytope, ReachabilityMethod.Zonotope, ReachabilityMethod.Linear, ReachabilityMethod.Polytope, ReachabilityMethod.Interval])
        {
            Sensitivity.Of(outputs, method);
            foreach (var again in Enum.GetValues<ReachabilityMethod>().Take(4))
                Assert.Equal(Sensitivity.Of(Anew(), again).Widths.ToArray(), Sensitivity.Of(outputs, again).Widths.ToArray());
        }

        Assert.Equal(Anew().Polytope(Directions.Around(16)).Limits.ToArray(), outputs.Polytope(Directions.Around(16)).Limits.ToArray());
    }

    [Fact]
    public void A_product_stays_related_to_its_factors()
    {
        // (x·y, x) for x ∈ [1, 2] and y ∈ [3, 4]: the planes 3.5x + 1.5y − 5.25 ± ¼ give an area of 4 (1.75 · 0 + 0.75 · ½ + ¼ · ½) = 2, what is reached has ∫ x dx = 1.5.
        var input = new InputNode(2);
        var product = new ProductNode(new AffineNode(input, SelectionMap.Slice(2, 0, 1)), new AffineNode(input, SelectionMap.Slice(2, 1, 1)));
        var network = new Network(input, new AffineNode([new AffineTerm(product, SelectionMap.Embedding(1, 0, 2)), new AffineTerm(input, new SelectionMap(2, [-1, 0]))], [0, 0]));
        var outputs = new ReachableOutputs(network, InputRegion.Box([1, 3], [2, 4]));
        Assert.Equal(2, Math.Exp(outputs.Zonotope().LogVolume), 1e-9);
        Assert.False(outputs.Zonotope().IsExact);
        Assert.InRange(Math.Exp(outputs.By(ReachabilityMethod.Polytope).LogVolume), 1.5, 5);
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    public void Balls_are_regions_as_well(Norm norm)
    {
        var random = new Random(7);
        var network = RandomNetworks.Dense(random, ReLU.Instance, 4, 8, 8, 3);
        var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 4, 1), 0.3, norm);
        var outputs = new ReachableOutputs(network, region);
        Holds(outputs, region, random);
        Assert.False(outputs.Zonotope().IsExact);
    }

    [Fact]
    public void Digits_and_iris_reach_nothing_outside()
    {
        if (Repository.Shared is not { } shared) return;
        var random = new Random(8);
        foreach (var (file, data, radius) in (ReadOnlySpan<(string, string, double)>)
            [("iris", "iris", 0.1), ("digits-plain", "digits", 0.5), ("digits-robust", "digits", 1), ("digits-tanh", "digits", 0.5), ("digits-gelu", "digits", 0.5), ("digits-cnn", "digits", 0.2)])
        {
            var table = CsvSamples.Read(Path.Combine(shared, "models", $"{data}.csv"), new CsvSelection { Label = "label", Ignore = data == "iris" ? ["split"] : [], Count = 2 });
            using var model = DeployedModel.Load(Path.Combine(shared, "models", $"{file}.onnx"));
            foreach (var sample in table.Samples)
            {
                var region = InputRegion.Ball([.. sample.Values], radius, Norm.Linf);
                Holds(new ReachableOutputs(model.Scores, region), region, random);
            }
        }
    }

    [Theory]
    [InlineData(1u, new[] { 2, 6, 4, 2 }, new[] { -2.587986708, 0.422318459, -0.0390625, 2.369484663 }, new[] { -1.783826351166, -0.209325802035, 0.099914550781, 1.049457311630 })]
    [InlineData(2u, new[] { 4, 8, 8, 3 }, new[] { -1.918635845, 12.623257875, -14.086584568, 8.455867529, -15.758084774, 4.276934862 }, new[] { 0.113739013672, 3.488167285919, -4.887193441391, 0.716982111335, -3.498974800110, -0.274417186996 })]
    [InlineData(3u, new[] { 6, 12, 12, 2 }, new[] { -36.174473763, 16.363433838, -32.089680433, 16.739123583 }, new[] { -5.122126102448, 2.374023378147, -5.123549699783, 0.840836011843 })]
    public void Boxes_of_the_dyadic_networks_are_known_and_the_linear_ones_lie_between(uint seed, int[] sizes, double[] interval, double[] exact)
    {
        var (low, high) = (new double[sizes[0]], new double[sizes[0]]);
        Array.Fill(low, -1);
        Array.Fill(high, 1);
        var outputs = new ReachableOutputs(RandomNetworks.Dyadic(seed, sizes), InputRegion.Box(low, high));
        Assert.Equal(LogWidths(interval), outputs.IntervalBox().LogVolume, 1e-8);
        Assert.InRange(outputs.LinearBox().LogVolume, LogWidths(exact), LogWidths(interval));
        Assert.True(outputs.By(ReachabilityMethod.Polytope).LogVolume <= outputs.LinearBox().LogVolume + 1e-12);
        for (var k = 0; k < sizes[^1]; k++) Assert.InRange(outputs.Zonotope().Ranges[k].Upper, exact[2 * k + 1] - 1e-11, double.MaxValue);
        var smallest = outputs.ExactBox();
        Assert.True(smallest.IsTight);
        Assert.Equal(LogWidths(exact), smallest.LogVolume, 1e-5);
        for (var k = 0; k < sizes[^1]; k++) Assert.True(smallest.Lower[k] <= exact[2 * k] + 1e-11 && smallest.Upper[k] >= exact[2 * k + 1] - 1e-11);
        var sensitivity = Sensitivity.Of(outputs, ReachabilityMethod.Exact);
        Assert.Equal(sensitivity.MeanWidth, sensitivity.ReachedMeanWidth, 1e-5);
    }

    [Fact]
    public void An_exact_box_that_work_does_not_suffice_for_is_not_called_tight()
    {
        var outputs = new ReachableOutputs(RandomNetworks.Dyadic(3, 6, 12, 12, 2), InputRegion.Ball([0, 0, 0, 0, 0, 0], 1, Norm.Linf));
        var box = outputs.ExactBox(new OptimizationBudget { Parts = 0, Starts = 1 });
        Assert.False(box.IsTight);
        Assert.True(box.LogVolume <= outputs.LinearBox().LogVolume);
        Assert.True(box.Lower[0] <= -5.122126102448);
    }

    [Fact]
    public void The_area_of_a_ReLU_network_of_two_inputs_lies_below_that_of_every_set()
    {
        // What is reached is the union of the images of all activation regions; its convex hull is that of the corners' images.
        var random = new Random(9);
        for (var trial = 0; trial < 10; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 6, 5, 2);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 2, 1), 0.4, Norm.Linf);
            var outputs = new ReachableOutputs(network, region);
            var grid = new double[2 * 101 * 101];
            for (var i = 0; i < 101 * 101; i++)
            {
                grid[2 * i] = region.Lower[0] + i % 101 / 100.0 * (region.Upper[0] - region.Lower[0]);
                grid[2 * i + 1] = region.Lower[1] + i / 101 / 100.0 * (region.Upper[1] - region.Lower[1]);
            }

            var hull = HullArea(network.Evaluate<double>(grid, 101 * 101));
            var polygon = Math.Exp(outputs.Polytope(Directions.Around(32)).LogVolume);
            Assert.True(polygon >= hull * (1 - 1e-9), $"{polygon} is less than {hull}");
            Assert.True(Math.Exp(outputs.Zonotope().LogVolume) >= hull * (1 - 1e-9));
            if (outputs.Zonotope().IsExact) Assert.Equal(hull, Math.Exp(outputs.Zonotope().LogVolume), 1e-9 * hull);
        }
    }

    [Fact]
    public void What_has_no_value_and_what_does_not_exist_is_explained()
    {
        var input = new InputNode(2);
        var log = new Network(input, new ElementwiseNode(new AffineNode(input, SelectionMap.Identity(2)), Log.Instance));
        var outputs = new ReachableOutputs(log, InputRegion.Box([-1, 1], [1, 2]));
        foreach (var method in (ReachabilityMethod[])[ReachabilityMethod.Interval, ReachabilityMethod.Linear, ReachabilityMethod.Zonotope, ReachabilityMethod.Polytope])
            Assert.Contains("has none everywhere between -1 and 1", Assert.Throws<ArgumentException>(() => outputs.By(method)).Message, StringComparison.Ordinal);
        var many = new ReachableOutputs(RandomNetworks.Dense(new Random(1), Tanh.Instance, 2, 5, 90), InputRegion.Box([0, 0], [1, 1]));
        Assert.Contains("choose 64 outputs or fewer", Assert.Throws<ArgumentException>(() => many.By(ReachabilityMethod.Polytope)).Message, StringComparison.Ordinal);
        Assert.True(many.Zonotope().LogVolume <= many.Zonotope().Ranges.Sum(range => Math.Log(range.Upper - range.Lower)) + 1e-9);
        Assert.True(new ReachableOutputs(log, InputRegion.Box([1, 1], [2, 2])).Zonotope().Contains([0.5, 0.5]));
        Assert.Contains("the outputs 0 to 1", Assert.Throws<ArgumentException>(() => new ReachableOutputs(log, InputRegion.Box([1, 1], [2, 2]), [2])).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => new ReachableOutputs(log, InputRegion.Box([1, 1], [2, 2]), [0, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("1 inputs", Assert.Throws<ArgumentException>(() => new ReachableOutputs(log, InputRegion.Box([1], [2]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bounded_function_of_what_has_no_value_has_none_either()
    {
        var input = new InputNode(1);
        var network = new Network(input, new ElementwiseNode(new ElementwiseNode(new AffineNode(input, SelectionMap.Identity(1)), Log.Instance), Tanh.Instance));
        var outputs = new ReachableOutputs(network, InputRegion.Box([-1], [1]));
        foreach (var method in Enum.GetValues<ReachabilityMethod>()) Assert.Throws<ArgumentException>(() => outputs.By(method));
        Assert.True(new ReachableOutputs(network, InputRegion.Box([0.5], [1])).IntervalBox().Contains([-0.3]));
    }

    [Fact]
    public void Where_intervals_leave_a_value_open_other_sets_may_not()
    {
        // ln(1 + relu(x) − relu(x)) for x in [½, 3], which intervals take for the logarithm of what may be −1.5.
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, 1], 2, 1)), ReLU.Instance);
        var network = new Network(input, new ElementwiseNode(new AffineNode(hidden, new DenseMap([1, -1], 1, 2), [1]), Log.Instance));
        var outputs = new ReachableOutputs(network, InputRegion.Box([0.5], [3]));
        Assert.Throws<ArgumentException>(() => outputs.IntervalBox());
        Assert.True(outputs.LinearBox().Contains([0]));
        Assert.True(outputs.Zonotope().Contains([0]));
    }

    [Fact]
    public void Some_outputs_alone_are_as_they_are_among_all()
    {
        var network = RandomNetworks.Dense(new Random(2), Tanh.Instance, 3, 6, 4);
        var region = InputRegion.Ball([0.1, 0.2, 0.3], 0.2, Norm.Linf);
        var (all, some) = (new ReachableOutputs(network, region), new ReachableOutputs(network, region, [3, 1]));
        Assert.Equal(2, some.IntervalBox().Size);
        Assert.Equal(all.IntervalBox().Upper[3], some.IntervalBox().Upper[0], 1e-12);
        Assert.Equal(all.LinearBox().Lower[1], some.LinearBox().Lower[1], 1e-9);
    }

    private static void Holds(ReachableOutputs outputs, InputRegion region, Random random)
    {
        var (size, points) = (outputs.Network.Output.Size, Sampling.Points(region, 60, random));
        var values = outputs.Network.Evaluate<double>(points, 60);
        OutputSet[] sets = [outputs.IntervalBox(), outputs.LinearBox(), outputs.Zonotope(), outputs.By(ReachabilityMethod.Polytope)];
        for (var p = 0; p < 60; p++)
        {
            // The values are rounded, the sets hold the exact ones: towards the middle of what is reached by more than that.
            var y = values.AsSpan(p * size, size).ToArray();
            for (var k = 0; k < size; k++) y[k] += 1e-10 * (Enumerable.Range(0, 60).Average(other => values[other * size + k]) - y[k]);
            foreach (var set in sets) Assert.True(set.Contains(y), $"{set.GetType().Name} does not hold an output");
        }

        for (var k = 0; k < size; k++)
        {
            Assert.True(sets[1].Ranges[k].Lower >= sets[0].Ranges[k].Lower && sets[1].Ranges[k].Upper <= sets[0].Ranges[k].Upper, "The linear box leaves that of intervals.");
            Assert.True(sets[3].Ranges[k].Lower >= sets[1].Ranges[k].Lower && sets[3].Ranges[k].Upper <= sets[1].Ranges[k].Upper, "The polytope leaves its box.");
        }

        Assert.True(sets[3].LogVolume <= sets[1].LogVolume + 1e-9 && sets[1].LogVolume <= sets[0].LogVolume);
        var axes = new double[size * size];
        for (var k = 0; k < size; k++) axes[k * size + k] = 1;
        foreach (var (reached, k) in outputs.Reached(axes).Select((reached, k) => (reached, k)))
        {
            foreach (var set in sets) Assert.True(set.Ranges[k].Lower <= reached.Lower && reached.Upper <= set.Ranges[k].Upper, "A set is smaller than what is reached.");
        }
    }

    private static double LogWidths(double[] ranges) => Enumerable.Range(0, ranges.Length / 2).Sum(k => Math.Log(ranges[2 * k + 1] - ranges[2 * k]));

    private static Network Chain(double[] first, double[] second)
    {
        var input = new InputNode(2);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap(first, 2, 2)), ReLU.Instance);
        return new Network(input, new AffineNode(hidden, new DenseMap(second, 2, 2)));
    }

    // Andrew's monotone chain.
    private static double HullArea(double[] values)
    {
        var points = Enumerable.Range(0, values.Length / 2).Select(i => (X: values[2 * i], Y: values[2 * i + 1])).Order().ToArray();
        var area = 0.0;
        foreach (var run in (ReadOnlySpan<(double X, double Y)[]>)[points, [.. points.Reverse()]])
        {
            var hull = new List<(double X, double Y)>();
            foreach (var p in run)
            {
                while (hull.Count > 1 && (hull[^1].X - hull[^2].X) * (p.Y - hull[^2].Y) <= (hull[^1].Y - hull[^2].Y) * (p.X - hull[^2].X)) hull.RemoveAt(hull.Count - 1);
                hull.Add(p);
            }

            for (var i = 0; i + 1 < hull.Count; i++) area += hull[i].X * hull[i + 1].Y - hull[i].Y * hull[i + 1].X;
        }

        return area / 2;
    }
}
