using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

public sealed class MixedIntegerSearchTests
{
    [Fact]
    public void Stopped_at_any_node_it_knows_bounds_on_both_sides()
    {
        for (var number = 0; number < 20; number++)
        {
            var program = Knapsacks(number, 14, 4);
            var best = MixedIntegerSearch.Minimize(program);
            Assert.Equal(SolutionStatus.Optimal, best.Status);
            for (var nodes = 0L; nodes < best.Nodes; nodes = 2 * nodes + 1)
            {
                var stopped = MixedIntegerSearch.Minimize(program, new() { Nodes = nodes });
                Assert.True(stopped.Nodes <= nodes);
                Assert.InRange(stopped.Bound, double.NegativeInfinity, best.Objective + 1e-9);
                Assert.InRange(stopped.Objective, best.Objective - 1e-9, double.PositiveInfinity);
                if (stopped.Values.Length > 0) Optimality.CheckFeasible(program, stopped.Values, $"program {number}");
            }
        }
    }

    [Fact]
    public void Taken_up_again_it_ends_where_it_would_have_ended()
    {
        for (var number = 0; number < 20; number++)
        {
            var program = Knapsacks(number, 14, 4);
            var (best, search, bound) = (MixedIntegerSearch.Minimize(program), new MixedIntegerSearch(program, SolverLimits.None), double.NegativeInfinity);
            for (var nodes = 0L; ; nodes += 3)
            {
                var stopped = search.Continue(nodes);
                Assert.True(stopped.Nodes <= nodes && stopped.Bound >= bound, $"program {number}: {stopped.Nodes} of {nodes} nodes, bound {stopped.Bound} after {bound}");
                Assert.InRange(stopped.Bound, double.NegativeInfinity, best.Objective + 1e-9);
                bound = stopped.Bound;
                if (stopped.Status == SolutionStatus.Optimal) break;
                Assert.Equal(nodes, stopped.Nodes);
            }

            Assert.InRange(bound, best.Objective - 1e-6 * Math.Max(1, Math.Abs(best.Objective)), best.Objective);
        }
    }

    [Fact]
    public void A_threshold_is_decided_and_no_more()
    {
        var decidedEarlier = 0;
        for (var number = 0; number < 20; number++)
        {
            var program = Knapsacks(number, 14, 4);
            var best = MixedIntegerSearch.Minimize(program);
            var below = MixedIntegerSearch.Minimize(program, new() { Threshold = best.Objective - 0.3 });
            var above = MixedIntegerSearch.Minimize(program, new() { Threshold = best.Objective + 3 });
            Assert.True(below.Bound > best.Objective - 0.3, $"program {number}: {below.Bound} for {best.Objective}");
            Assert.True(above.Objective <= best.Objective + 3, $"program {number}: {above.Objective} for {best.Objective}");
            if (above.Nodes < best.Nodes) decidedEarlier++;
        }

        Assert.True(decidedEarlier >= 10);
    }

    [Fact]
    public void What_is_known_already_is_begun_with_or_not_looked_for()
    {
        var savedByCutoff = 0;
        for (var number = 0; number < 20; number++)
        {
            var program = Knapsacks(number, 14, 4);
            var best = MixedIntegerSearch.Minimize(program);
            Assert.Equal(best.Objective, MixedIntegerSearch.Minimize(program, new() { Nodes = 0 }, incumbent: best.Values).Objective);
            Assert.Equal(best.Objective, MixedIntegerSearch.Minimize(program, incumbent: [.. best.Values.Select(_ => 1.0)]).Objective, 1e-9);
            Assert.Equal(best.Objective, MixedIntegerSearch.Minimize(program, new() { Cutoff = best.Objective + 0.5 }).Objective, 1e-9);
            var none = MixedIntegerSearch.Minimize(program, new() { Cutoff = best.Objective - 0.5 });
            Assert.True(none.Status != SolutionStatus.Optimal || none.Objective <= best.Objective + 1e-9);
            Assert.True(none.Bound >= best.Objective - 0.5, $"program {number}: {none.Bound} for {best.Objective}");
            savedByCutoff += none.Nodes < best.Nodes ? 1 : 0;
        }

        Assert.True(savedByCutoff >= 10);
    }

    [Fact]
    public void The_same_program_takes_the_same_nodes()
    {
        var program = Knapsacks(3, 16, 4);
        var (first, second) = (MixedIntegerSearch.Minimize(program), MixedIntegerSearch.Minimize(program));
        Assert.Equal((first.Nodes, first.Pivots, first.Bound), (second.Nodes, second.Pivots, second.Bound));
        Assert.Equal(first.Values, second.Values);
    }

    [Fact]
    public void What_the_caller_completes_is_checked()
    {
        var program = Knapsacks(5, 14, 4);
        var best = MixedIntegerSearch.Minimize(program);
        var cheating = MixedIntegerSearch.Minimize(program, complete: values => [.. values.Select(_ => 1.0)]);
        Assert.Equal(best.Objective, cheating.Objective, 1e-9);
        var knowing = MixedIntegerSearch.Minimize(program, new() { Nodes = 1 }, complete: _ => best.Values);
        Assert.Equal(best.Objective, knowing.Objective);
    }

    [Fact]
    public void Unbounded_variables_and_unbounded_programs()
    {
        var builder = new LinearProgramBuilder();
        var (n, x) = (builder.Variable(cost: 1, isInteger: true), builder.Variable(0, cost: 0.1));
        builder.AtLeast([new(n, 2), new(x, 1)], 3.5);
        Assert.Equal(SolutionStatus.Unbounded, MixedIntegerSearch.Minimize(builder.Build()).Status);
        builder.AtMost([new(x, 1)], 2.2);
        var solution = MixedIntegerSearch.Minimize(builder.Build());
        Assert.Equal((SolutionStatus.Optimal, 1.15), (solution.Status, Math.Round(solution.Objective, 9)));

        builder.Equal([new(n, 2)], 7);
        Assert.Equal(SolutionStatus.Infeasible, MixedIntegerSearch.Minimize(builder.Build()).Status);
    }

    private static LinearProgram Knapsacks(int number, int items, int sacks)
    {
        var random = RandomStream.From("knapsacks", (ulong)number);
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < items; j++) builder.Binary(-1 - 10 * random.NextDouble());
        for (var i = 0; i < sacks; i++)
            builder.AtMost([.. Enumerable.Range(0, items).Select(j => new Term(j, 1 + 9 * random.NextDouble()))], 2.5 * items);
        return builder.Build();
    }
}
