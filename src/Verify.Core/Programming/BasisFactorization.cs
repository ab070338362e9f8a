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
internal sealed partial class BasisFactorization
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
}
