using System.Numerics;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>A linear function between flat vectors, applied to batches of rows.</summary>
/// <remarks>Maps are immutable. A map and its transpose share their weights.</remarks>
public abstract class LinearMap
{
    private LinearMap? transpose;
    private LinearMap? magnitude;

    /// <summary>Creates a map between vectors of the given sizes.</summary>
    protected LinearMap(int inputSize, int outputSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputSize);
        InputSize = inputSize;
        OutputSize = outputSize;
    }

    /// <summary>Elements of a vector that the map takes.</summary>
    public int InputSize { get; }

    /// <summary>Elements of a vector that the map returns.</summary>
    public int OutputSize { get; }

    /// <summary>
    /// The longest chain of multiply–adds behind one element, of the result of this map or of its transpose:
    /// the n of the rounding error bound γₙ.
    /// </summary>
    public abstract int LongestInnerProduct { get; }

    /// <summary>The adjoint map.</summary>
    public LinearMap Transpose => transpose ??= Link(CreateTranspose());

    /// <summary>The map whose matrix holds the absolute values of this map's matrix.</summary>
    public LinearMap Abs => magnitude ??= CreateAbs();

    /// <summary>y += L x, for each of <paramref name="rows"/> contiguous vectors.</summary>
    /// <param name="x">rows × <see cref="InputSize"/>.</param>
    /// <param name="y">rows × <see cref="OutputSize"/>, added to.</param>
    /// <param name="rows">The number of vectors.</param>
    public void Accumulate<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (x.Length < rows * InputSize) throw new ArgumentException($"{rows} vectors of {InputSize} expected.", nameof(x));
        if (y.Length < rows * OutputSize) throw new ArgumentException($"{rows} vectors of {OutputSize} expected.", nameof(y));
        AccumulateCore(x, y, rows);
    }

    /// <summary>Y += L X for matrices with a vector in each column, or Y = b 1ᵀ + L X where b is given.</summary>
    /// <param name="x"><see cref="InputSize"/> × columns.</param>
    /// <param name="y"><see cref="OutputSize"/> × columns, added to, or overwritten where there is a bias.</param>
    /// <param name="columns">The number of vectors; fastest where they fill the machine's, at most sixteen float32 numbers or eight doubles.</param>
    /// <param name="bias">b, <see cref="OutputSize"/> elements, or nothing.</param>
    /// <remarks>An element is rounded no more often than one of <see cref="Accumulate{T}"/>, but not always in the same order.</remarks>
    public void AccumulateColumns<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (x.Length < columns * InputSize) throw new ArgumentException($"{columns} vectors of {InputSize} expected.", nameof(x));
        if (y.Length < columns * OutputSize) throw new ArgumentException($"{columns} vectors of {OutputSize} expected.", nameof(y));
        if (!bias.IsEmpty && bias.Length != OutputSize) throw new ArgumentException($"A vector of {OutputSize} expected.", nameof(bias));
        AccumulateColumnsCore(x, y, columns, bias);
    }

    /// <summary>L x for one vector.</summary>
    public double[] Apply(ReadOnlySpan<double> x)
    {
        var y = new double[OutputSize];
        Accumulate(x, y, 1);
        return y;
    }

    /// <summary>Adds one row of the matrix to a vector: the coefficients of one output element.</summary>
    /// <param name="output">The output element.</param>
    /// <param name="row"><see cref="InputSize"/> elements, added to.</param>
    public virtual void AccumulateRow(int output, Span<double> row)
    {
        var unit = new double[OutputSize];
        unit[output] = 1;
        Transpose.Accumulate<double>(unit, row, 1);
    }

    /// <inheritdoc cref="Accumulate{T}"/>
    protected abstract void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <inheritdoc cref="AccumulateColumns{T}"/>
    protected abstract void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>Y = b 1ᵀ, where b is given.</summary>
    private protected static void Begin<T>(Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        for (var i = 0; i < bias.Length; i++) y.Slice(i * columns, columns).Fill(bias[i]);
    }

    /// <summary>Makes <see cref="Transpose"/>; called once.</summary>
    protected abstract LinearMap CreateTranspose();

    /// <summary>Makes <see cref="Abs"/>; called once.</summary>
    protected abstract LinearMap CreateAbs();

    private LinearMap Link(LinearMap other)
    {
        other.transpose = this;
        return other;
    }
}
