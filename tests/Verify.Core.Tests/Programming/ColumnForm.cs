using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>The matrix of a program by columns, as native solvers want it.</summary>
internal sealed class ColumnForm
{
    public ColumnForm(LinearProgram program)
    {
        Starts = new int[program.ColumnCount + 1];
        foreach (var j in program.Columns) Starts[j + 1]++;
        for (var j = 0; j < program.ColumnCount; j++) Starts[j + 1] += Starts[j];
        var next = Starts[..^1];
        (Rows, Values) = (new int[program.Columns.Length], new double[program.Columns.Length]);
        for (var i = 0; i < program.RowCount; i++)
        {
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                var at = next[program.Columns[e]]++;
                (Rows[at], Values[at]) = (i, program.Coefficients[e]);
            }
        }
    }

    public int[] Starts { get; }

    public int[] Rows { get; }

    public double[] Values { get; }

    /// <summary>The bounds of the variables, those of integers rounded inward, which not every solver does itself.</summary>
    public static (double[] Lower, double[] Upper) Bounds(LinearProgram program)
    {
        var (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
        for (var j = 0; j < lower.Length; j++)
        {
            if (program.IsInteger[j]) (lower[j], upper[j]) = (Math.Ceiling(lower[j]), Math.Floor(upper[j]));
        }

        return (lower, upper);
    }
}
