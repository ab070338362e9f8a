using System.Numerics.Tensors;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>
/// Each output element is one input element or zero: reshape, transpose, slice, gather, pad, broadcast, and (as a term
/// of a sum) concatenation.
/// </summary>
public sealed class SelectionMap : LinearMap
{
    private readonly int[] indices;

    /// <summary>Creates a map.</summary>
    /// <param name="inputSize">Elements of the input.</param>
    /// <param name="indices">For each output element, the input element that it copies, or −1 for zero; kept, not copied.</param>
    public SelectionMap(int inputSize, int[] indices) : base(inputSize, indices.Length)
    {
        foreach (var index in indices)
        {
            if (index < -1 || index >= inputSize)
                throw new ArgumentException($"Index {index} selects nothing from {inputSize} elements.", nameof(indices));
        }

        this.indices = indices;
        IsIdentity = inputSize == indices.Length && indices.Select((index, i) => index == i).All(same => same);
        var counts = new int[inputSize];
        foreach (var index in indices)
        {
            if (index >= 0) MostCopies = Math.Max(MostCopies, ++counts[index]);
        }
    }

    /// <summary>For each output element, the input element that it copies, or −1 for zero.</summary>
    public ReadOnlySpan<int> Indices => indices;

    /// <summary>True where the map changes nothing.</summary>
    public bool IsIdentity { get; }

    /// <inheritdoc/>
    public override int LongestInnerProduct => Math.Max(1, MostCopies);

    private int MostCopies { get; }

    /// <summary>The map that returns its input.</summary>
    public static SelectionMap Identity(int size) => new(size, Enumerable.Range(0, size).ToArray());

    /// <summary>The map that copies a vector to an offset of a larger one, and is zero elsewhere.</summary>
    public static SelectionMap Embedding(int size, int offset, int outputSize)
    {
        var indices = new int[outputSize];
        Array.Fill(indices, -1);
        for (var i = 0; i < size; i++) indices[offset + i] = i;
        return new SelectionMap(size, indices);
    }

    /// <summary>The map that returns consecutive elements.</summary>
    public static SelectionMap Slice(int inputSize, int offset, int size) =>
        new(inputSize, Enumerable.Range(offset, size).ToArray());

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row)
    {
        if (indices[output] >= 0) row[indices[output]]++;
    }

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        if (IsIdentity)
        {
            var all = y[..(rows * OutputSize)];
            TensorPrimitives.Add(x[..all.Length], all, all);
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            var from = x.Slice(row * InputSize, InputSize);
            var to = y.Slice(row * OutputSize, OutputSize);
            for (var i = 0; i < indices.Length; i++)
            {
                if (indices[i] >= 0) to[i] += from[indices[i]];
            }
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        Begin(y, columns, bias);
        for (var i = 0; i < indices.Length; i++)
        {
            var to = y.Slice(i * columns, columns);
            if (indices[i] >= 0) TensorPrimitives.Add(to, x.Slice(indices[i] * columns, columns), to);
        }
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new BlockSumMap(InputSize, indices);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => this;
}
