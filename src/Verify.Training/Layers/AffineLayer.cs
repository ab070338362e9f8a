using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Training.Layers;

/// <summary>
/// y = W x + b. Three products with W are all that any pass through the layer is made of: values, intervals (with |W|),
/// tangents, and their derivatives.
/// </summary>
/// <remarks>
/// The layer's parameters are its weights, then its biases, one for every channel: a channel is
/// <see cref="Layer.OutputSize"/> / <see cref="Channels"/> consecutive outputs. Weights that are not parameters are not negative.
/// </remarks>
public abstract class AffineLayer(int inputSize, int outputSize) : Layer(inputSize, outputSize)
{
    /// <summary>The number of weights among the parameters.</summary>
    public abstract int WeightCount { get; }

    /// <summary>The number of biases among the parameters.</summary>
    public abstract int Channels { get; }

    /// <summary>How many inputs an output is the sum of.</summary>
    public abstract int FanIn { get; }

    /// <summary>How many outputs an input is part of, at most.</summary>
    public abstract int FanOut { get; }

    /// <inheritdoc/>
    public sealed override int ParameterCount => WeightCount + Channels;

    /// <summary>The weights as a map of the core (kept, not copied).</summary>
    public abstract LinearMap ToMap(double[] weights);

    /// <summary>y += W x for a batch: x is rows × inputs, y is rows × outputs.</summary>
    public abstract void Apply(ReadOnlySpan<double> weights, ReadOnlySpan<double> x, Span<double> y, int rows);

    /// <summary>x += Wᵀ y for a batch.</summary>
    public abstract void ApplyTransposed(ReadOnlySpan<double> weights, ReadOnlySpan<double> y, Span<double> x, int rows);

    /// <summary>The derivative of Σ y·(W x) over a batch with respect to the weights is added to <paramref name="gradient"/>.</summary>
    public abstract void AccumulateWeights(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> gradient, int rows);

    /// <summary>y ← b for every row.</summary>
    public void Broadcast(ReadOnlySpan<double> bias, Span<double> y, int rows)
    {
        var span = OutputSize / Math.Max(Channels, 1);
        if (bias.IsEmpty) y[..(rows * OutputSize)].Clear();
        else for (var i = 0; i < rows * bias.Length; i++) y.Slice(i * span, span).Fill(bias[i % bias.Length]);
    }

    /// <summary>The derivative of Σ y·b over a batch with respect to the biases is added to <paramref name="gradient"/>.</summary>
    public void AccumulateBias(ReadOnlySpan<double> y, Span<double> gradient, int rows)
    {
        var span = OutputSize / Math.Max(Channels, 1);
        for (var i = 0; i < rows * gradient.Length; i++)
        {
            foreach (var value in y.Slice(i * span, span)) gradient[i % gradient.Length] += value;
        }
    }
}
