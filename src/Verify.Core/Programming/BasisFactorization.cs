namespace RobustVerify.Core.Programming;

/// <summary>The inverse of a basis, as LU factors and a product of eta matrices.</summary>
/// <remarks>
/// <para>
/// Columns and rows with one element left are pivots without any work, and mostly few others remain. These are
/// eliminated column by column, each after a sparse triangular solve (Gilbert and Peierls 1988), those with few elements first
/// and on rows with few elements among the numerically good ones. When columns have become dense, what is left is one dense
/// matrix: the layers of a network are such blocks.
/// </para>
/// <para>
/// A column of the basis is named by the row that it is the pivot of, so that no solve has to permute anything: the element
/// of B⁻¹b that belongs to a column is at its row.
/// </para>
/// <para>A change of one column multiplies the inverse by an eta matrix (product form).</para>
/// </remarks>
internal sealed class BasisFactorization
{
    private const double Negligible = 1e-14;
    private const double PivotTolerance = 1e-10;
    private const double RelativePivot = 0.1;
    private const double DenseFill = 0.3;
    private const int LargestDense = 2500;
    private const int MostUpdates = 100;

    private readonly SimplexMatrix matrix;
    private readonly int rows;

    // Step k has its pivot in row pivotRow[k]; L and U by columns, L without its unit diagonal. The steps of the dense part
    // come last, and have only the elements of U in the rows of the sparse part.
    private readonly SparseVectors lower = new(), upper = new(), lowerRows = new(), upperRows = new();
    private readonly SparseVectors etas = new();
    private readonly int[] pivotRow, stepOf;
    private readonly double[] diagonal;
    private readonly DenseFactor dense = new();
    private readonly double[] tail;
    private readonly int[] etaRow = new int[MostUpdates];
    private readonly double[] etaPivot = new double[MostUpdates];
    private int steps, tailSize, updates;

    // Scratch of the factorisation.
    private readonly int[] columnCount, rowCount, rowStart, queue, pattern, stack, cursor, place;
    private readonly bool[] visited;
    private readonly int[] single = new int[1];
    private readonly double[] work;
    private int[] rowColumns = [];

    public BasisFactorization(SimplexMatrix matrix)
    {
        this.matrix = matrix;
        rows = matrix.RowCount;
        (pivotRow, stepOf) = (new int[rows], new int[rows]);
        (diagonal, tail, work) = (new double[rows], new double[rows], new double[rows]);
        (columnCount, rowCount, rowStart, queue) = (new int[rows], new int[rows], new int[rows + 1], new int[rows]);
        (pattern, stack, cursor, place, visited) = (new int[rows], new int[rows], new int[rows], new int[rows], new bool[rows]);
    }

    /// <summary>Whether the basis has changed since it was factored.</summary>
    public bool IsFresh => updates == 0;

    /// <summary>Whether factoring once more pays, or must be.</summary>
    public bool IsDue => updates == MostUpdates || (updates > 8 && etas.Length > 2 * (lower.Length + upper.Length + tailSize * tailSize) + 8 * rows);

    /// <summary>Factors the basis of the given columns, and orders them by their pivots' rows.</summary>
    /// <param name="head">The columns; afterwards column head[i] is the pivot of row i.</param>
    /// <returns>The rows whose column was dependent on others, and has been replaced by the row's own.</returns>
    public List<int> Factor(int[] head)
    {
        updates = 0;
        etas.Clear();
        lower.Clear();
        upper.Clear();
        var columns = (int[])head.Clone();
        Count(columns);
        steps = 0;
        Array.Fill(stepOf, -1);
        Singletons(columns, head);
        var kernel = new List<int>();
        for (var c = 0; c < rows; c++)
        {
            if (columnCount[c] >= 0) kernel.Add(c);
        }

        var order = kernel.ToArray();
        Array.Sort(order, (a, b) => columnCount[a] != columnCount[b] ? columnCount[a].CompareTo(columnCount[b]) : columns[a].CompareTo(columns[b]));
        var (next, dependent) = (0, 0);
        for (; next < order.Length; next++)
        {
            var fill = Eliminate(columns[order[next]], head);
            if (fill < 0) dependent++;
            var left = order.Length - next - 1;
            if (fill > DenseFill * left && left > 0 && left + dependent <= LargestDense)
            {
                next++;
                break;
            }
        }

        var replaced = EliminateTail(order.AsSpan(next), columns, head);
        if (replaced.Count > 0) return replaced; // All of it has been factored once more.
        upperRows.Transpose(upper, rows, pivotRow);
        lowerRows.Transpose(lower, rows, pivotRow);
        return replaced;
    }

    /// <summary>x becomes B⁻¹ x.</summary>
    public void Solve(double[] x)
    {
        for (var k = 0; k < steps; k++)
        {
            var value = x[pivotRow[k]];
            if (value != 0 && !lower.IsEmpty(k)) lower.AddTo(k, -value, x);
        }

        if (tailSize > 0 && Gather(x))
        {
            var part = tail.AsSpan(0, tailSize);
            dense.SolveLower(part);
            dense.SolveUpper(part);
            for (var t = 0; t < tailSize; t++)
            {
                x[pivotRow[steps + t]] = part[t];
                if (part[t] != 0) upper.AddTo(steps + t, -part[t], x);
            }
        }

        for (var k = steps - 1; k >= 0; k--)
        {
            ref var value = ref x[pivotRow[k]];
            if (value == 0) continue;
            value /= diagonal[k];
            if (!upper.IsEmpty(k)) upper.AddTo(k, -value, x);
        }

        for (var e = 0; e < updates; e++)
        {
            ref var value = ref x[etaRow[e]];
            if (value == 0) continue;
            value /= etaPivot[e];
            etas.AddTo(e, -value, x);
        }
    }

    /// <summary>y becomes B⁻ᵀ y.</summary>
    public void SolveTransposed(double[] y)
    {
        for (var e = updates - 1; e >= 0; e--) y[etaRow[e]] = (y[etaRow[e]] - etas.Dot(e, y)) / etaPivot[e];

        for (var k = 0; k < steps; k++)
        {
            ref var value = ref y[pivotRow[k]];
            if (value == 0) continue;
            value /= diagonal[k];
            if (!upperRows.IsEmpty(pivotRow[k])) upperRows.AddTo(pivotRow[k], -value, y);
        }

        if (tailSize > 0 && Gather(y))
        {
            var part = tail.AsSpan(0, tailSize);
            dense.SolveTransposed(part);
            for (var t = 0; t < tailSize; t++)
            {
                y[pivotRow[steps + t]] = part[t];
                if (part[t] != 0) lowerRows.AddTo(pivotRow[steps + t], -part[t], y);
            }
        }

        for (var k = steps - 1; k >= 0; k--)
        {
            var value = y[pivotRow[k]];
            if (value != 0 && !lowerRows.IsEmpty(pivotRow[k])) lowerRows.AddTo(pivotRow[k], -value, y);
        }
    }

    /// <summary>Replaces the column of a row by one whose B⁻¹a is given.</summary>
    public void Replace(int row, double[] solved)
    {
        etaRow[updates] = row;
        etaPivot[updates] = solved[row];
        for (var i = 0; i < rows; i++)
        {
            if (i != row && Math.Abs(solved[i]) > Negligible) etas.Add(i, solved[i]);
        }

        etas.End();
        updates++;
    }

    private bool Gather(double[] x)
    {
        var any = false;
        for (var t = 0; t < tailSize; t++)
        {
            tail[t] = x[pivotRow[steps + t]];
            any |= tail[t] != 0;
        }

        return any;
    }

    /// <summary>Counts the elements of every row and column of the basis, and lists the columns of every row.</summary>
    private void Count(int[] columns)
    {
        Array.Clear(rowCount);
        for (var c = 0; c < rows; c++)
        {
            if (columns[c] >= matrix.ColumnCount)
            {
                columnCount[c] = 1;
                rowCount[columns[c] - matrix.ColumnCount]++;
                continue;
            }

            var (from, to) = (matrix.ColumnStarts[columns[c]], matrix.ColumnStarts[columns[c] + 1]);
            columnCount[c] = to - from;
            for (var e = from; e < to; e++) rowCount[matrix.RowsOfColumns[e]]++;
        }

        rowStart[0] = 0;
        for (var i = 0; i < rows; i++) rowStart[i + 1] = rowStart[i] + rowCount[i];
        if (rowColumns.Length < rowStart[rows]) rowColumns = new int[rowStart[rows]];
        for (var c = 0; c < rows; c++)
        {
            foreach (var row in Rows(columns[c])) rowColumns[rowStart[row]++] = c;
        }

        for (var i = rows; i > 0; i--) rowStart[i] = rowStart[i - 1];
        rowStart[0] = 0;
    }

    private ReadOnlySpan<int> Rows(int column)
    {
        if (column < matrix.ColumnCount)
            return matrix.RowsOfColumns.AsSpan(matrix.ColumnStarts[column], matrix.ColumnStarts[column + 1] - matrix.ColumnStarts[column]);
        single[0] = column - matrix.ColumnCount;
        return single;
    }

    /// <summary>Takes columns, then rows, that have one element left.</summary>
    private void Singletons(int[] columns, int[] head)
    {
        var (first, last) = (0, 0);
        for (var c = 0; c < rows; c++)
        {
            if (columnCount[c] == 1) queue[last++] = c;
        }

        while (first < last)
        {
            var c = queue[first++];
            var row = -1;
            foreach (var i in Rows(columns[c]))
            {
                if (stepOf[i] < 0) row = i;
            }

            if (row < 0) continue; // Another column took its row: it is dependent, and comes to light later.
            if (Math.Abs(Value(columns[c], row)) < PivotTolerance) continue;
            Take(columns[c], row, head);
            columnCount[c] = -1;
            for (var e = rowStart[row]; e < rowStart[row + 1]; e++)
            {
                if (columnCount[rowColumns[e]] > 0 && --columnCount[rowColumns[e]] == 1) queue[last++] = rowColumns[e];
            }
        }

        (first, last) = (0, 0);
        for (var i = 0; i < rows; i++)
        {
            if (stepOf[i] >= 0) continue;
            rowCount[i] = 0;
            for (var e = rowStart[i]; e < rowStart[i + 1]; e++) rowCount[i] += columnCount[rowColumns[e]] >= 0 ? 1 : 0;
            if (rowCount[i] == 1) queue[last++] = i;
        }

        while (first < last)
        {
            var row = queue[first++];
            if (stepOf[row] >= 0 || rowCount[row] != 1) continue;
            var c = -1;
            for (var e = rowStart[row]; e < rowStart[row + 1]; e++)
            {
                if (columnCount[rowColumns[e]] >= 0) c = rowColumns[e];
            }

            // A small pivot would make large factors; such a column waits for its turn among the others.
            var (pivot, largest) = (Math.Abs(Value(columns[c], row)), 0.0);
            foreach (var i in Rows(columns[c]))
            {
                if (stepOf[i] < 0) largest = Math.Max(largest, Math.Abs(Value(columns[c], i)));
            }

            if (pivot < PivotTolerance || pivot < RelativePivot * largest) continue;
            foreach (var i in Rows(columns[c]))
            {
                if (stepOf[i] < 0 && --rowCount[i] == 1) queue[last++] = i;
            }

            Take(columns[c], row, head);
            columnCount[c] = -1;
        }
    }

    private double Value(int column, int row)
    {
        if (column >= matrix.ColumnCount) return -1;
        var (from, to) = (matrix.ColumnStarts[column], matrix.ColumnStarts[column + 1]);
        return matrix.ByColumn[from + matrix.RowsOfColumns.AsSpan(from, to - from).BinarySearch(row)];
    }

    /// <summary>Makes a column that no earlier step has changed the pivot of a row.</summary>
    private void Take(int column, int row, int[] head)
    {
        if (column >= matrix.ColumnCount)
        {
            diagonal[steps] = -1;
        }
        else
        {
            var pivot = Value(column, row);
            for (var e = matrix.ColumnStarts[column]; e < matrix.ColumnStarts[column + 1]; e++)
            {
                var i = matrix.RowsOfColumns[e];
                if (i == row) continue;
                if (stepOf[i] >= 0) upper.Add(i, matrix.ByColumn[e]);
                else lower.Add(i, matrix.ByColumn[e] / pivot);
            }

            diagonal[steps] = pivot;
        }

        Finish(column, row, head);
    }

    private void Finish(int column, int row, int[] head)
    {
        lower.End();
        upper.End();
        head[row] = column;
        pivotRow[steps] = row;
        stepOf[row] = steps++;
    }

    /// <summary>Solves L x = a for a column, and makes it the pivot of a row.</summary>
    /// <returns>How many elements its column of L has, or −1 where it depends on other columns.</returns>
    private int Eliminate(int column, int[] head)
    {
        var top = SolveColumn(column);
        var largest = 0.0;
        for (var p = top; p < rows; p++)
        {
            if (stepOf[pattern[p]] < 0) largest = Math.Max(largest, Math.Abs(work[pattern[p]]));
        }

        if (largest < PivotTolerance)
        {
            for (var p = top; p < rows; p++) work[pattern[p]] = 0;
            return -1;
        }

        var row = -1;
        for (var p = top; p < rows; p++)
        {
            var i = pattern[p];
            if (stepOf[i] >= 0 || Math.Abs(work[i]) < RelativePivot * largest) continue;
            if (row < 0 || rowCount[i] < rowCount[row] || (rowCount[i] == rowCount[row] && i < row)) row = i;
        }

        var pivot = work[row];
        var before = lower.Length;
        for (var p = top; p < rows; p++)
        {
            var (i, value) = (pattern[p], work[pattern[p]]);
            work[i] = 0;
            if (i == row || Math.Abs(value) < Negligible) continue;
            if (stepOf[i] >= 0) upper.Add(i, value);
            else lower.Add(i, value / pivot);
        }

        diagonal[steps] = pivot;
        Finish(column, row, head);
        return lower.Length - before;
    }

    /// <summary>What is left, all at once, as a dense matrix.</summary>
    /// <returns>The rows that got a column of their own for want of an independent one.</returns>
    private List<int> EliminateTail(ReadOnlySpan<int> order, int[] columns, int[] head)
    {
        // Where columns were dependent, fewer columns than rows are left, and the matrix ends with columns of zeros.
        tailSize = 0;
        for (var i = 0; i < rows; i++)
        {
            if (stepOf[i] < 0) pivotRow[steps + tailSize++] = i;
        }

        if (tailSize == 0) return [];
        var size = tailSize;
        var tailRow = pivotRow.AsSpan(steps, size);
        for (var t = 0; t < size; t++) place[tailRow[t]] = t;
        var block = dense.Reset(size);
        for (var t = 0; t < order.Length; t++)
        {
            for (var p = SolveColumn(columns[order[t]]); p < rows; p++)
            {
                var (i, value) = (pattern[p], work[pattern[p]]);
                work[i] = 0;
                if (stepOf[i] < 0) block[place[i] * size + t] = value;
                else if (Math.Abs(value) >= Negligible) upper.Add(i, value);
            }

            upper.End();
        }

        var dependent = dense.Factor(tailRow, PivotTolerance);
        for (var t = 0; t < order.Length; t++) head[tailRow[t]] = columns[order[t]];
        if (dependent.Count == 0) return [];

        // Rows' own columns take the places where no pivot was found, and everything is factored once more.
        var replaced = new List<int>(dependent.Count);
        foreach (var t in dependent)
        {
            head[tailRow[t]] = matrix.ColumnCount + tailRow[t];
            replaced.Add(tailRow[t]);
        }

        replaced.AddRange(Factor(head));
        return replaced;
    }

    /// <summary>work becomes L⁻¹ a for a column.</summary>
    /// <returns>Where in <see cref="pattern"/> the rows of its elements start; L has been applied in their order.</returns>
    private int SolveColumn(int column)
    {
        var top = rows;
        foreach (var row in Rows(column))
        {
            if (!visited[row]) top = Reach(row, top);
        }

        if (column >= matrix.ColumnCount)
        {
            work[column - matrix.ColumnCount] = -1;
        }
        else
        {
            for (var e = matrix.ColumnStarts[column]; e < matrix.ColumnStarts[column + 1]; e++) work[matrix.RowsOfColumns[e]] = matrix.ByColumn[e];
        }

        for (var p = top; p < rows; p++)
        {
            var row = pattern[p];
            visited[row] = false;
            var value = work[row];
            if (value != 0 && stepOf[row] >= 0 && !lower.IsEmpty(stepOf[row])) lower.AddTo(stepOf[row], -value, work);
        }

        return top;
    }

    /// <summary>Puts before the pattern the rows that a row's element leads to through L, each before those that it leads to.</summary>
    private int Reach(int row, int top)
    {
        var depth = 0;
        (stack[0], cursor[0]) = (row, 0);
        visited[row] = true;
        while (depth >= 0)
        {
            var at = stack[depth];
            var next = stepOf[at] >= 0 ? lower.Indices(stepOf[at]) : [];
            var child = -1;
            for (; cursor[depth] < next.Length && child < 0; cursor[depth]++)
            {
                if (!visited[next[cursor[depth]]]) child = next[cursor[depth]];
            }

            if (child < 0)
            {
                pattern[--top] = at;
                depth--;
                continue;
            }

            visited[child] = true;
            depth++;
            (stack[depth], cursor[depth]) = (child, 0);
        }

        return top;
    }
}
