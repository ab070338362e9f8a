using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>
/// A matrix, applied to each of a number of consecutive blocks of the vector: y = (I ⊗ W) x. One block is a fully
/// connected layer, several are a layer applied to every position of a sequence.
/// </summary>
public sealed class DenseMap : LinearMap
{
    private readonly Weights weights;
    private readonly bool transposed;

    /// <summary>Creates a map from its row-major matrix.</summary>
    /// <param name="matrix">rows × columns; kept, not copied.</param>
    /// <param name="rows">Outputs of one block.</param>
    /// <param name="columns">Inputs of one block.</param>
    /// <param name="blocks">How many consecutive blocks the matrix is applied to.</param>
    public DenseMap(double[] matrix, int rows, int columns, int blocks = 1)
        : this(Checked(matrix, rows, columns), rows, columns, blocks, transposed: false)
    {
    }

    private DenseMap(Weights weights, int rows, int columns, int blocks, bool transposed)
        : base((transposed ? rows : columns) * blocks, (transposed ? columns : rows) * blocks)
    {
        this.weights = weights;
        this.transposed = transposed;
        (StoredRows, StoredColumns, Blocks) = (rows, columns, blocks);
    }

    /// <summary>How many consecutive blocks the matrix is applied to.</summary>
    public int Blocks { get; }

    /// <inheritdoc/>
    public override int LongestInnerProduct => Math.Max(StoredRows, StoredColumns);

    private int StoredRows { get; }

    private int StoredColumns { get; }

    /// <summary>The entry of one block's matrix at an output and an input of the block.</summary>
    public double this[int output, int input] =>
        transposed ? weights.Values[input * StoredColumns + output] : weights.Values[output * StoredColumns + input];

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row)
    {
        var (block, within) = Math.DivRem(output, OutputSize / Blocks);
        var part = row.Slice(block * (InputSize / Blocks), InputSize / Blocks);
        if (!transposed)
        {
            TensorPrimitives.Add(part, weights.Values.AsSpan(within * StoredColumns, StoredColumns), part);
            return;
        }

        for (var i = 0; i < part.Length; i++) part[i] += this[within, i];
    }

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        if (transposed) MatrixProduct.Accumulate(x, weights.As<T>(), y, rows * Blocks, StoredRows, StoredColumns);
        else MatrixProduct.AccumulateTransposed(x, weights.As<T>(), y, rows * Blocks, StoredColumns, StoredRows);
    }

    /// <inheritdoc/>
    protected override unsafe void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        // A left factor is an entry of the matrix: those of a sum follow one another in a row of it, or of the transpose in a column.
        var (rows, inner) = (OutputSize / Blocks, InputSize / Blocks);
        var (next, step) = transposed ? (1, StoredColumns) : (StoredColumns, 1);
        fixed (T* px = x, pw = weights.As<T>(), py = y, pb = bias)
        {
            for (var block = 0; block < Blocks; block++)
            {
                ColumnProduct.Accumulate(
                    pw, next, px + (nint)block * inner * columns, new EvenTerms(step, columns), inner,
                    py + (nint)block * rows * columns, columns, pb == null ? pb : pb + block * rows, 1, rows, columns);
            }
        }
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new DenseMap(weights, StoredRows, StoredColumns, Blocks, !transposed);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => new DenseMap(weights.Abs(), StoredRows, StoredColumns, Blocks, transposed);

    private static Weights Checked(double[] matrix, int rows, int columns) => matrix.Length == (long)rows * columns
        ? new Weights(matrix)
        : throw new ArgumentException($"A {rows}×{columns} matrix has {(long)rows * columns} entries, not {matrix.Length}.", nameof(matrix));
}
