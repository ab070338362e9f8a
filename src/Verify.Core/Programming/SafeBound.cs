using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Programming;

/// <summary>What any vector of duals proves of a linear program, rounding accounted for.</summary>
/// <remarks>
/// <para>
/// For every y, c·x = (c − Aᵀy)·x + y·(A x), and the least value of each summand over the bounds of variables and rows is a
/// lower bound of the objective. It holds for the numbers of the program as they are, whoever computed y and however badly: errors
/// of y only make it weaker. It is finite where the variables that occur in it have finite bounds; those of a variable whose reduced
/// cost is zero matter as well, since rounding leaves its sign open.
/// Integrality is not used, so it bounds mixed-integer programs, too.
/// </para>
/// <para>Source: Neumaier and Shcherbina 2004, Safe bounds in linear and mixed-integer linear programming.</para>
/// </remarks>
public static class SafeBound
{
    /// <summary>A number that no value of the objective is below; ∞ where bounds contradict each other.</summary>
    /// <param name="program">The program.</param>
    /// <param name="rowDuals">The dual value of every row: any numbers.</param>
    public static double LowerBound(LinearProgram program, ReadOnlySpan<double> rowDuals) =>
        LowerBound(program, rowDuals, program.Lower, program.Upper);

    /// <summary>The same over other values of the variables.</summary>
    public static double LowerBound(LinearProgram program, ReadOnlySpan<double> rowDuals, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper) =>
        Compute(program, program.Cost, program.Constant, rowDuals, lower, upper);

    /// <summary>Whether multipliers of the rows prove that no values of the variables keep all constraints.</summary>
    /// <param name="program">The program.</param>
    /// <param name="ray">A multiplier for every row: any numbers.</param>
    public static bool ProvesInfeasible(LinearProgram program, ReadOnlySpan<double> ray) =>
        ProvesInfeasible(program, ray, program.Lower, program.Upper);

    /// <summary>The same over other values of the variables.</summary>
    public static bool ProvesInfeasible(LinearProgram program, ReadOnlySpan<double> ray, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper) =>
        Compute(program, [], 0, ray, lower, upper) > 0;

    private static double Compute(
        LinearProgram program, ReadOnlySpan<double> cost, double constant, ReadOnlySpan<double> y, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        var size = program.ColumnCount;
        if (y.Length != program.RowCount) throw new ArgumentException($"{y.Length} duals for {program.RowCount} rows.", nameof(y));
        if (lower.Length != size || upper.Length != size)
            throw new ArgumentException($"{lower.Length} lower and {upper.Length} upper bounds for {size} variables.", nameof(lower));
        var (reduced, magnitude) = (new double[size], new double[size]);
        if (!cost.IsEmpty) cost.CopyTo(reduced);
        for (var j = 0; j < size; j++)
        {
            if (lower[j] > upper[j]) return double.PositiveInfinity;
            magnitude[j] = Math.Abs(reduced[j]);
        }

        var (sum, sumOfMagnitudes, terms, used) = (constant, Math.Abs(constant), 1, 1);
        var starts = program.RowStarts;
        var columns = program.Columns;
        var coefficients = program.Coefficients;
        for (var i = 0; i < y.Length; i++)
        {
            if (program.RowLower[i] > program.RowUpper[i]) return double.PositiveInfinity;
            var end = y[i] > 0 ? program.RowLower[i] : program.RowUpper[i];
            if (y[i] == 0 || !double.IsFinite(y[i]) || double.IsInfinity(end)) continue; // Zero is as good a dual as any.
            used++;
            for (var e = starts[i]; e < starts[i + 1]; e++)
            {
                reduced[columns[e]] = Math.FusedMultiplyAdd(-y[i], coefficients[e], reduced[columns[e]]);
                magnitude[columns[e]] += Math.Abs(y[i] * coefficients[e]) + double.Epsilon; // Not zero where the product underflows.
            }

            Add(Rounding.Down(y[i] * end));
        }

        for (var j = 0; j < size; j++)
        {
            if (magnitude[j] == 0) continue;
            var error = Rounding.SumError(2 * used, magnitude[j]);
            var (low, high) = (Rounding.Down(reduced[j] - error), Rounding.Up(reduced[j] + error));
            Add(Math.Min(Least(low, lower[j], upper[j]), Least(high, lower[j], upper[j])));
        }

        var bound = Rounding.Down(sum - Rounding.SumError(2 * terms, sumOfMagnitudes));
        return double.IsNaN(bound) ? double.NegativeInfinity : bound;

        void Add(double term)
        {
            sum += term;
            sumOfMagnitudes += Math.Abs(term);
            terms++;
        }
    }

    // The least value of d·x, rounded down.
    private static double Least(double d, double lower, double upper) =>
        d == 0 ? 0 : Rounding.Down(d * (d > 0 ? lower : upper));
}
