using System.Buffers;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Layers;

/// <summary>A fully connected layer. Its weights are outputs × inputs, row by row.</summary>
public sealed class DenseLayer(int inputs, int outputs) : AffineLayer(inputs, outputs)
{
    /// <inheritdoc/>
    public override int WeightCount => InputSize * OutputSize;

    /// <inheritdoc/>
    public override int Channels => OutputSize;

    /// <inheritdoc/>
    public override int FanIn => InputSize;

    /// <inheritdoc/>
    public override int FanOut => OutputSize;

    /// <inheritdoc/>
    public override LinearMap ToMap(double[] weights) => new DenseMap(weights, OutputSize, InputSize);

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<double> weights, ReadOnlySpan<double> x, Span<double> y, int rows) =>
        MatrixProduct.AccumulateTransposed(x, weights, y, rows, InputSize, OutputSize);

    /// <inheritdoc/>
    public override void ApplyTransposed(ReadOnlySpan<double> weights, ReadOnlySpan<double> y, Span<double> x, int rows) =>
        MatrixProduct.Accumulate(y, weights, x, rows, OutputSize, InputSize);

    /// <inheritdoc/>
    public override void AccumulateWeights(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> gradient, int rows)
    {
        var columns = ArrayPool<double>.Shared.Rent(rows * OutputSize);
        for (var row = 0; row < rows; row++)
            for (var j = 0; j < OutputSize; j++) columns[j * rows + row] = y[row * OutputSize + j];
        MatrixProduct.Accumulate(columns, x, gradient, OutputSize, rows, InputSize);
        ArrayPool<double>.Shared.Return(columns);
    }
}
