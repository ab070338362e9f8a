using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>What every solver of linear programs does.</summary>
public abstract class LinearSolverContract
{
    protected abstract ILinearSolver Solver { get; }

    [ContractFact]
    public void Random_programs_end_with_an_answer_that_the_program_confirms()
    {
        for (var number = 0; number < 900; number++)
        {
            var program = RandomPrograms.Of(number);
            Optimality.Check(program, Solver.Solve(program), $"program {number}");
        }
    }

    [ContractFact]
    public void Small_programs_have_the_best_of_all_vertices()
    {
        for (var number = 0; number < 200; number++)
        {
            var random = RandomStream.From("vertices", (ulong)number);
            var program = RandomPrograms.Feasible(random, 1 + random.NextInt(3), random.NextInt(4));
            Assert.Equal(Vertices.Minimum(program), Solver.Solve(program).Objective, 1e-7);
        }
    }

    [ContractFact]
    public void A_textbook_program()
    {
        // Most of 3x + 5y.
        var builder = new LinearProgramBuilder { Constant = 1 };
        var (x, y) = (builder.Variable(0, cost: -3), builder.Variable(0, cost: -5));
        builder.AtMost([new(x, 1)], 4);
        builder.AtMost([new(y, 2)], 12);
        builder.AtMost([new(x, 3), new(y, 2)], 18);
        var solution = Solver.Solve(builder.Build());
        Assert.Equal(SolutionStatus.Optimal, solution.Status);
        Assert.Equal(-35, solution.Objective, 1e-9);
        Assert.Equal(-35, solution.Bound, 1e-9);
        Close([2, 6], solution.Values);
        Close([0, -1.5, -1], solution.RowDuals);
        Close([0, 0], solution.ReducedCosts);
    }

    [ContractFact]
    public void Beale_s_example_does_not_cycle()
    {
        var builder = new LinearProgramBuilder();
        foreach (var cost in (double[])[-0.75, 150, -0.02, 6]) builder.Variable(0, cost: cost);
        builder.AtMost([new(0, 0.25), new(1, -60), new(2, -0.04), new(3, 9)], 0);
        builder.AtMost([new(0, 0.5), new(1, -90), new(2, -0.02), new(3, 3)], 0);
        builder.AtMost([new(2, 1)], 1);
        Assert.Equal(-0.05, Solver.Solve(builder.Build()).Objective, 1e-9);
    }

    [ContractFact]
    public void Klee_and_Minty_s_cube()
    {
        const int Size = 12;
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < Size; j++) builder.Variable(0, cost: -Math.Pow(2, Size - 1 - j));
        for (var i = 0; i < Size; i++)
        {
            var terms = Enumerable.Range(0, i + 1).Select(j => new Term(j, j == i ? 1 : Math.Pow(2, i - j + 1)));
            builder.AtMost([.. terms], Math.Pow(5, i + 1));
        }

        Assert.Equal(-Math.Pow(5, Size), Solver.Solve(builder.Build()).Objective, 1e-3);
    }

    [ContractFact]
    public void Kuhn_s_example_does_not_cycle()
    {
        var builder = new LinearProgramBuilder();
        foreach (var cost in (double[])[-2, -3, 1, 12]) builder.Variable(0, cost: cost);
        builder.AtMost([new(0, -2), new(1, -9), new(2, 1), new(3, 9)], 0);
        builder.AtMost([new(0, 1.0 / 3), new(1, 1), new(2, -1.0 / 3), new(3, -2)], 0);
        Assert.Equal(SolutionStatus.Unbounded, Solver.Solve(builder.Build()).Status);
        builder.AtMost([new(0, 2), new(1, 3), new(2, -1), new(3, -12)], 2);
        Assert.Equal(-2, Solver.Solve(builder.Build()).Objective, 1e-9);
    }

    [ContractFact]
    public void Infeasible_is_told_from_unbounded()
    {
        // Infeasible, and its dual as well.
        var builder = new LinearProgramBuilder();
        var (x, y) = (builder.Variable(0, cost: -1), builder.Variable(0, cost: -1));
        var free = builder.Variable(cost: 1);
        builder.AtMost([new(x, 1), new(y, -1)], -1);
        Assert.Equal(SolutionStatus.Unbounded, Solver.Solve(builder.Build()).Status);
        builder.AtMost([new(x, -1), new(y, 1)], -1);
        Assert.Equal(SolutionStatus.Infeasible, Solver.Solve(builder.Build()).Status);
        Assert.Equal(2, free);
    }

    [ContractFact]
    public void Crossed_bounds_have_no_solution()
    {
        var builder = new LinearProgramBuilder();
        var x = builder.Variable(2, 1, cost: 1);
        Assert.Equal(SolutionStatus.Infeasible, Solver.Solve(builder.Build()).Status);
        builder = new LinearProgramBuilder();
        x = builder.Variable(0, 1, cost: 1);
        builder.Row(1, [new(x, 1)], 0);
        Assert.Equal(SolutionStatus.Infeasible, Solver.Solve(builder.Build()).Status);
    }

    [ContractFact]
    public void Programs_without_rows_or_variables()
    {
        var builder = new LinearProgramBuilder { Constant = 7 };
        Assert.Equal(7, Solver.Solve(builder.Build()).Objective);
        builder.Row(-1, [], 1);
        Assert.Equal(7, Solver.Solve(builder.Build()).Objective);
        builder.Row(1, [], 2);
        Assert.Equal(SolutionStatus.Infeasible, Solver.Solve(builder.Build()).Status);

        builder = new LinearProgramBuilder();
        builder.Variable(-2, 3, cost: -1);
        builder.Variable(-2, 3, cost: 4);
        builder.Variable();
        Assert.Equal(-11, Solver.Solve(builder.Build()).Objective, 1e-12);
        builder.Cost(2, 1);
        Assert.Equal(SolutionStatus.Unbounded, Solver.Solve(builder.Build()).Status);
    }

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-9);
    }
}
