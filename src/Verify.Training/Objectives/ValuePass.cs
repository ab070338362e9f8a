using System.Numerics.Tensors;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Objectives;

/// <summary>The values of all layers for a batch, and backwards the derivative of a function of the outputs.</summary>
/// <remarks>Memory of one thread; everything is rows × size of the layer.</remarks>
internal sealed class ValuePass
{
    private readonly Architecture architecture;
    private readonly double[][] values;
    private readonly double[][] adjoints;
    private readonly double[] slopes;

    public ValuePass(Architecture architecture, int capacity)
    {
        this.architecture = architecture;
        int[] sizes = [architecture.InputSize, .. architecture.Layers.Select(layer => layer.OutputSize)];
        values = Array.ConvertAll(sizes, size => new double[capacity * size]);
        adjoints = Array.ConvertAll(sizes, size => new double[capacity * size]);
        slopes = new double[capacity * sizes.Max()];
    }

    /// <summary>The inputs, to be written before <see cref="Forward"/>.</summary>
    public Span<double> Inputs => values[0];

    /// <summary>The outputs.</summary>
    public ReadOnlySpan<double> Outputs => values[^1];

    /// <summary>The derivatives with respect to the outputs, to be written before <see cref="Backward"/>.</summary>
    public Span<double> OutputAdjoints => adjoints[^1];

    public void Forward(ReadOnlySpan<double> parameters, int rows)
    {
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            var layer = architecture.Layers[i];
            var x = values[i].AsSpan(0, rows * layer.InputSize);
            var y = values[i + 1].AsSpan(0, rows * layer.OutputSize);
            switch (layer)
            {
                case AffineLayer affine:
                    affine.Broadcast(architecture.Bias(parameters, i), y, rows);
                    affine.Apply(architecture.Weights(parameters, i), x, y, rows);
                    break;
                case ActivationLayer elementwise:
                    elementwise.Activation.Evaluate<double>(x, y);
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
            var x = values[i].AsSpan(0, rows * layer.InputSize);
            var dx = adjoints[i].AsSpan(0, rows * layer.InputSize);
            var dy = adjoints[i + 1].AsSpan(0, rows * layer.OutputSize);
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
                    elementwise.Activation.Derivative.Evaluate<double>(x, slope);
                    TensorPrimitives.Multiply(slope, dy, dx);
                    break;
            }
        }
    }
}
