using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>
/// Bounds hold in exact arithmetic, without any tolerance, for networks made to lose every digit of their results: large
/// weights that cancel, over regions so small that rounding is all there is.
/// </summary>
[Trait("Category", "Simd")]
public sealed class RoundingOfBoundsTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(1e8)]
    [InlineData(1e-150)]
    [InlineData(1e150)]
    public void No_exact_value_lies_outside_a_bound(double scale)
    {
        var random = new Random(41);
        for (var trial = 0; trial < 40; trial++)
        {
            var layers = CancellingLayers(random, scale, 3, 7, 6, 2);
            var network = ToNetwork(layers);
            var center = RandomNetworks.RandomVector(random, 3, 1);
            var region = InputRegion.Ball(center, trial % 4 == 0 ? 0 : Math.Pow(10, -trial % 17), Norm.Linf);
            var interval = IntervalPropagation.Propagate(network, [region]);
            var linear = LinearBoundPropagation.Propagate(network, [region]);
            double[] rows = [1, 0, -1, 0, 0, 1, 0, -1, 1, -1];
            var minima = linear.LowerBounds(rows);
            var optimised = LinearBoundPropagation.Propagate(network, [region], iterations: 4).LowerBounds(rows, iterations: 4);
            var points = Sampling.Points(region, 20, random);
            for (var p = 0; p < 20; p++)
            {
                var y = Exact(layers, points.AsSpan(p * 3, 3));
                for (var i = 0; i < 2; i++)
                {
                    AssertNotBelow(y[i], interval.Lower(network.Output)[i], "interval, lower");
                    AssertNotBelow(y[i] * -1, -interval.Upper(network.Output)[i], "interval, upper");
                }

                for (var row = 0; row < minima.Length; row++)
                {
                    var value = y[0] * rows[2 * row] + y[1] * rows[2 * row + 1];
                    AssertNotBelow(value, minima[row], $"linear, row {row}");
                    AssertNotBelow(value, optimised[row], $"optimised, row {row}");
                }
            }
        }
    }

    private static void AssertNotBelow(Dyadic value, double bound, string what)
    {
        if (double.IsNegativeInfinity(bound)) return;
        Assert.False(value < bound, $"{what}: an exact value lies below the bound {bound:R}.");
    }

    /// <summary>Weights in pairs that nearly cancel, so that what is left is far below the rounding of the terms.</summary>
    internal static (double[] Weights, double[] Bias, int Rows, int Columns)[] CancellingLayers(Random random, double scale, params int[] sizes)
    {
        var layers = new (double[], double[], int, int)[sizes.Length - 1];
        for (var k = 0; k < layers.Length; k++)
        {
            var (rows, columns) = (sizes[k + 1], sizes[k]);
            var weights = RandomNetworks.RandomVector(random, rows * columns, scale);
            for (var i = 1; i < weights.Length; i += 2) weights[i] = -weights[i - 1] * (1 + 1e-15 * random.Next(-3, 4));
            layers[k] = (weights, RandomNetworks.RandomVector(random, rows, scale), rows, columns);
            scale = Math.Clamp(scale, 1e-3, 1e3);
        }

        return layers;
    }

    internal static Network ToNetwork((double[] Weights, double[] Bias, int Rows, int Columns)[] layers)
    {
        var input = new InputNode(layers[0].Columns);
        Node node = input;
        for (var k = 0; k < layers.Length; k++)
        {
            if (k > 0) node = new ElementwiseNode(node, ReLU.Instance);
            node = new AffineNode(node, new DenseMap(layers[k].Weights, layers[k].Rows, layers[k].Columns), layers[k].Bias);
        }

        return new Network(input, node);
    }

    internal static Dyadic[] Exact((double[] Weights, double[] Bias, int Rows, int Columns)[] layers, ReadOnlySpan<double> x)
    {
        var y = new Dyadic[x.Length];
        for (var i = 0; i < y.Length; i++) y[i] = x[i];
        for (var k = 0; k < layers.Length; k++)
        {
            if (k > 0) y = Array.ConvertAll(y, value => value < Dyadic.Zero ? Dyadic.Zero : value);
            var (weights, bias, rows, columns) = layers[k];
            var next = new Dyadic[rows];
            for (var i = 0; i < rows; i++)
            {
                next[i] = bias[i];
                for (var j = 0; j < columns; j++) next[i] += weights[i * columns + j] * y[j];
            }

            y = next;
        }

        return y;
    }
}
