using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Programming;

/// <summary>The scaled matrix of a program, A′ = R A C, by rows and by columns, and next to it −I for the rows' own values.</summary>
/// <remarks>
/// A row is a list of runs of consecutive columns: the layers of a network are dense, and a run is added to a vector eight
/// elements at a time. R and C are powers of two, so that scaling rounds nothing; they bring the magnitudes of every row and
/// column near one.
/// </remarks>
internal sealed class SimplexMatrix
{
    private readonly int[] runStarts, runColumns, runElements;
    private readonly double[] byRow;

    public SimplexMatrix(LinearProgram program)
    {
        (RowCount, ColumnCount) = (program.RowCount, program.ColumnCount);
        (RowScale, ColumnScale) = (new double[RowCount], new double[ColumnCount]);
        Scale(program);

        var columns = program.Columns;
        byRow = program.Coefficients.ToArray();
        var (runs, elements) = (new List<int>(), new List<int>());
        runStarts = new int[RowCount + 1];
        ColumnStarts = new int[ColumnCount + 1];
        for (var i = 0; i < RowCount; i++)
        {
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                byRow[e] *= RowScale[i] * ColumnScale[columns[e]];
                ColumnStarts[columns[e] + 1]++;
                if (e > program.RowStarts[i] && columns[e] == columns[e - 1] + 1) continue;
                runs.Add(columns[e]);
                elements.Add(e);
            }

            runStarts[i + 1] = runs.Count;
        }

        elements.Add(byRow.Length);
        (runColumns, runElements) = ([.. runs], [.. elements]);

        for (var j = 0; j < ColumnCount; j++) ColumnStarts[j + 1] += ColumnStarts[j];
        var next = ColumnStarts.AsSpan(0, ColumnCount).ToArray();
        (RowsOfColumns, ByColumn) = (new int[byRow.Length], new double[byRow.Length]);
        for (var i = 0; i < RowCount; i++)
        {
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                var at = next[columns[e]]++;
                (RowsOfColumns[at], ByColumn[at]) = (i, byRow[e]);
            }
        }
    }

    public int RowCount { get; }

    public int ColumnCount { get; }

    /// <summary>By how much the value of every row is multiplied.</summary>
    public double[] RowScale { get; }

    /// <summary>By how much the value of every variable is divided.</summary>
    public double[] ColumnScale { get; }

    public int[] ColumnStarts { get; }

    public int[] RowsOfColumns { get; }

    public double[] ByColumn { get; }

    /// <summary>target += factor · row i.</summary>
    public void AddRow(int row, double factor, Span<double> target)
    {
        for (var run = runStarts[row]; run < runStarts[row + 1]; run++)
        {
            var (from, to) = (runElements[run], runElements[run + 1]);
            if (to - from == 1) target[runColumns[run]] += factor * byRow[from];
            else Add(factor, byRow.AsSpan(from, to - from), target.Slice(runColumns[run], to - from));
        }
    }

    /// <summary>target += factor · column j; the columns after the variables are those of −I.</summary>
    public void AddColumn(int column, double factor, double[] target)
    {
        if (column >= ColumnCount)
        {
            target[column - ColumnCount] -= factor;
            return;
        }

        for (var e = ColumnStarts[column]; e < ColumnStarts[column + 1]; e++) target[RowsOfColumns[e]] += factor * ByColumn[e];
    }

    /// <summary>target += factor · source, with one rounding an element whatever the width of the vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(target[..source.Length]);
        var (i, factors) = (0, Vector512.Create(factor));
        for (; i <= source.Length - 8; i += 8)
        {
            var sum = Vector512.FusedMultiplyAdd(factors, Vector512.LoadUnsafe(ref from, (nuint)i), Vector512.LoadUnsafe(ref to, (nuint)i));
            sum.StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++) Unsafe.Add(ref to, i) = Math.FusedMultiplyAdd(factor, Unsafe.Add(ref from, i), Unsafe.Add(ref to, i));
    }

    /// <summary>The power of two that is nearest to a number, within reason.</summary>
    public static double PowerOfTwo(double x) =>
        x > 0 && double.IsFinite(x) ? Math.ScaleB(1, Math.Clamp(Math.ILogB(x * Math.Sqrt(2)), -40, 40)) : 1;

    /// <summary>Divides rows and columns, in turn, by the geometric mean of their smallest and their largest magnitude.</summary>
    private void Scale(LinearProgram program)
    {
        Array.Fill(RowScale, 1);
        Array.Fill(ColumnScale, 1);
        var (least, most) = (new double[ColumnCount], new double[ColumnCount]);
        for (var pass = 0; pass < 3; pass++)
        {
            Array.Fill(least, double.PositiveInfinity);
            Array.Clear(most);
            for (var i = 0; i < RowCount; i++)
            {
                var (low, high) = (double.PositiveInfinity, 0.0);
                for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
                {
                    var magnitude = Math.Abs(program.Coefficients[e]) * ColumnScale[program.Columns[e]];
                    (low, high) = (Math.Min(low, magnitude), Math.Max(high, magnitude));
                }

                if (high == 0) continue;
                RowScale[i] = 1 / PowerOfTwo(Math.Sqrt(low) * Math.Sqrt(high));
                for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
                {
                    var magnitude = Math.Abs(program.Coefficients[e]) * RowScale[i];
                    var j = program.Columns[e];
                    (least[j], most[j]) = (Math.Min(least[j], magnitude), Math.Max(most[j], magnitude));
                }
            }

            for (var j = 0; j < ColumnCount; j++)
            {
                if (most[j] > 0) ColumnScale[j] = 1 / PowerOfTwo(Math.Sqrt(least[j]) * Math.Sqrt(most[j]));
            }
        }
    }
}
