using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Programming;

public sealed class SafeBoundTests
{
    [Fact]
    public void A_bound_is_never_above_what_exact_arithmetic_makes_of_the_same_duals()
    {
        var (finite, tight) = (0, 0);
        for (var number = 0; number < 600; number++)
        {
            var program = RandomPrograms.Of(number);
            var random = RandomStream.From("duals", (ulong)number);
            var duals = Duals(program, random, number % 3);
            var bound = SafeBound.LowerBound(program, duals);
            if (double.IsNegativeInfinity(bound)) continue;
            finite++;
            var (exact, magnitude) = Exact(program, duals);
            Assert.False(bound > exact, $"program {number}: {bound} is above the exact bound");
            if (exact < bound + 1e-10 * (1 + magnitude)) tight++;
        }

        Assert.True(finite > 350 && tight == finite, $"{finite} bounds, {tight} of them tight");
    }

    [Fact]
    public void Optimal_duals_of_boxes_prove_the_optimum()
    {
        for (var number = 0; number < 300; number++)
        {
            var program = RandomPrograms.Of(9 * number);
            var solution = new ManagedSolver().Solve(program);
            if (solution.Status != SolutionStatus.Optimal) continue;
            var bound = SafeBound.LowerBound(program, solution.RowDuals);
            Assert.InRange(solution.Objective - bound, -1e-7, 1e-7 * (1 + Math.Abs(solution.Objective)));
        }
    }

    [Fact]
    public void Numbers_of_all_sizes_are_rounded_outward()
    {
        for (var number = 0; number < 300; number++)
        {
            var random = RandomStream.From("sizes", (ulong)number);
            double Any() => Math.ScaleB(random.NextGaussian(), random.NextInt(2) == 0 ? random.NextInt(40) - 20 : random.NextInt(900) - 700);
            var builder = new LinearProgramBuilder { Constant = Any() };
            for (var j = 0; j < 4; j++)
            {
                var low = Any();
                builder.Variable(low, low + Math.Abs(Any()), Any());
            }

            for (var i = 0; i < 3; i++)
            {
                var low = Any();
                builder.Row(low, [new(0, Any()), new(1, Any()), new(2, Any()), new(3, Any())], low + Math.Abs(Any()));
            }

            var program = builder.Build();
            double[] duals = [Any(), -Any(), Any()];
            var bound = SafeBound.LowerBound(program, duals);
            if (!double.IsNegativeInfinity(bound)) Assert.False(bound > Exact(program, duals).Bound, $"program {number}");
        }
    }

    [Fact]
    public void A_sum_that_rounding_would_make_positive_proves_nothing()
    {
        // x + y = 0.3 with x = 0.1, y = 0.2: in doubles the sum is 0.30000000000000004, exactly it is a little less than that.
        var builder = new LinearProgramBuilder();
        var (x, y) = (builder.Variable(0.1, 0.1), builder.Variable(0.2, 0.2));
        builder.Equal([new(x, 1), new(y, 1)], 0.3);
        var program = builder.Build();
        foreach (var multiplier in (double[])[1, -1, 1e10, -1e-10])
        {
            var proves = SafeBound.ProvesInfeasible(program, [multiplier]);
            Assert.True(!proves || Exact(program.WithCost([0, 0]), [multiplier]).Bound > 0);
        }
    }

    [Fact]
    public void Infinite_bounds_and_senseless_duals_prove_nothing_false()
    {
        var builder = new LinearProgramBuilder();
        var x = builder.Variable(0, 10, cost: 1);
        builder.AtLeast([new(x, 1)], 1);
        var program = builder.Build();
        Assert.Equal(1, SafeBound.LowerBound(program, [1]), 1e-12);
        Assert.Equal(0, SafeBound.LowerBound(program, [-1]), 1e-12);
        Assert.Equal(0, SafeBound.LowerBound(program, [double.NaN]), 1e-12);
        Assert.Equal(-8, SafeBound.LowerBound(program, [2]), 1e-12);
        Assert.Equal(double.NegativeInfinity, SafeBound.LowerBound(program, [2], [0], [double.PositiveInfinity]));
        Assert.False(SafeBound.ProvesInfeasible(program, [1e300]));
        Assert.Equal(double.PositiveInfinity, SafeBound.LowerBound(program, [0], [1], [0]));
        Assert.Throws<ArgumentException>(() => SafeBound.LowerBound(program, [0, 0]));
    }

    private static double[] Duals(LinearProgram program, RandomStream random, int kind)
    {
        var duals = new ManagedSolver().Solve(program).RowDuals;
        if (duals.Length == 0 || kind == 0)
        {
            duals = new double[program.RowCount];
            for (var i = 0; i < duals.Length; i++) duals[i] = random.NextGaussian();
        }

        if (kind == 1)
        {
            for (var i = 0; i < duals.Length; i++) duals[i] *= 1 + 1e-9 * random.NextGaussian();
        }

        return duals;
    }

    // The same bound in rational arithmetic, with the duals that have no use left out as the method does.
    private static (Dyadic Bound, double Magnitude) Exact(LinearProgram program, double[] duals)
    {
        var reduced = program.Cost.ToArray().Select(cost => (Dyadic)cost).ToArray();
        var (sum, magnitude) = ((Dyadic)program.Constant, Math.Abs(program.Constant));
        for (var i = 0; i < duals.Length; i++)
        {
            var end = duals[i] > 0 ? program.RowLower[i] : program.RowUpper[i];
            if (duals[i] == 0 || double.IsInfinity(end)) continue;
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                var j = program.Columns[e];
                reduced[j] += (Dyadic)(-duals[i]) * program.Coefficients[e];
                magnitude += Math.Abs(duals[i] * program.Coefficients[e]) * Math.Max(Finite(program.Lower[j]), Finite(program.Upper[j]));
            }

            sum += (Dyadic)duals[i] * end;
            magnitude += Math.Abs(duals[i] * end);
        }

        for (var j = 0; j < reduced.Length; j++)
        {
            if (reduced[j].Mantissa.IsZero) continue;
            var end = reduced[j] > 0 ? program.Lower[j] : program.Upper[j];
            Assert.True(double.IsFinite(end), "the bound is −∞");
            sum += reduced[j] * end;
            magnitude += Math.Abs(program.Cost[j] * end);
        }

        return (sum, magnitude);
    }

    private static double Finite(double x) => double.IsFinite(x) ? Math.Abs(x) : 0;
}
