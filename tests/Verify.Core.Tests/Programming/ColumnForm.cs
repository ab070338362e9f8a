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
}
