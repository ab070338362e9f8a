namespace RobustVerify.Core.Programming;

/// <summary>The basis in which every variable of a network's program is on the line that a backward pass chooses for it.</summary>
/// <remarks>
/// From the last variable to the first, each one's reduced cost is known from those after it. Where a row says what the variable
/// is, or bounds it on the side that the reduced cost pushes to, the variable is basic, the row is at its bound, and the reduced cost is
/// carried to the row's other variables: the step of a backward pass. These are dual feasible, so that the dual simplex method
/// goes on from there.
/// </remarks>
internal sealed class StartingBasis(int[] lowerRows, int[] upperRows, (int Output, int Input, int Binary, int UpperRow, int BinaryRow)[] binaries)
{
    private readonly Dictionary<int, (int Output, int Input, int Binary, int UpperRow, int BinaryRow)> pairs = binaries.ToDictionary(pair => pair.Output);

    /// <summary>The basis for an objective.</summary>
    public Basis For(LinearProgram program)
    {
        var (columns, rows) = (new VariablePlace[program.ColumnCount], new VariablePlace[program.RowCount]);
        var reduced = program.Cost.ToArray();
        for (var j = columns.Length - 1; j >= 0; j--)
        {
            var isUp = reduced[j] < 0;
            if (isUp && pairs.TryGetValue(j, out var pair))
            {
                // Both rows above y hold with equality, and the binary, which comes after y, is basic too, its reduced cost zero.
                var (u, l) = (-Coefficient(program, pair.BinaryRow, pair.Binary), -Coefficient(program, pair.UpperRow, pair.Binary));
                var share = u / (u - l);
                reduced[pair.Input] += share * reduced[j];
                reduced[j] = 0;
                columns[j] = columns[pair.Binary] = VariablePlace.Basic;
                rows[pair.UpperRow] = rows[pair.BinaryRow] = VariablePlace.Upper;
                continue;
            }

            var row = isUp ? upperRows[j] : lowerRows[j];
            if (row < 0)
            {
                columns[j] = isUp ? VariablePlace.Upper : VariablePlace.Lower;
                continue;
            }

            var dual = reduced[j] / Coefficient(program, row, j);
            columns[j] = VariablePlace.Basic;
            rows[row] = dual >= 0 ? VariablePlace.Lower : VariablePlace.Upper;
            for (var e = program.RowStarts[row]; e < program.RowStarts[row + 1]; e++) reduced[program.Columns[e]] -= dual * program.Coefficients[e];
            reduced[j] = 0;
        }

        return new(columns, rows);
    }

    private static double Coefficient(LinearProgram program, int row, int column)
    {
        var (from, to) = (program.RowStarts[row], program.RowStarts[row + 1]);
        return program.Coefficients[from + program.Columns[from..to].BinarySearch(column)];
    }
}
