using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training;

/// <summary>
/// A chain of layers. The parameters of all of them are one flat vector, layer after layer, and no part of this object.
/// </summary>
public sealed class Architecture
{
    private readonly int[] offsets;

    /// <summary>Creates a chain; the last layer is affine, since scores have no activation.</summary>
    public Architecture(ImmutableArray<Layer> layers)
    {
        if (layers.IsDefaultOrEmpty || layers[^1] is not AffineLayer) throw new ArgumentException("The last layer must be affine.", nameof(layers));
        for (var i = 1; i < layers.Length; i++)
        {
            if (layers[i].InputSize != layers[i - 1].OutputSize)
                throw new ArgumentException($"Layer {i} takes {layers[i].InputSize} elements, the one before it has {layers[i - 1].OutputSize}.", nameof(layers));
        }

        Layers = layers;
        offsets = new int[layers.Length + 1];
        for (var i = 0; i < layers.Length; i++) offsets[i + 1] = offsets[i] + layers[i].ParameterCount;
    }

    /// <summary>The layers, the first of them at the input.</summary>
    public ImmutableArray<Layer> Layers { get; }

    /// <summary>Elements of the input.</summary>
    public int InputSize => Layers[0].InputSize;

    /// <summary>Elements of the output.</summary>
    public int OutputSize => Layers[^1].OutputSize;

    /// <summary>Elements of the flat vector of parameters.</summary>
    public int ParameterCount => offsets[^1];

    /// <summary>Fully connected layers with one activation between them.</summary>
    /// <param name="sizes">Elements of the input, of every hidden layer and of the output.</param>
    /// <param name="activation">One of <see cref="ActivationLayer.Functions"/>.</param>
    public static Architecture FullyConnected(ReadOnlySpan<int> sizes, Activation activation)
    {
        if (sizes.Length < 2) throw new ArgumentException("An input and an output are needed.", nameof(sizes));
        var layers = ImmutableArray.CreateBuilder<Layer>();
        for (var i = 1; i < sizes.Length; i++)
        {
            layers.Add(new DenseLayer(sizes[i - 1], sizes[i]));
            if (i < sizes.Length - 1) layers.Add(new ActivationLayer(sizes[i], activation));
        }

        return new Architecture(layers.ToImmutable());
    }

    /// <summary>The weights of an affine layer in a vector of parameters (or in its gradient).</summary>
    public ReadOnlySpan<double> Weights(ReadOnlySpan<double> parameters, int layer) => parameters.Slice(offsets[layer], Affine(layer).WeightCount);

    /// <inheritdoc cref="Weights(ReadOnlySpan{double}, int)"/>
    public Span<double> Weights(Span<double> parameters, int layer) => parameters.Slice(offsets[layer], Affine(layer).WeightCount);

    /// <summary>The biases of an affine layer in a vector of parameters (or in its gradient).</summary>
    public ReadOnlySpan<double> Bias(ReadOnlySpan<double> parameters, int layer) => parameters[(offsets[layer] + Affine(layer).WeightCount)..offsets[layer + 1]];

    /// <inheritdoc cref="Bias(ReadOnlySpan{double}, int)"/>
    public Span<double> Bias(Span<double> parameters, int layer) => parameters[(offsets[layer] + Affine(layer).WeightCount)..offsets[layer + 1]];

    /// <summary>Random parameters: the same for the same seed on every machine.</summary>
    /// <remarks>
    /// Before ReLU normal with variance 2 / fan-in (He et al. 2015, arXiv 1502.01852), elsewhere uniform with variance
    /// 2 / (fan-in + fan-out) (Glorot and Bengio 2010); biases are zero.
    /// </remarks>
    public double[] Initialize(ulong seed)
    {
        var random = RandomStream.From("initial parameters", seed);
        var parameters = new double[ParameterCount];
        for (var i = 0; i < Layers.Length; i++)
        {
            if (Layers[i] is not AffineLayer affine) continue;
            var weights = Weights(parameters.AsSpan(), i);
            if (i + 1 < Layers.Length && Layers[i + 1] is ActivationLayer { Activation: ReLU })
            {
                var deviation = Math.Sqrt(2.0 / affine.FanIn);
                foreach (ref var weight in weights) weight = deviation * random.NextGaussian();
            }
            else
            {
                var limit = Math.Sqrt(6.0 / (affine.FanIn + affine.FanOut));
                random.Fill(weights, -limit, limit);
            }
        }

        return parameters;
    }

    /// <summary>The network that the architecture is with these parameters, which are copied.</summary>
    public Network ToNetwork(ReadOnlySpan<double> parameters)
    {
        var input = new InputNode(InputSize);
        Node last = input;
        for (var i = 0; i < Layers.Length; i++)
        {
            switch (Layers[i])
            {
                case AffineLayer affine:
                    var bias = new double[affine.OutputSize];
                    affine.Broadcast(Bias(parameters, i), bias, 1);
                    last = new AffineNode(last, affine.ToMap(Weights(parameters, i).ToArray()), bias);
                    break;
                case ActivationLayer elementwise:
                    last = new ElementwiseNode(last, elementwise.Activation);
                    break;
            }
        }

        return new Network(input, last);
    }

    private AffineLayer Affine(int layer) => (AffineLayer)Layers[layer];
}
