using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Onnx;

/// <summary>Two linear maps, one after the other, as one.</summary>
/// <remarks>
/// Two maps become one only where the absolute values of the product are the product of the absolute values. Cancellation
/// would make entries smaller than what the deployed network computes with, and a bound on its rounding errors too small:
/// then, and where one map would be more work, they stay apart in a <see cref="CompositionMap"/>.
/// </remarks>
internal static class Composition
{
    /// <summary>outer ∘ inner.</summary>
    public static LinearMap Of(LinearMap outer, LinearMap inner) => Merge(outer, inner) ?? new CompositionMap(outer, inner);

    /// <summary>True where a map moves or scales elements, and so costs next to nothing.</summary>
    public static bool IsCheap(LinearMap map) => map is SelectionMap or ScaleMap or BlockSumMap;

    /// <summary>True where a map changes nothing.</summary>
    public static bool IsIdentity(LinearMap map) => map switch
    {
        SelectionMap selection => selection.IsIdentity,
        ScaleMap scale => !scale.Factors.ContainsAnyExcept(1.0),
        _ => false,
    };

    private static LinearMap? Merge(LinearMap outer, LinearMap inner) => (outer, inner) switch
    {
        _ when IsIdentity(outer) => inner,
        _ when IsIdentity(inner) => outer,
        (_, CompositionMap pair) => Merge(outer, pair.Outer) is { } merged ? Of(merged, pair.Inner) : null,
        (CompositionMap pair, _) => Merge(pair.Inner, inner) is { } merged ? Of(pair.Outer, merged) : null,
        (SelectionMap after, SelectionMap before) => Select(after, before),
        (ScaleMap after, ScaleMap before) => new ScaleMap(Zip(after.Factors, before.Factors)),

        // Factors are moved outwards, so that selections meet.
        (SelectionMap selection, ScaleMap scale) => new CompositionMap(Select(selection, scale), selection),
        (DenseMap { Blocks: 1 } after, DenseMap { Blocks: 1 } before) => Multiply(after, before),
        (ScaleMap scale, DenseMap dense) => Period(scale, dense.OutputSize / dense.Blocks) is { } factors
            ? Scale(dense, factors, null)
            : null,
        (DenseMap dense, ScaleMap scale) => Period(scale, dense.InputSize / dense.Blocks) is { } factors
            ? Scale(dense, null, factors)
            : null,
        (ScaleMap scale, ConvolutionMap convolution) => Runs(scale, convolution.OutputChannels) is { } factors
            ? convolution.Scaled(null, factors)
            : null,
        (ConvolutionMap convolution, ScaleMap scale) => Runs(scale, convolution.InputChannels) is { } factors
            ? convolution.Scaled(factors, null)
            : null,
        (DenseMap { Blocks: 1 } dense, SelectionMap selection) => MoveColumns(dense, selection),
        (SelectionMap selection, DenseMap { Blocks: 1 } dense) => TakeRows(selection, dense),
        _ => null,
    };

    private static SelectionMap Select(SelectionMap after, SelectionMap before)
    {
        var indices = after.Indices.ToArray();
        for (var i = 0; i < indices.Length; i++)
            if (indices[i] >= 0) indices[i] = before.Indices[indices[i]];
        return new SelectionMap(before.InputSize, indices);
    }

    private static ScaleMap Select(SelectionMap selection, ScaleMap scale)
    {
        var factors = new double[selection.OutputSize];
        for (var i = 0; i < factors.Length; i++) factors[i] = selection.Indices[i] < 0 ? 1 : scale.Factors[selection.Indices[i]];
        return new ScaleMap(factors);
    }

    private static DenseMap? Multiply(DenseMap after, DenseMap before)
    {
        var (outputs, inner, inputs) = (after.OutputSize, before.OutputSize, before.InputSize);
        if ((long)outputs * inputs > (long)inner * (outputs + inputs)) return null;
        var (product, magnitude) = (Product(after, before), Product((DenseMap)after.Abs, (DenseMap)before.Abs));
        for (var i = 0; i < product.Length; i++)
            if (Math.Abs(product[i]) < magnitude[i] * (1 - 1e-14)) return null;
        return new DenseMap(product, outputs, inputs);
    }

    private static double[] Product(DenseMap after, DenseMap before)
    {
        var product = new double[after.OutputSize * before.InputSize];
        MatrixProduct.Accumulate(Entries(after), Entries(before), product, after.OutputSize, before.OutputSize, before.InputSize);
        return product;
    }

    private static double[] Entries(DenseMap dense)
    {
        var entries = new double[dense.OutputSize * dense.InputSize];
        for (var o = 0; o < dense.OutputSize; o++)
            for (var i = 0; i < dense.InputSize; i++)
                entries[o * dense.InputSize + i] = dense[o, i];
        return entries;
    }

    private static DenseMap Scale(DenseMap dense, double[]? rows, double[]? columns)
    {
        var (outputs, inputs) = (dense.OutputSize / dense.Blocks, dense.InputSize / dense.Blocks);
        var matrix = new double[outputs * inputs];
        for (var o = 0; o < outputs; o++)
            for (var i = 0; i < inputs; i++)
                matrix[o * inputs + i] = dense[o, i] * (rows?[o] ?? 1) * (columns?[i] ?? 1);
        return new DenseMap(matrix, outputs, inputs, dense.Blocks);
    }

    // Only where every column goes to a place of its own, and the matrix does not grow.
    private static DenseMap? MoveColumns(DenseMap dense, SelectionMap selection)
    {
        if (selection.InputSize > dense.InputSize) return null;
        var taken = new bool[selection.InputSize];
        foreach (var index in selection.Indices)
        {
            if (index < 0) continue;
            if (taken[index]) return null;
            taken[index] = true;
        }

        var matrix = new double[dense.OutputSize * selection.InputSize];
        for (var o = 0; o < dense.OutputSize; o++)
            for (var i = 0; i < dense.InputSize; i++)
                if (selection.Indices[i] >= 0) matrix[o * selection.InputSize + selection.Indices[i]] = dense[o, i];
        return new DenseMap(matrix, dense.OutputSize, selection.InputSize);
    }

    private static DenseMap? TakeRows(SelectionMap selection, DenseMap dense)
    {
        if (selection.OutputSize > dense.OutputSize || selection.Indices.Contains(-1)) return null;
        var matrix = new double[selection.OutputSize * dense.InputSize];
        for (var o = 0; o < selection.OutputSize; o++)
            for (var i = 0; i < dense.InputSize; i++)
                matrix[o * dense.InputSize + i] = dense[selection.Indices[o], i];
        return new DenseMap(matrix, selection.OutputSize, dense.InputSize);
    }

    private static double[] Zip(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var product = a.ToArray();
        for (var i = 0; i < product.Length; i++) product[i] *= b[i];
        return product;
    }

    // The factors of one block, if all blocks have the same.
    private static double[]? Period(ScaleMap scale, int length)
    {
        var first = scale.Factors[..length];
        for (var i = length; i < scale.InputSize; i += length)
            if (!scale.Factors.Slice(i, length).SequenceEqual(first)) return null;
        return first.ToArray();
    }

    // The factor of every channel, if all elements of a channel have the same.
    private static double[]? Runs(ScaleMap scale, int channels)
    {
        var length = scale.InputSize / channels;
        var factors = new double[channels];
        for (var c = 0; c < channels; c++)
        {
            factors[c] = scale.Factors[c * length];
            if (scale.Factors.Slice(c * length, length).ContainsAnyExcept(factors[c])) return null;
        }

        return factors;
    }
}
