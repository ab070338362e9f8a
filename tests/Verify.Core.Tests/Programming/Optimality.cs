using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>Whether a solution is what it says, judged by the program alone.</summary>
public static class Optimality
{
    private const double Tolerance = 1e-6;

    public static void Check(LinearProgram program, LinearSolution solution, string what)
    {
        switch (solution.Status)
        {
            case SolutionStatus.Optimal:
                CheckFeasible(program, solution.Values, what);
                CheckDuals(program, solution, what);
                break;
            case SolutionStatus.Infeasible:
                Assert.True(double.IsPositiveInfinity(solution.Bound), what);
                if (solution.Ray.Length > 0) CheckRay(program, solution.Ray, what);
                break;
            case SolutionStatus.Unbounded:
                Assert.True(double.IsNegativeInfinity(solution.Bound), what);
                if (solution.Values.Length > 0) CheckFeasible(program, solution.Values, what);
                if (solution.Ray.Length > 0) CheckDirection(program, solution.Ray, what);
                break;
            default:
                Assert.Fail($"{what}: no answer");
                break;
        }
    }

    public static void CheckFeasible(LinearProgram program, double[] x, string what)
    {
        for (var j = 0; j < x.Length; j++)
        {
            var room = Tolerance * (1 + Math.Abs(x[j]));
            Assert.True(x[j] >= program.Lower[j] - room && x[j] <= program.Upper[j] + room, $"{what}: variable {j} is {x[j]}");
            if (program.IsInteger[j]) Assert.True(Math.Abs(x[j] - Math.Round(x[j])) < Tolerance, $"{what}: variable {j} is {x[j]}, no integer");
        }

        for (var i = 0; i < program.RowCount; i++)
        {
            var (value, room) = (program.Row(i, x), Tolerance * (1 + Magnitude(program, i, x)));
            Assert.True(value >= program.RowLower[i] - room && value <= program.RowUpper[i] + room, $"{what}: row {i} is {value}");
        }
    }

    // d = c − Aᵀy, signs, and complementary slackness.
    private static void CheckDuals(LinearProgram program, LinearSolution solution, string what)
    {
        var (y, d, x) = (solution.RowDuals, solution.ReducedCosts, solution.Values);
        Assert.Equal((program.RowCount, program.ColumnCount), (y.Length, d.Length));
        var (expected, magnitude) = (program.Cost.ToArray(), Array.ConvertAll(program.Cost.ToArray(), Math.Abs));
        for (var i = 0; i < y.Length; i++)
        {
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                expected[program.Columns[e]] -= y[i] * program.Coefficients[e];
                magnitude[program.Columns[e]] += Math.Abs(y[i] * program.Coefficients[e]);
            }

            CheckSign(y[i], program.Row(i, x), program.RowLower[i], program.RowUpper[i], Magnitude(program, i, x), $"{what}: row {i}");
        }

        for (var j = 0; j < d.Length; j++)
        {
            Assert.True(Math.Abs(d[j] - expected[j]) <= Tolerance * (1 + magnitude[j]), $"{what}: the reduced cost {j} is {d[j]}, not {expected[j]}");
            CheckSign(d[j], x[j], program.Lower[j], program.Upper[j], Math.Abs(x[j]), $"{what}: variable {j}");
        }

        Assert.Equal(program.Objective(x), solution.Objective, Tolerance * (1 + Math.Abs(solution.Objective)));
    }

    private static void CheckSign(double dual, double value, double lower, double upper, double magnitude, string what)
    {
        var room = Tolerance * (1 + magnitude);
        if (dual > Tolerance) Assert.True(value <= lower + room, $"{what}: {dual} at {value}, above {lower}");
        if (dual < -Tolerance) Assert.True(value >= upper - room, $"{what}: {dual} at {value}, below {upper}");
    }

    // Coefficients of unbounded variables must vanish; where there are none, the proof is one with rounding, too.
    private static void CheckRay(LinearProgram program, double[] ray, string what)
    {
        if (program.Lower.ToArray().Concat(program.Upper.ToArray()).All(double.IsFinite))
        {
            Assert.True(SafeBound.ProvesInfeasible(program, ray), $"{what}: the ray proves nothing");
            return;
        }

        var (combined, size, least) = (new double[program.ColumnCount], ray.Max(Math.Abs), 0.0);
        for (var i = 0; i < ray.Length; i++)
        {
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++) combined[program.Columns[e]] -= ray[i] * program.Coefficients[e];
            Add(ray[i], program.RowLower[i], program.RowUpper[i]);
        }

        for (var j = 0; j < combined.Length; j++) Add(combined[j], program.Lower[j], program.Upper[j]);
        Assert.True(least > 0, $"{what}: the ray proves nothing");

        void Add(double multiplier, double lower, double upper)
        {
            var end = multiplier > 0 ? lower : upper;
            if (double.IsFinite(end)) least += multiplier * end;
            else Assert.True(Math.Abs(multiplier) <= Tolerance * size, $"{what}: the ray needs a bound that is not there");
        }
    }

    private static void CheckDirection(LinearProgram program, double[] direction, string what)
    {
        var size = direction.Max(Math.Abs);
        Assert.True(program.Objective(direction) - program.Constant < 0, $"{what}: the objective does not fall");
        for (var j = 0; j < direction.Length; j++)
            CheckOpen(direction[j], program.Lower[j], program.Upper[j], Tolerance * size, $"{what}: variable {j}");
        for (var i = 0; i < program.RowCount; i++)
            CheckOpen(program.Row(i, direction), program.RowLower[i], program.RowUpper[i], Tolerance * (size + Magnitude(program, i, direction)), $"{what}: row {i}");
    }

    private static void CheckOpen(double change, double lower, double upper, double room, string what)
    {
        if (double.IsFinite(lower)) Assert.True(change >= -room, what);
        if (double.IsFinite(upper)) Assert.True(change <= room, what);
    }

    private static double Magnitude(LinearProgram program, int row, double[] x)
    {
        var sum = 0.0;
        for (var e = program.RowStarts[row]; e < program.RowStarts[row + 1]; e++) sum += Math.Abs(program.Coefficients[e] * x[program.Columns[e]]);
        return sum;
    }
}
