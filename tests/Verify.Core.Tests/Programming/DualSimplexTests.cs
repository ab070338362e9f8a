using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

public sealed class DualSimplexTests
{
    [Fact]
    public void Changed_bounds_give_the_same_answer_warm_as_cold()
    {
        var (warmPivots, coldPivots) = (0L, 0L);
        for (var number = 0; number < 300; number++)
        {
            var random = RandomStream.From("changes", (ulong)number);
            var program = number % 2 == 0 ? RandomPrograms.Of(number) : RandomPrograms.Layers(random, 4 + random.NextInt(5));
            var simplex = new DualSimplex(program);
            simplex.Solve();
            var (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
            for (var change = 0; change < 6; change++)
            {
                var j = random.NextInt(program.ColumnCount);
                var (low, high) = (lower[j], upper[j]);
                if (double.IsFinite(low) && double.IsFinite(high))
                {
                    var middle = low + (high - low) * random.NextDouble();
                    (low, high) = random.NextInt(2) == 0 ? (middle, high) : (low, middle);
                }
                else
                {
                    (low, high) = random.NextInt(3) switch { 0 => (low, 1.0), 1 => (-1.0, high), _ => (program.Lower[j], program.Upper[j]) };
                }

                (lower[j], upper[j]) = (low, high);
                simplex.SetBounds(j, low, high);
                var changed = program.WithBounds(lower, upper);
                var (warm, cold) = (simplex.Solve(), new DualSimplex(changed).Solve());
                Same(cold, warm, $"program {number}, change {change}");
                Optimality.Check(changed, warm, $"program {number}, change {change}");
                warmPivots += warm.Pivots;
                coldPivots += cold.Pivots;
            }
        }

        Assert.True(3 * warmPivots < coldPivots, $"{warmPivots} pivots warm, {coldPivots} cold");
    }

    [Fact]
    public void Changed_costs_give_the_same_answer_warm_as_cold()
    {
        for (var number = 0; number < 200; number++)
        {
            var random = RandomStream.From("costs", (ulong)number);
            var program = RandomPrograms.Of(number);
            var simplex = new DualSimplex(program);
            for (var change = 0; change < 4; change++)
            {
                var cost = new double[program.ColumnCount];
                for (var j = 0; j < cost.Length; j++) cost[j] = program.Cost[j] + (random.NextInt(3) == 0 ? random.NextGaussian() : 0);
                simplex.SetCost(cost, change);
                var changed = program.WithCost(cost, change);
                var warm = simplex.Solve();
                Same(new DualSimplex(changed).Solve(), warm, $"program {number}, change {change}");
                Optimality.Check(changed, warm, $"program {number}, change {change}");
            }
        }
    }

    [Fact]
    public void An_optimal_basis_needs_no_pivots()
    {
        for (var number = 0; number < 200; number++)
        {
            var program = RandomPrograms.Of(number);
            var first = new DualSimplex(program);
            var solution = first.Solve();
            if (solution.Status != SolutionStatus.Optimal) continue;
            var second = new DualSimplex(program) { Basis = first.Basis };
            Same(solution, second.Solve(), $"program {number}");
            Assert.True(second.Pivots <= 2, $"program {number}: {second.Pivots} pivots"); // Rounding may ask for one.
        }
    }

    [Fact]
    public void Any_places_are_made_a_basis()
    {
        for (var number = 0; number < 300; number++)
        {
            var program = RandomPrograms.Of(number);
            var random = RandomStream.From("places", (ulong)number);
            VariablePlace[] Places(int count) => [.. Enumerable.Range(0, count).Select(_ => (VariablePlace)random.NextInt(4))];
            var simplex = new DualSimplex(program) { Basis = new(Places(program.ColumnCount), Places(program.RowCount)) };
            Same(new DualSimplex(program).Solve(), simplex.Solve(), $"program {number}");
        }
    }

    [Fact]
    public void Further_rows_start_from_the_basis_without_them()
    {
        var random = RandomStream.From("rows", 0);
        var program = RandomPrograms.Layers(random, 8);
        var simplex = new DualSimplex(program);
        var before = simplex.Solve();
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < program.ColumnCount; j++) builder.Variable(program.Lower[j], program.Upper[j], program.Cost[j]);
        for (var i = 0; i < program.RowCount; i++)
        {
            var terms = new List<Term>();
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++) terms.Add(new(program.Columns[e], program.Coefficients[e]));
            builder.Row(program.RowLower[i], [.. terms], program.RowUpper[i]);
        }

        builder.AtMost([new(0, Math.Sign(before.Values[0]))], Math.Abs(before.Values[0]) - 0.1);
        var extended = builder.Build();
        var warm = new DualSimplex(extended) { Basis = simplex.Basis.WithRows(extended.RowCount) };
        Same(new DualSimplex(extended).Solve(), warm.Solve(), "one more row");
        Assert.InRange(warm.Pivots, 1, before.Pivots / 2);
    }

    [Fact]
    public void A_limit_ends_with_a_bound_that_holds()
    {
        var program = RandomPrograms.Layers(RandomStream.From("limits", 0), 20);
        var best = new DualSimplex(program).Solve();
        var last = double.NegativeInfinity;
        for (var pivots = 0; pivots < best.Pivots; pivots += 20)
        {
            var solution = new DualSimplex(program).Solve(new() { Pivots = pivots });
            Assert.Equal((SolutionStatus.Limit, pivots), (solution.Status, solution.Pivots));
            Assert.InRange(solution.Bound, last, best.Objective + 1e-9);
            last = solution.Bound - 1e-6 * Math.Abs(solution.Bound);
        }

        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(SolutionStatus.Limit, new DualSimplex(program).Solve(cancellation: cancelled.Token).Status);
    }

    [Fact]
    public void A_threshold_ends_the_search_for_a_better_bound()
    {
        var program = RandomPrograms.Layers(RandomStream.From("limits", 0), 20);
        var best = new DualSimplex(program).Solve();
        var threshold = best.Objective - 0.2 * Math.Abs(best.Objective);
        var solution = new DualSimplex(program).Solve(new() { Threshold = threshold });
        Assert.Equal(SolutionStatus.Limit, solution.Status);
        Assert.InRange(solution.Bound, threshold, best.Objective);
        Assert.True(solution.Pivots < best.Pivots);
        Assert.Equal(SolutionStatus.Optimal, new DualSimplex(program).Solve(new() { Threshold = best.Objective + 1 }).Status);
    }

    [Fact]
    [Trait("Category", "Simd")]
    public void A_program_takes_the_same_pivots_everywhere()
    {
        var program = RandomPrograms.Layers(RandomStream.From("same", 0), 24);
        var (first, second) = (new DualSimplex(program).Solve(), new DualSimplex(program).Solve());
        Assert.Equal(first.Values, second.Values);
        Assert.Equal((159, -47.892090213135816), (first.Pivots, first.Objective));
    }

    private static void Same(LinearSolution expected, LinearSolution actual, string what)
    {
        Assert.True(expected.Status == actual.Status, $"{what}: {actual.Status}, not {expected.Status}");
        if (expected.Status == SolutionStatus.Optimal)
            Assert.True(Math.Abs(expected.Objective - actual.Objective) <= 1e-7 * (1 + Math.Abs(expected.Objective)), $"{what}: {actual.Objective}, not {expected.Objective}");
    }
}
