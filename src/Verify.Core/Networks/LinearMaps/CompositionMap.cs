using System.Buffers;
using System.Numerics.Tensors;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>One map after another: y = outer (inner x).</summary>
/// <remarks>
/// <see cref="LinearMap.Abs"/> is the composition of the absolute values, which is at least the absolute value of the
/// composition, entry by entry: what a bound on rounding errors needs.
/// </remarks>
public sealed class CompositionMap : LinearMap
{
    /// <summary>Creates the composition of two maps whose sizes fit.</summary>
    public CompositionMap(LinearMap outer, LinearMap inner) : base(inner.InputSize, outer.OutputSize)
    {
        if (inner.OutputSize != outer.InputSize)
            throw new ArgumentException($"A map of {outer.InputSize} elements cannot follow one that returns {inner.OutputSize}.");
        (Outer, Inner) = (outer, inner);
    }

    /// <summary>The map that is applied last.</summary>
    public LinearMap Outer { get; }

    /// <summary>The map that is applied first.</summary>
    public LinearMap Inner { get; }

    /// <inheritdoc/>
    public override int LongestInnerProduct => Outer.LongestInnerProduct + Inner.LongestInnerProduct;

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row)
    {
        if (Outer is SelectionMap { Indices: var indices })
        {
            if (indices[output] >= 0) Inner.AccumulateRow(indices[output], row);
            return;
        }

        if (Outer is ScaleMap { Factors: var factors })
        {
            var unscaled = new double[InputSize];
            Inner.AccumulateRow(output, unscaled);
            TensorPrimitives.MultiplyAdd(unscaled, factors[output], row, row);
            return;
        }

        var between = new double[Inner.OutputSize];
        Outer.AccumulateRow(output, between);
        Inner.Transpose.Accumulate<double>(between, row, 1);
    }

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        var size = rows * Inner.OutputSize;
        var buffer = ArrayPool<T>.Shared.Rent(size);
        var between = buffer.AsSpan(0, size);
        between.Clear();
        Inner.Accumulate(x, between, rows);
        Outer.Accumulate<T>(between, y, rows);
        ArrayPool<T>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    protected override void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        var size = columns * Inner.OutputSize;
        var buffer = ArrayPool<T>.Shared.Rent(size);
        var between = buffer.AsSpan(0, size);
        between.Clear();
        Inner.AccumulateColumns(x, between, columns);
        Outer.AccumulateColumns(between, y, columns, bias);
        ArrayPool<T>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new CompositionMap(Inner.Transpose, Outer.Transpose);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => new CompositionMap(Outer.Abs, Inner.Abs);
}
