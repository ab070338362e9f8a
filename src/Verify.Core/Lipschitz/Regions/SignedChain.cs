using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>A chain of functions of two lines that meet at zero, and what it is where signs of its neurons are fixed.</summary>
/// <remarks>Signs are 1, −1, or 0 where they are not fixed, of all neurons, layer after layer. Immutable.</remarks>
internal sealed class SignedChain
{
    private readonly double[][] weights; // how much a neuron may matter to the output
    private readonly int inputs;

    /// <param name="chain">A chain of functions that have two lines.</param>
    /// <param name="region">Where its inputs lie.</param>
    public SignedChain(DenseChain chain, InputRegion region)
    {
        (Chain, inputs) = (chain, chain.Layers[0].Columns);
        Slopes = Array.ConvertAll(chain.Functions, function => SlopesOf(function.Activation)!.Value);
        Starts = new int[chain.Functions.Length + 1];
        for (var k = 0; k < chain.Functions.Length; k++) Starts[k + 1] = Starts[k] + chain.Layers[k].Rows;
        Errors = ErrorsOfInputs(region);
        weights = Weights();
    }

    /// <summary>The chain.</summary>
    public DenseChain Chain { get; }

    /// <summary>The slopes of every function.</summary>
    public (double Negative, double Positive)[] Slopes { get; }

    /// <summary>Where the neurons of every layer begin; at last, how many there are.</summary>
    public int[] Starts { get; }

    /// <summary>What the input of every neuron is off by at most, for all signs.</summary>
    public double[][] Errors { get; }

    /// <summary>The slopes of a function of two lines that meet at zero.</summary>
    public static (double Negative, double Positive)? SlopesOf(Activation activation) => activation switch
    {
        ReLU => (0, 1),
        PiecewiseLinear { Breakpoints: [0], Intercepts: [0, 0], Slopes: [var negative, var positive] } => (negative, positive),
        _ => null,
    };

    /// <summary>The signs that all neurons have over a region.</summary>
    public sbyte[] SignsOver(NodeBounds bounds)
    {
        var signs = new sbyte[Starts[^1]];
        for (var k = 0; k < Chain.Functions.Length; k++)
        {
            var from = bounds.Lower(Chain.Functions[k].Source);
            var to = bounds.Upper(Chain.Functions[k].Source);
            for (var i = 0; i < from.Length; i++) signs[Starts[k] + i] = (sbyte)(from[i] > 0 ? 1 : to[i] < 0 ? -1 : 0);
        }

        return signs;
    }

    /// <summary>The layer of a neuron.</summary>
    public int LayerOf(int neuron)
    {
        var layer = 0;
        while (Starts[layer + 1] <= neuron) layer++;
        return layer;
    }

    /// <summary>The least and the largest slope of every neuron.</summary>
    public void SetSlopes(sbyte[] signs, double[][] low, double[][] high)
    {
        for (var k = 0; k < low.Length; k++)
        {
            for (var i = 0; i < low[k].Length; i++)
            {
                var sign = signs[Starts[k] + i];
                var (negative, positive) = Slopes[k];
                (low[k][i], high[k][i]) = sign > 0 ? (positive, positive) : sign < 0 ? (negative, negative) : (Math.Min(negative, positive), Math.Max(negative, positive));
            }
        }
    }

    /// <summary>The inputs of a layer's neurons as affine functions of x, where all signs before are fixed.</summary>
    public (double[] Forms, double[] Constants) Forms(sbyte[] signs, int layer)
    {
        var (forms, constants) = (Chain.Layers[0].Matrix, Chain.Layers[0].Bias);
        for (var k = 1; k <= layer; k++)
        {
            var (next, size) = (Chain.Layers[k], Chain.Layers[k].Columns);
            var active = (double[])next.Matrix.Clone();
            for (var j = 0; j < size; j++)
            {
                var slope = SlopeAt(k - 1, signs[Starts[k - 1] + j]);
                for (var i = 0; i < next.Rows && slope != 1; i++) active[i * size + j] = slope == 0 ? 0 : slope * active[i * size + j];
            }

            var (product, bias) = (new double[next.Rows * inputs], (double[])next.Bias.Clone());
            MatrixProduct.Accumulate<double>(active, forms, product, next.Rows, size, inputs);
            for (var i = 0; i < next.Rows; i++) bias[i] += Reduction.Dot(active.AsSpan(i * size, size), constants);
            (forms, constants) = (product, bias);
        }

        return (forms, constants);
    }

    /// <summary>The undecided neurons of a layer, those that may matter most first.</summary>
    public int[] Order(sbyte[] signs, int layer, double[] forms)
    {
        var scores = new List<(double, int)>();
        for (var i = 0; i < Chain.Layers[layer].Rows; i++)
        {
            if (signs[Starts[layer] + i] != 0) continue;
            var sum = 0.0;
            foreach (var value in forms.AsSpan(i * inputs, inputs)) sum += Math.Abs(value);
            scores.Add((-sum * weights[layer][i], i));
        }

        scores.Sort();
        return [.. scores.Select(score => score.Item2)];
    }

    private double SlopeAt(int function, int sign) => sign > 0 ? Slopes[function].Positive : Slopes[function].Negative;

    /// <summary>Whether every neuron has its sign at a point of the region for certain.</summary>
    public bool HasSigns(double[] point, sbyte[] signs)
    {
        var values = point;
        for (var k = 0; k < Chain.Functions.Length; k++)
        {
            var layer = Chain.Layers[k];
            var next = (double[])layer.Bias.Clone();
            for (var i = 0; i < next.Length; i++)
            {
                next[i] += Reduction.Dot(layer.Matrix.AsSpan(i * layer.Columns, layer.Columns), values);
                var sign = signs[Starts[k] + i];
                var isIdle = next[i] == 0 && Errors[k][i] == 0 && IsIdle(layer, values, i);
                if (!isIdle && !(sign * next[i] > Errors[k][i])) return false;
                next[i] = SlopeAt(k, sign) is var slope and not 0 ? slope * next[i] : 0;
            }

            values = next;
        }

        return true;
    }

    // All that the neuron depends on is off, and its bias is zero: it is at zero near the point.
    private static bool IsIdle(DenseLayer layer, double[] values, int i)
    {
        if (layer.Bias[i] != 0) return false;
        for (var j = 0; j < layer.Columns; j++)
        {
            if (layer.Matrix[i * layer.Columns + j] != 0 && values[j] != 0) return false;
        }

        return true;
    }

    /// <summary>γ times the absolute values of all layers before a neuron, which covers its input's value and its affine form over the box.</summary>
    private double[][] ErrorsOfInputs(InputRegion region)
    {
        var result = new double[Chain.Functions.Length][];
        var magnitude = new double[inputs];
        for (var j = 0; j < inputs; j++) magnitude[j] = Math.Max(Math.Abs(region.Lower[j]), Math.Abs(region.Upper[j]));
        var roundings = 8;
        for (var k = 0; k < result.Length; k++)
        {
            var layer = Chain.Layers[k];
            roundings += layer.Columns + layer.Roundings + 12;
            var next = (double[])layer.BiasMagnitude.Clone();
            for (var i = 0; i < next.Length; i++) next[i] += Reduction.Dot(layer.Magnitude.AsSpan(i * layer.Columns, layer.Columns), magnitude);
            var gamma = 4 * Rounding.Gamma(2 * roundings + inputs);
            result[k] = Array.ConvertAll(next, value => gamma * value + 1e-300);
            var steepest = Math.Max(Math.Abs(Slopes[k].Negative), Math.Abs(Slopes[k].Positive));
            magnitude = Array.ConvertAll(next, value => steepest * value);
        }

        return result;
    }

    /// <summary>The absolute values of all layers after a neuron, summed over the outputs.</summary>
    private double[][] Weights()
    {
        var result = new double[Chain.Functions.Length][];
        var behind = new double[Chain.Layers[^1].Rows];
        Array.Fill(behind, 1);
        for (var k = result.Length - 1; k >= 0; k--)
        {
            var layer = Chain.Layers[k + 1];
            result[k] = new double[layer.Columns];
            MatrixProduct.Accumulate<double>(behind, layer.Magnitude, result[k], 1, layer.Rows, layer.Columns);
            behind = result[k];
        }

        return result;
    }
}
