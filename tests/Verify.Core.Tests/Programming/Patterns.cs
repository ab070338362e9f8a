using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>
/// The minimum of a fully connected ReLU network over a box, by one linear program in the inputs alone for every activation
/// pattern: the network is affine where the pattern holds.
/// </summary>
internal static class Patterns
{
    public static double Minimum(Network network, InputRegion region, double[] coefficients)
    {
        var layers = network.Nodes.OfType<AffineNode>().Select(node => (Weights: Matrix(node.Terms[0].Map), Bias: node.Bias.ToArray())).ToArray();
        var hidden = layers[..^1].Sum(layer => layer.Bias.Length);
        var best = double.PositiveInfinity;
        for (var pattern = 0; pattern < 1 << hidden; pattern++)
        {
            var builder = new LinearProgramBuilder();
            for (var i = 0; i < region.Size; i++) builder.Variable(region.Lower[i], region.Upper[i]);

            // Every neuron as an affine function of the input: coefficients, then the constant.
            var values = Enumerable.Range(0, region.Size).Select(i => Unit(region.Size + 1, i)).ToArray();
            var bit = 0;
            for (var layer = 0; layer < layers.Length; layer++)
            {
                var (weights, bias) = layers[layer];
                values = [.. weights.Select((row, i) => Sum(row, values, bias[i], region.Size))];
                if (layer == layers.Length - 1) break;
                foreach (var value in values)
                {
                    var isActive = (pattern >> bit++ & 1) == 1;
                    Term[] terms = [.. value[..^1].Select((c, j) => new Term(j, c))];
                    if (isActive) builder.AtLeast(terms, -value[^1]);
                    else builder.AtMost(terms, -value[^1]);
                    if (!isActive) Array.Clear(value);
                }
            }

            var output = Sum(coefficients, values, 0, region.Size);
            for (var j = 0; j < region.Size; j++) builder.Cost(j, output[j]);
            builder.Constant = output[^1];
            if (new DualSimplex(builder.Build()).Solve() is { Status: SolutionStatus.Optimal } solution) best = Math.Min(best, solution.Objective);
        }

        return best;
    }

    private static double[][] Matrix(LinearMap map)
    {
        var rows = new double[map.OutputSize][];
        for (var i = 0; i < rows.Length; i++) map.AccumulateRow(i, rows[i] = new double[map.InputSize]);
        return rows;
    }

    private static double[] Unit(int size, int index)
    {
        var unit = new double[size];
        unit[index] = 1;
        return unit;
    }

    private static double[] Sum(double[] row, double[][] values, double bias, int size)
    {
        var sum = new double[size + 1];
        sum[^1] = bias;
        for (var k = 0; k < row.Length; k++)
        {
            for (var j = 0; j <= size; j++) sum[j] += row[k] * values[k][j];
        }

        return sum;
    }
}
