namespace RobustVerify.Core.Programming;

/// <content>The elimination: single elements first, then column by column, then what is dense at once.</content>
internal sealed partial class BasisFactorization
{
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
