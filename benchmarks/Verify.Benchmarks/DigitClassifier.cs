using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Benchmarks;

/// <summary>A fully connected network that tells digits apart: affine layers with one activation between them.</summary>
/// <remarks>Trained by Adam on the cross-entropy, from a seed that is the activation's name: the same network every time.</remarks>
internal sealed class DigitClassifier
{
    private const int Batch = 20;
    private const double Rate = 2e-3;

    private static readonly int[] Sizes = [64, 50, 50, 50, 10];

    private readonly Activation activation;
    private readonly Parameters[] weights, biases;

    private DigitClassifier(Activation activation, double spread, RandomStream random)
    {
        this.activation = activation;
        weights = [.. Layers.Select(layer => new Parameters(Sizes[layer] * Sizes[layer + 1]))];
        biases = [.. Layers.Select(layer => new Parameters(Sizes[layer + 1]))];
        foreach (var layer in Layers)
        {
            for (var i = 0; i < weights[layer].Values.Length; i++)
            {
                var scale = layer == 0 ? 1 + (spread - 1) * (i / Sizes[0]) / (Sizes[1] - 1) : 1;
                weights[layer].Values[i] = scale * random.NextGaussian() / Math.Sqrt(Sizes[layer]);
            }
        }
    }

    private static IEnumerable<int> Layers => Enumerable.Range(0, Sizes.Length - 1);

    /// <summary>Trains a network.</summary>
    /// <param name="activation">The function between the layers.</param>
    /// <param name="spread">The first layer's weights to begin with are up to so many times as large as usual, neuron by neuron.</param>
    /// <param name="radius">How far each pixel is moved, in the direction in which the loss grows, before the network learns from it.</param>
    /// <param name="digits">The images and what they show.</param>
    /// <param name="epochs">How often every image is seen.</param>
    public static DigitClassifier Train(Activation activation, double spread, double radius, IReadOnlyList<Digit> digits, int epochs)
    {
        var random = RandomStream.From($"digits, {activation.Name}", 0);
        var classifier = new DigitClassifier(activation, spread, random);
        var order = Enumerable.Range(0, digits.Count).ToArray();
        var step = 0;
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            for (var i = order.Length - 1; i > 0; i--)
            {
                var other = random.NextInt(i + 1);
                (order[i], order[other]) = (order[other], order[i]);
            }

            foreach (var batch in order.Chunk(Batch))
            {
                Digit[] some = [.. batch.Select(index => digits[index])];
                classifier.Learn(some, classifier.Attack(some, radius), ++step);
            }
        }

        return classifier;
    }

    /// <summary>The digit that an image is taken for.</summary>
    public int Answer(double[] pixels)
    {
        var scores = Forward(pixels, 1)[^1];
        return Array.IndexOf(scores, scores.Max());
    }

    /// <summary>The network of a digit's score minus that of every other digit, the differences part of the last layer.</summary>
    public Network Margins(int digit)
    {
        var input = new InputNode(Sizes[0]);
        Node node = input;
        foreach (var layer in Layers.SkipLast(1))
        {
            var affine = new AffineNode(node, new DenseMap(weights[layer].Values, Sizes[layer + 1], Sizes[layer]), biases[layer].Values);
            node = new ElementwiseNode(affine, activation);
        }

        var (last, bias, width) = (weights[^1].Values, biases[^1].Values, Sizes[^2]);
        var others = Enumerable.Range(0, Sizes[^1]).Where(other => other != digit).ToArray();
        var matrix = new double[others.Length * width];
        for (var i = 0; i < matrix.Length; i++) matrix[i] = last[digit * width + i % width] - last[others[i / width] * width + i % width];
        return new Network(
            input, new AffineNode(node, new DenseMap(matrix, others.Length, width), [.. others.Select(other => bias[digit] - bias[other])]));
    }

    /// <summary>What each layer reads, and the scores: at even places the affine layers' inputs, at odd ones their outputs.</summary>
    private List<double[]> Forward(double[] pixels, int count)
    {
        var values = new List<double[]> { pixels };
        foreach (var layer in Layers)
        {
            var z = new double[count * Sizes[layer + 1]];
            for (var i = 0; i < z.Length; i++) z[i] = biases[layer].Values[i % Sizes[layer + 1]];
            MatrixProduct.AccumulateTransposed<double>(values[^1], weights[layer].Values, z, count, Sizes[layer], Sizes[layer + 1]);
            values.Add(z);
            if (layer < Sizes.Length - 2) values.Add(Array.ConvertAll(z, activation.Value));
        }

        return values;
    }

    /// <summary>The images, each pixel moved by a radius in the direction in which the loss grows.</summary>
    /// <remarks>Source: Goodfellow et al. 2015, arXiv 1412.6572.</remarks>
    private double[] Attack(Digit[] digits, double radius)
    {
        double[] pixels = [.. digits.SelectMany(digit => digit.Pixels)];
        var adjoint = Backward(digits, Forward(pixels, digits.Length), (_, _) => { });
        for (var i = 0; i < pixels.Length; i++) pixels[i] += radius * Math.Sign(adjoint[i]);
        return pixels;
    }

    /// <summary>One step down the mean cross-entropy of some images as they were attacked.</summary>
    private void Learn(Digit[] digits, double[] pixels, int step)
    {
        var values = Forward(pixels, digits.Length);
        var gradients = new (double[] Weights, double[] Biases)[Sizes.Length - 1];
        Backward(digits, values, (layer, adjoint) =>
        {
            var (inputs, outputs, x) = (Sizes[layer], Sizes[layer + 1], values[2 * layer]);
            var (gradient, biasGradient) = (new double[inputs * outputs], new double[outputs]);
            for (var i = 0; i < adjoint.Length; i++)
            {
                var (row, output) = (i / outputs, i % outputs);
                biasGradient[output] += adjoint[i];
                for (var j = 0; j < inputs; j++) gradient[output * inputs + j] += adjoint[i] * x[row * inputs + j];
            }

            gradients[layer] = (gradient, biasGradient);
        });
        foreach (var layer in Layers)
        {
            weights[layer].Descend(gradients[layer].Weights, step, Rate);
            biases[layer].Descend(gradients[layer].Biases, step, Rate);
        }
    }

    /// <summary>The derivatives of the mean cross-entropy by the pixels; those by every layer's outputs are visited on the way.</summary>
    private double[] Backward(Digit[] digits, List<double[]> values, Action<int, double[]> visit)
    {
        var adjoint = new double[values[^1].Length];
        for (var row = 0; row < digits.Length; row++)
        {
            var scores = values[^1].AsSpan(row * Sizes[^1], Sizes[^1]);
            var (largest, sum) = (double.NegativeInfinity, 0.0);
            foreach (var score in scores) largest = Math.Max(largest, score);
            foreach (var score in scores) sum += Math.Exp(score - largest);
            for (var i = 0; i < scores.Length; i++)
                adjoint[row * Sizes[^1] + i] = (Math.Exp(scores[i] - largest) / sum - (i == digits[row].Label ? 1 : 0)) / digits.Length;
        }

        foreach (var layer in Layers.Reverse())
        {
            visit(layer, adjoint);
            var before = new double[digits.Length * Sizes[layer]];
            MatrixProduct.Accumulate<double>(adjoint, weights[layer].Values, before, digits.Length, Sizes[layer + 1], Sizes[layer]);
            if (layer > 0)
            {
                var z = values[2 * layer - 1];
                for (var i = 0; i < before.Length; i++) before[i] *= activation.Derivative.Value(z[i]);
            }

            adjoint = before;
        }

        return adjoint;
    }

    /// <summary>Numbers that are learned, and what Adam remembers of their gradients.</summary>
    private sealed class Parameters(int count)
    {
        private readonly double[] mean = new double[count], square = new double[count];

        public double[] Values { get; } = new double[count];

        /// <remarks>Source: Kingma and Ba 2015, arXiv 1412.6980.</remarks>
        public void Descend(double[] gradient, int step, double rate)
        {
            var length = rate * Math.Sqrt(1 - Math.Pow(0.999, step)) / (1 - Math.Pow(0.9, step));
            for (var i = 0; i < gradient.Length; i++)
            {
                mean[i] += 0.1 * (gradient[i] - mean[i]);
                square[i] += 0.001 * (gradient[i] * gradient[i] - square[i]);
                Values[i] -= length * mean[i] / (Math.Sqrt(square[i]) + 1e-8);
            }
        }
    }
}

/// <summary>An image of 8 × 8 pixels from 0 to 1, and the digit that it shows.</summary>
internal sealed record Digit(double[] Pixels, int Label)
{
    /// <summary>The images of a CSV file: 64 columns of pixels from 0 to 16, and one called <c>label</c>.</summary>
    public static Digit[] Read(string path) =>
        [.. CsvSamples.Read(path, new CsvSelection { Label = "label" }).Samples.Select(sample =>
            new Digit([.. sample.Values.Select(value => value / 16)], (int)sample.Label!))];
}
