using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Programming;

public sealed class NetworkProgramTests
{
    public static TheoryData<string> ActivationNames => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(ActivationNames))]
    public void Values_of_the_network_are_solutions(string name)
    {
        var activation = RandomNetworks.Activations.Single(activation => activation.Name == name);
        for (var seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            Network network = (seed % 3) switch
            {
                0 => RandomNetworks.Dense(random, activation, 3, 6, 5, 2),
                1 => RandomNetworks.WithProduct(random, activation, 4),
                _ => RandomNetworks.Convolutional(random, activation),
            };
            CheckSolutions(network, Region(random, network.Input.Size, 0.4, seed), random);
        }
    }

    [Fact]
    public void Values_of_gradients_are_solutions()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var network = RandomNetworks.Dense(random, seed % 2 == 0 ? ReLU.Instance : Tanh.Instance, 2, 5, 4, 2);
            CheckSolutions(Differentiation.Gradient(network, [1, -1]), Region(random, 2, 0.5, 0), random);
        }
    }

    [Fact]
    public void The_minimum_of_a_small_network_is_that_of_all_its_activation_patterns()
    {
        var interesting = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var network = RandomNetworks.Dense(random, ReLU.Instance, 1 + seed % 3, 4, 4, 2);
            var region = Region(random, network.Input.Size, 1, 0);
            double[] coefficients = [1, random.NextDouble() - 0.5];
            var bounds = seed % 2 == 0 ? IntervalPropagation.Propagate(network, [region]) : LinearBoundPropagation.Propagate(network, [region]).Bounds;
            var encoded = NetworkProgram.Encode(bounds);
            Assert.True(encoded.IsExact);
            var solution = encoded.Minimize(coefficients);
            var expected = Patterns.Minimum(network, region, coefficients);
            Assert.Equal(SolutionStatus.Optimal, solution.Status);
            Assert.Equal(expected, solution.Objective, 1e-5 * (1 + Math.Abs(expected)));
            Assert.InRange(solution.Bound, expected - 1e-5 * (1 + Math.Abs(expected)), expected + 1e-9);
            Assert.InRange(Sampling.Range(network, coefficients, Sampling.Points(region, 2000, random)).Least, solution.Bound, double.PositiveInfinity);

            var relaxed = NetworkProgram.Relax(bounds).Minimize(coefficients);
            Assert.InRange(relaxed.Objective, double.NegativeInfinity, expected + 1e-7);
            if (relaxed.Objective < expected - 1e-3) interesting++;
        }

        Assert.True(interesting >= 10);
    }

    [Theory]
    [InlineData("LeakyReLU(0.1)")]
    [InlineData("Clip(-1, 1)")]
    [InlineData("HardSigmoid(0.2, 0.5)")]
    public void Of_other_piecewise_linear_activations_the_minimum_is_attained(string name)
    {
        var activation = RandomNetworks.Activations.Single(activation => activation.Name == name);
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var network = RandomNetworks.Dense(random, activation, 2, 5, 4, 1);
            CheckAttained(network, Region(random, 2, 2, 0), random);
        }
    }

    [Fact]
    public void In_an_l1_ball_the_minimum_is_attained()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            CheckAttained(RandomNetworks.Dense(random, ReLU.Instance, 3, 6, 5, 1), Region(random, 3, 0.7, 1), random);
        }
    }

    [Theory]
    [InlineData(0, 2)] // Both phases at the tie x = 0: the closed regions' value, above the true constant 1.
    [InlineData(0.25, 2)]
    [InlineData(-0.25, 1)]
    public void Slopes_over_closed_regions(double shift, double expected)
    {
        // ReLU(x) − ReLU(b − x): its derivative is g₁ + g₂.
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, -1], 2, 1), [0, shift]), ReLU.Instance);
        var gradient = Differentiation.Gradient(new Network(input, new AffineNode(hidden, new DenseMap([1, -1], 1, 2), [0])), [1]);
        var bounds = IntervalPropagation.Propagate(gradient, [InputRegion.Box([-1], [1])]);
        var solution = NetworkProgram.Encode(bounds).Minimize([-1]);
        Assert.Equal((SolutionStatus.Optimal, -expected), (solution.Status, Math.Round(solution.Objective, 6)));
    }

    [Fact]
    public void The_starting_basis_has_the_bound_of_a_backward_pass_and_saves_pivots()
    {
        var (warm, cold) = (0L, 0L);
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var network = RandomNetworks.Dense(random, ReLU.Instance, 6, 20, 20, 20, 3);
            var region = Region(random, 6, 0.5, 0);
            var bounds = LinearBoundPropagation.Propagate(network, [region]);
            double[] coefficients = [1, -1, 0.5];
            var encoded = NetworkProgram.Relax(bounds.Bounds);
            var program = encoded.Minimizing(coefficients);
            var first = new DualSimplex(program) { Basis = encoded.Start(program) }.Solve(new() { Pivots = 0 });

            // The backward bound takes one step of optimisation more.
            var backward = bounds.LowerBounds(coefficients)[0];
            Assert.InRange(first.Bound, backward - 0.5 * (1 + Math.Abs(backward)), backward + 1e-9 + 0.1 * Math.Abs(backward));
            var best = new DualSimplex(program).Solve();
            var solution = encoded.Minimize(coefficients);
            Assert.Equal(best.Objective, solution.Objective, 1e-6 * (1 + Math.Abs(best.Objective)));
            Assert.True(best.Objective >= backward - 1e-6);
            (warm, cold) = (warm + solution.Pivots, cold + best.Pivots);

            var integer = NetworkProgram.Encode(bounds.Bounds);
            var relaxed = integer.Minimizing(coefficients);
            var same = new DualSimplex(relaxed) { Basis = integer.Start(relaxed) }.Solve(new() { Pivots = 0 });
            Assert.Equal(first.Bound, same.Bound, 1e-6 * (1 + Math.Abs(first.Bound)));
        }

        Assert.True(2 * warm < cold, $"{warm} pivots from the backward pass, {cold} from nothing");
    }

    [Fact]
    public void Rows_mean_what_they_say()
    {
        var random = new Random(7);
        var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 6, 6, 1);
        var region = Region(random, 3, 0.6, 0);
        var bounds = LinearBoundPropagation.Propagate(network, [region]).Bounds;
        var encoded = NetworkProgram.Encode(bounds);
        Assert.NotEmpty(encoded.ReLUs);
        var points = Sampling.Points(region, 50, random);
        for (var p = 0; p < 50; p++)
        {
            var values = encoded.At(points.AsSpan(3 * p, 3));
            foreach (var relu in encoded.ReLUs)
            {
                var (z, y, a) = (values[relu.Input], values[relu.Output], values[relu.Binary]);
                Assert.Equal(Math.Max(z, 0), y, 1e-12);
                Assert.Equal(z > 0 ? 1 : 0, a);
                Assert.Equal(y - z, encoded.Program.Row(relu.LowerRow, values), 1e-12);
                var low = bounds.Lower(relu.Node.Source)[relu.Element];
                Assert.Equal(y - z - low * a, encoded.Program.Row(relu.UpperRow, values), 1e-12);
                Assert.Equal(relu.Input, encoded.Column(relu.Node.Source, relu.Element));
                Assert.Equal(relu.Output, encoded.Column(relu.Node, relu.Element));
                var row = encoded.Row((AffineNode)relu.Node.Source, relu.Element);
                Assert.Equal(-((AffineNode)relu.Node.Source).Bias[relu.Element], encoded.Program.Row(row, values), 1e-12);
            }
        }
    }

    [Fact]
    public void Values_computed_in_float32_are_solutions_where_the_bounds_are_of_these()
    {
        var tighter = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var network = RandomNetworks.Dense(random, ReLU.Instance, 4, 8, 8, 2);
            var region = Region(random, 4, 0.5, 0);
            var encoded = NetworkProgram.Relax(IntervalPropagation.Propagate(network, [region], Semantics.Float32));
            var exact = NetworkProgram.Relax(IntervalPropagation.Propagate(network, [region]));
            var points = Array.ConvertAll(Sampling.Points(region, 200, random), x => (float)x);
            for (var p = 0; p < 200; p++)
            {
                var input = points.AsSpan(4 * p, 4);
                for (var i = 0; i < 4; i++) input[i] = Math.Clamp(input[i], region.Representable.Lower[i], region.Representable.Upper[i]);
                var values = Values(encoded, network, input);
                Assert.True(Violation(encoded.Program, values) <= 1e-15);
                if (Violation(exact.Program, Values(exact, network, input)) > 1e-9) tighter++;
            }
        }

        Assert.True(tighter > 100);

        static double[] Values(NetworkProgram program, Network network, Span<float> input)
        {
            var evaluation = Evaluation<float>.Of(network, input, 1);
            var values = new double[program.Program.ColumnCount];
            foreach (var node in network.Nodes)
            {
                for (var i = 0; i < node.Size; i++)
                {
                    if (program.Column(node, i) is >= 0 and var column) values[column] = evaluation[node][i];
                }
            }

            return values;
        }
    }

    [Fact]
    public void Terms_that_meet_in_one_variable_are_added_with_their_rounding()
    {
        // y = x/3 + x/7 + x·10⁻³⁰: no double is the sum of the coefficients.
        var input = new InputNode(1);
        DenseMap Times(double factor) => new([factor], 1, 1);
        var network = new Network(input, new AffineNode([new(input, Times(1.0 / 3)), new(input, Times(1.0 / 7)), new(input, Times(1e-30))], [0]));
        var program = NetworkProgram.Relax(IntervalPropagation.Propagate(network, [InputRegion.Box([1], [3])])).Program;
        Dyadic Sum(double x) => (Dyadic)(1.0 / 3) * x + (Dyadic)(1.0 / 7) * x + (Dyadic)1e-30 * x;
        foreach (var x in (double[])[1, 2, 2.5, 3])
        {
            // Σ w x − y lies in the row's interval for y = Σ w x exactly, so that its coefficients' error does, too.
            var error = (Dyadic)program.Coefficients[program.Columns[0] == 0 ? 0 : 1] * x + Sum(x) * -1.0;
            Assert.False(error > program.RowUpper[0]);
            Assert.False(error < program.RowLower[0]);
            Assert.NotEqual(program.RowLower[0], program.RowUpper[0]);
        }
    }

    [Fact]
    public void What_has_no_finite_bounds_is_refused()
    {
        var input = new InputNode(1);
        var network = new Network(input, new ElementwiseNode(new AffineNode(input, new DenseMap([1], 1, 1)), Log.Instance));
        var bounds = IntervalPropagation.Propagate(network, [InputRegion.Box([-1], [1])]);
        Assert.Throws<ArgumentException>(() => NetworkProgram.Relax(bounds));
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkProgram.Relax(bounds, 1));
    }

    private static void CheckSolutions(Network network, InputRegion region, Random random)
    {
        var bounds = LinearBoundPropagation.Propagate(network, [region]).Bounds;
        var points = Sampling.Points(region, 60, random);
        double[] coefficients = [.. Enumerable.Range(0, network.Output.Size).Select(_ => random.NextDouble() - 0.5)];
        var least = Sampling.Range(network, coefficients, points).Least;
        foreach (var program in (NetworkProgram[])[NetworkProgram.Relax(bounds), NetworkProgram.Encode(bounds)])
        {
            for (var p = 0; p < 60; p++)
            {
                var values = program.At(points.AsSpan(p * region.Size, region.Size));
                Assert.True(Violation(program.Program, values) <= 1e-9, $"off by {Violation(program.Program, values)}");
            }

            var objective = program.Minimizing(coefficients);
            var solution = new DualSimplex(objective) { Basis = program.Start(objective) }.Solve();
            Assert.Equal(SolutionStatus.Optimal, solution.Status);
            Assert.InRange(SafeBound.LowerBound(objective, solution.RowDuals), double.NegativeInfinity, least);
        }
    }

    private static void CheckAttained(Network network, InputRegion region, Random random)
    {
        var encoded = NetworkProgram.Encode(LinearBoundPropagation.Propagate(network, [region]).Bounds);
        Assert.True(encoded.IsExact);
        var solution = encoded.Minimize([1]);
        Assert.Equal(SolutionStatus.Optimal, solution.Status);
        var input = encoded.Input(solution.Values);
        Assert.Equal(network.Evaluate<double>(input, 1)[0], solution.Objective, 1e-6);
        Assert.True(solution.Objective - solution.Bound <= 2e-6 * Math.Max(1, Math.Abs(solution.Objective)));
        Assert.InRange(Sampling.Range(network, [1], Sampling.Points(region, 3000, random)).Least, solution.Bound, double.PositiveInfinity);
        if (!region.IsBox) Assert.True(input.Zip(region.Center.ToArray(), (x, c) => Math.Abs(x - c)).Sum() <= region.Radii[0] + 1e-6);
    }

    /// <summary>How far values are outside the bounds of variables and rows.</summary>
    private static double Violation(LinearProgram program, double[] values)
    {
        var worst = 0.0;
        for (var j = 0; j < values.Length; j++) worst = Math.Max(worst, Math.Max(program.Lower[j] - values[j], values[j] - program.Upper[j]));
        for (var i = 0; i < program.RowCount; i++)
        {
            var value = program.Row(i, values);
            worst = Math.Max(worst, Math.Max(program.RowLower[i] - value, value - program.RowUpper[i]));
        }

        return worst;
    }

    private static InputRegion Region(Random random, int size, double radius, int kind)
    {
        var center = RandomNetworks.RandomVector(random, size, 0.5);
        return (kind % 3) switch
        {
            1 => InputRegion.Ball(center, radius, Norm.L1),
            2 => InputRegion.Ball(center, radius, Norm.L2),
            _ => InputRegion.Box([.. center.Select(c => c - radius)], [.. center.Select(c => c + radius)]),
        };
    }
}
