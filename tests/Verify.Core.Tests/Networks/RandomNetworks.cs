using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Networks;

/// <summary>Small networks whose right answers are known or can be sampled.</summary>
internal static class RandomNetworks
{
    /// <summary>The activations that are defined everywhere.</summary>
    public static Activation[] Activations { get; } =
    [
        ReLU.Instance, Tanh.Instance, Sigmoid.Instance, Exp.Instance, Atan.Instance, Erf.Instance, Gelu.Instance, HardSwish.Instance,
        Mish.Instance, SigmoidGate.Silu, SigmoidGate.GeluTanh, Sine.Sin, Sine.Cos, Fraction.Instance, Softplus.Instance, Softsign.Instance, Quadratic.Square,
        Power.Of(3), ExponentialUnit.Selu, ExponentialUnit.Elu(1.5), PiecewiseLinear.Step, PiecewiseLinear.Sign, PiecewiseLinear.HardTanh,
        PiecewiseLinear.HardSigmoid(0.2, 0.5), PiecewiseLinear.ThresholdedReLU(0.3), PiecewiseLinear.LeakyReLU(0.1),
    ];

    /// <summary>A fully connected network with random weights.</summary>
    public static Network Dense(Random random, Activation activation, params int[] sizes)
    {
        var input = new InputNode(sizes[0]);
        Node node = input;
        for (var k = 1; k < sizes.Length; k++)
        {
            node = new AffineNode(node, RandomDense(random, sizes[k], sizes[k - 1]), RandomVector(random, sizes[k], 0.5));
            if (k < sizes.Length - 1) node = new ElementwiseNode(node, activation);
        }

        return new Network(input, node);
    }

    /// <summary>A network in which a node has two consumers, and a product of two computed tensors.</summary>
    public static Network WithProduct(Random random, Activation activation, int inputs)
    {
        var input = new InputNode(inputs);
        var hidden = new ElementwiseNode(new AffineNode(input, RandomDense(random, 6, inputs), RandomVector(random, 6, 0.5)), activation);
        var left = new AffineNode(hidden, RandomDense(random, 6, 6), RandomVector(random, 6, 0.5));
        var right = new AffineNode(
            [new AffineTerm(hidden, RandomDense(random, 6, 6)), new AffineTerm(input, RandomDense(random, 6, inputs))],
            RandomVector(random, 6, 0.5));
        var product = new ProductNode(left, right, batch: 1, rows: 2, inner: 3, columns: 2);
        var output = new AffineNode(
            [new AffineTerm(product, RandomDense(random, 3, 4)), new AffineTerm(hidden, RandomDense(random, 3, 6))],
            RandomVector(random, 3, 0.5));
        return new Network(input, output);
    }

    /// <summary>A convolution, its activation, a transposed convolution and a dense layer.</summary>
    public static Network Convolutional(Random random, Activation activation)
    {
        var shape = new ConvolutionShape(2, 5, 4, 4, 3, 2, StrideHeight: 2, PadTop: 1, PadBottom: 1, PadLeft: 1, Groups: 2);
        var input = new InputNode(shape.InputSize);
        var hidden = new ElementwiseNode(
            new AffineNode(input, new ConvolutionMap(shape, RandomVector(random, shape.WeightSize, 1)), RandomVector(random, shape.OutputSize, 0.3)),
            activation);
        var up = new ElementwiseNode(
            new AffineNode(hidden, new ConvolutionMap(shape, RandomVector(random, shape.WeightSize, 0.5)).Transpose, RandomVector(random, shape.InputSize, 0.3)),
            activation);
        return new Network(input, new AffineNode(up, RandomDense(random, 3, shape.InputSize), RandomVector(random, 3, 0.5)));
    }

    /// <summary>The network DY of dyadic weights from an integer generator, so that every language gets the same bits.</summary>
    public static Network Dyadic(uint seed, params int[] sizes)
    {
        double Next()
        {
            seed = (1103515245 * seed + 12345) & 0x7fffffff;
            return (((seed >> 16) & 255) - 128.0) / 128;
        }

        var input = new InputNode(sizes[0]);
        Node node = input;
        for (var k = 1; k < sizes.Length; k++)
        {
            var weights = Enumerable.Range(0, sizes[k] * sizes[k - 1]).Select(_ => Next()).ToArray();
            var bias = Enumerable.Range(0, sizes[k]).Select(_ => Next() / 2).ToArray();
            node = new AffineNode(node, new DenseMap(weights, sizes[k], sizes[k - 1]), bias);
            if (k < sizes.Length - 1) node = new ElementwiseNode(node, ReLU.Instance);
        }

        return new Network(input, node);
    }

    public static DenseMap RandomDense(Random random, int rows, int columns) =>
        new(RandomVector(random, rows * columns, 1.5 / Math.Sqrt(columns)), rows, columns);

    public static double[] RandomVector(Random random, int size, double scale) =>
        [.. Enumerable.Range(0, size).Select(_ => scale * (2 * random.NextDouble() - 1))];
}
