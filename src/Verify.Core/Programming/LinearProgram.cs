namespace RobustVerify.Core.Programming;

/// <summary>A coefficient of a variable.</summary>
/// <param name="Column">The variable.</param>
/// <param name="Coefficient">What it is multiplied by.</param>
public readonly record struct Term(int Column, double Coefficient);

/// <summary>
/// Minimise c·x + constant subject to rowLower ≤ A x ≤ rowUpper and lower ≤ x ≤ upper, where some variables may have to be
/// integers.
/// </summary>
/// <remarks>
/// Immutable; made by a <see cref="LinearProgramBuilder"/>. Any bound may be infinite. A lower bound may exceed its upper
/// bound: such a program has no solution, and every solver says so.
/// </remarks>
public sealed class LinearProgram
{
    private readonly double[] cost, lower, upper, rowLower, rowUpper, coefficients;
    private readonly bool[] isInteger;
    private readonly int[] rowStarts, columns;

    internal LinearProgram(
        double[] cost, double constant, double[] lower, double[] upper, bool[] isInteger,
        double[] rowLower, double[] rowUpper, int[] rowStarts, int[] columns, double[] coefficients)
    {
        (this.cost, Constant, this.lower, this.upper, this.isInteger) = (cost, constant, lower, upper, isInteger);
        (this.rowLower, this.rowUpper, this.rowStarts, this.columns, this.coefficients) = (rowLower, rowUpper, rowStarts, columns, coefficients);
        IsMixedInteger = isInteger.Contains(true);
    }

    /// <summary>The number of variables.</summary>
    public int ColumnCount => cost.Length;

    /// <summary>The number of constraints.</summary>
    public int RowCount => rowLower.Length;

    /// <summary>The cost of every variable, c.</summary>
    public ReadOnlySpan<double> Cost => cost;

    /// <summary>What is added to the costs.</summary>
    public double Constant { get; }

    /// <summary>The least value of every variable.</summary>
    public ReadOnlySpan<double> Lower => lower;

    /// <summary>The largest value of every variable.</summary>
    public ReadOnlySpan<double> Upper => upper;

    /// <summary>Which variables are to be integers.</summary>
    public ReadOnlySpan<bool> IsInteger => isInteger;

    /// <summary>Whether any variable is to be an integer.</summary>
    public bool IsMixedInteger { get; }

    /// <summary>The least value of every row.</summary>
    public ReadOnlySpan<double> RowLower => rowLower;

    /// <summary>The largest value of every row.</summary>
    public ReadOnlySpan<double> RowUpper => rowUpper;

    /// <summary>Row i holds the elements from RowStarts[i] to RowStarts[i + 1] of <see cref="Columns"/> and <see cref="Coefficients"/>.</summary>
    public ReadOnlySpan<int> RowStarts => rowStarts;

    /// <summary>The variables of every row, increasing.</summary>
    public ReadOnlySpan<int> Columns => columns;

    /// <summary>Their coefficients, none of them zero.</summary>
    public ReadOnlySpan<double> Coefficients => coefficients;

    /// <summary>The same constraints with another objective.</summary>
    /// <exception cref="ArgumentException">There is not one finite cost for every variable.</exception>
    public LinearProgram WithCost(ReadOnlySpan<double> newCost, double constant = 0)
    {
        if (newCost.Length != ColumnCount) throw new ArgumentException($"{newCost.Length} costs for {ColumnCount} variables.", nameof(newCost));
        foreach (var value in newCost) LinearProgramBuilder.CheckFinite(value, "A cost");
        LinearProgramBuilder.CheckFinite(constant, "The constant");
        return new(newCost.ToArray(), constant, lower, upper, isInteger, rowLower, rowUpper, rowStarts, columns, coefficients);
    }

    /// <summary>The same program over other values of the variables.</summary>
    /// <exception cref="ArgumentException">There is not one pair of bounds for every variable, or one is not a number.</exception>
    public LinearProgram WithBounds(ReadOnlySpan<double> newLower, ReadOnlySpan<double> newUpper)
    {
        if (newLower.Length != ColumnCount || newUpper.Length != ColumnCount)
            throw new ArgumentException($"{newLower.Length} lower and {newUpper.Length} upper bounds for {ColumnCount} variables.", nameof(newLower));
        for (var j = 0; j < ColumnCount; j++) LinearProgramBuilder.CheckBounds(newLower[j], newUpper[j], "A variable");
        return new(cost, Constant, newLower.ToArray(), newUpper.ToArray(), isInteger, rowLower, rowUpper, rowStarts, columns, coefficients);
    }

    /// <summary>The same program with one more constraint: a row of terms of different variables, in ascending order, at most a number.</summary>
    public LinearProgram AtMost(ReadOnlySpan<Term> terms, double value)
    {
        LinearProgramBuilder.CheckBounds(double.NegativeInfinity, value, "A row");
        var (entries, factors) = (new int[terms.Length], new double[terms.Length]);
        for (var e = 0; e < terms.Length; e++) (entries[e], factors[e]) = (terms[e].Column, terms[e].Coefficient);
        return new(
            cost, Constant, lower, upper, isInteger, [.. rowLower, double.NegativeInfinity], [.. rowUpper, value],
            [.. rowStarts, columns.Length + terms.Length], [.. columns, .. entries], [.. coefficients, .. factors]);
    }

    /// <summary>The objective's value at a point.</summary>
    public double Objective(ReadOnlySpan<double> x)
    {
        var value = Constant;
        for (var j = 0; j < cost.Length; j++) value += cost[j] * x[j];
        return value;
    }

    /// <summary>The value of a row at a point.</summary>
    public double Row(int row, ReadOnlySpan<double> x)
    {
        var value = 0.0;
        for (var e = rowStarts[row]; e < rowStarts[row + 1]; e++) value += coefficients[e] * x[columns[e]];
        return value;
    }

    /// <summary>Whether a bound exceeds its counterpart, so that nothing need be solved.</summary>
    public bool HasCrossedBounds
    {
        get
        {
            for (var j = 0; j < lower.Length; j++)
            {
                if (lower[j] > upper[j]) return true;
            }

            for (var i = 0; i < rowLower.Length; i++)
            {
                if (rowLower[i] > rowUpper[i]) return true;
            }

            return false;
        }
    }
}
