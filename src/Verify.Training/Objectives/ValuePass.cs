using System.Numerics.Tensors;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Objectives;

/// <summary>The values of all layers for a batch, and backwards the derivative of a function of them.</summary>
/// <remarks>Memory of one thread; everything is rows × size of the layer.</remarks>
internal sealed class ValuePass
{
    private readonly Architecture architecture;
    private readonly double[][] values;
    private readonly double[][] adjoints;
    private readonly double[]?[] sources;
    private readonly double[] slopes;

    /// <summary>Creates the memory of a pass.</summary>
    /// <param name="architecture">The layers.</param>
    /// <param name="capacity">The largest number of rows.</param>
    /// <param name="hasSources">Whether what is differentiated depends on arguments of activations, and not only on outputs.</param>
    public ValuePass(Architecture architecture, int capacity, bool hasSources)
    {
        this.architecture = architecture;
        int[] sizes = [architecture.InputSize, .. architecture.Layers.Select(layer => layer.OutputSize)];
        values = Array.ConvertAll(sizes, size => new double[capacity * size]);
        adjoints = Array.ConvertAll(sizes, size => new double[capacity * size]);
        sources = [.. architecture.Layers.Select(layer => hasSources && layer is ActivationLayer ? new double[capacity * layer.InputSize] : null)];
        slopes = new double[capacity * sizes.Max()];
    }

    /// <summary>The inputs, to be written before <see cref="Forward"/>.</summary>
    public Span<double> Inputs => values[0];

    /// <summary>The outputs.</summary>
    public ReadOnlySpan<double> Outputs => values[^1];

    /// <summary>The derivatives with respect to the outputs, to be written before <see cref="Backward"/>.</summary>
    public Span<double> OutputAdjoints => adjoints[^1];

    /// <summary>What a layer was applied to.</summary>
    public ReadOnlySpan<double> Values(int layer, int rows) => values[layer].AsSpan(0, rows * architecture.Layers[layer].InputSize);

    /// <summary>Derivatives with respect to the arguments of an activation, other than through the outputs; zero after <see cref="Forward"/>.</summary>
    public Span<double> Sources(int layer, int rows) => sources[layer].AsSpan(0, rows * architecture.Layers[layer].InputSize);

    /// <summary>Computes all values.</summary>
    public void Forward(ReadOnlySpan<double> parameters, int rows)
    {
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            var layer = architecture.Layers[i];
            var x = Values(i, rows);
            var y = values[i + 1].AsSpan(0, rows * layer.OutputSize);
            switch (layer)
            {
                case AffineLayer affine:
                    affine.Broadcast(architecture.Bias(parameters, i), y, rows);
                    affine.Apply(architecture.Weights(parameters, i), x, y, rows);
                    break;
                case ActivationLayer elementwise:
                    elementwise.Activation.Evaluate(x, y);
                    if (sources[i] is { } source) Array.Clear(source);
                    break;
            }
        }
    }

    /// <summary>Adds the derivative with respect to the parameters to <paramref name="gradient"/>.</summary>
    public void Backward(ReadOnlySpan<double> parameters, Span<double> gradient, int rows)
    {
        for (var i = architecture.Layers.Length - 1; i >= 0; i--)
        {
            var layer = architecture.Layers[i];
            var x = Values(i, rows);
            Span<double> dx = adjoints[i].AsSpan(0, x.Length), dy = adjoints[i + 1].AsSpan(0, rows * layer.OutputSize);
            switch (layer)
            {
                case AffineLayer affine:
                    affine.AccumulateWeights(x, dy, architecture.Weights(gradient, i), rows);
                    affine.AccumulateBias(dy, architecture.Bias(gradient, i), rows);
                    if (i == 0) break;
                    dx.Clear();
                    affine.ApplyTransposed(architecture.Weights(parameters, i), dy, dx, rows);
                    break;
                case ActivationLayer elementwise:
                    var slope = slopes.AsSpan(0, x.Length);
                    elementwise.Activation.Derivative.Evaluate(x, slope);
                    TensorPrimitives.Multiply(slope, dy, dx);
                    if (sources[i] is not null) TensorPrimitives.Add(dx, Sources(i, rows), dx);
                    break;
            }
        }
    }
}
