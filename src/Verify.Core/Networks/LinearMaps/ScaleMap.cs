namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>A diagonal matrix: y = s ⊙ x.</summary>
public sealed class ScaleMap : LinearMap
{
    private readonly Weights weights;

    /// <summary>Creates a map from the diagonal, which is kept, not copied.</summary>
    public ScaleMap(double[] factors) : this(new Weights(factors))
    {
    }

    private ScaleMap(Weights weights) : base(weights.Values.Length, weights.Values.Length) => this.weights = weights;

    /// <summary>The diagonal.</summary>
    public ReadOnlySpan<double> Factors => weights.Values;

    /// <inheritdoc/>
    public override int LongestInnerProduct => 1;

    /// <summary>The map that multiplies every element by the same factor.</summary>
    public static ScaleMap Uniform(int size, double factor)
    {
        var factors = new double[size];
        Array.Fill(factors, factor);
        return new ScaleMap(factors);
    }

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row) => row[output] += weights.Values[output];

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        var factors = weights.As<T>();
        for (var row = 0; row < rows; row++)
        {
            var from = x.Slice(row * InputSize, InputSize);
            var to = y.Slice(row * InputSize, InputSize);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(from, factors, to, to);
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        Begin(y, columns, bias);
        var factors = weights.As<T>();
        for (var i = 0; i < factors.Length; i++)
        {
            var to = y.Slice(i * columns, columns);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(x.Slice(i * columns, columns), factors[i], to, to);
        }
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new ScaleMap(weights);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => new ScaleMap(weights.Abs());
}
