using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>What every solver of mixed-integer programs does.</summary>
public abstract class MixedIntegerSolverContract
{
    protected abstract ILinearSolver Solver { get; }

    [ContractFact]
    public void Small_programs_have_the_best_of_all_assignments()
    {
        var infeasible = 0;
        for (var number = 0; number < 250; number++)
        {
            var program = RandomPrograms.MixedInteger(number);
            var (expected, solution) = (Enumerated(program), Solver.Solve(program));
            if (double.IsPositiveInfinity(expected))
            {
                Assert.True(solution.Status == SolutionStatus.Infeasible, $"program {number}: {solution.Status}");
                infeasible++;
                continue;
            }

            Assert.True(solution.Status == SolutionStatus.Optimal, $"program {number}: {solution.Status}");
            Optimality.CheckFeasible(program, solution.Values, $"program {number}");
            Assert.True(Math.Abs(expected - solution.Objective) <= 2e-6 * (1 + Math.Abs(expected)), $"program {number}: {solution.Objective}, not {expected}");
            Assert.InRange(solution.Bound, expected - 2e-6 * (1 + Math.Abs(expected)), expected + 1e-6);
        }

        Assert.InRange(infeasible, 20, 200);
    }

    [ContractFact]
    public void A_knapsack()
    {
        int[] value = [60, 100, 120, 75, 40, 33, 91, 52], weight = [10, 20, 30, 17, 9, 8, 22, 13];
        var builder = new LinearProgramBuilder();
        foreach (var worth in value) builder.Binary(-worth);
        builder.AtMost([.. weight.Select((heavy, j) => new Term(j, heavy))], 60);
        var best = Enumerable.Range(0, 1 << 8)
            .Where(set => Enumerable.Range(0, 8).Sum(j => (set >> j & 1) * weight[j]) <= 60)
            .Max(set => Enumerable.Range(0, 8).Sum(j => (set >> j & 1) * value[j]));
        Assert.Equal(-best, Solver.Solve(builder.Build()).Objective, 1e-9);
    }

    [ContractFact]
    public void A_feasible_relaxation_may_have_no_integers()
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < 6; j++) builder.Binary(1);
        builder.Equal([.. Enumerable.Range(0, 6).Select(j => new Term(j, 2))], 5);
        Assert.Equal(SolutionStatus.Infeasible, Solver.Solve(builder.Build()).Status);
    }

    [ContractFact]
    public void Bounds_between_integers_are_rounded_inward()
    {
        var builder = new LinearProgramBuilder();
        builder.Variable(-2.5, 7.25, cost: 1, isInteger: true);
        builder.Variable(-2.5, 7.25, cost: -1, isInteger: true);
        Assert.Equal(-9, Solver.Solve(builder.Build()).Objective, 1e-9);
    }

    private static double Enumerated(LinearProgram program)
    {
        var integers = Enumerable.Range(0, program.ColumnCount).Where(j => program.IsInteger[j]).ToArray();
        var (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
        var simplex = new DualSimplex(program);
        var best = double.PositiveInfinity;
        Assign(0);
        return best;

        void Assign(int next)
        {
            if (next == integers.Length)
            {
                best = Math.Min(best, simplex.Solve() is { Status: SolutionStatus.Optimal } solution ? solution.Objective : double.PositiveInfinity);
                return;
            }

            for (var value = Math.Ceiling(lower[integers[next]]); value <= upper[integers[next]]; value++)
            {
                simplex.SetBounds(integers[next], value, value);
                Assign(next + 1);
            }
        }
    }
}
