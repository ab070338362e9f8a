using System.Numerics.Tensors;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Landscape;

/// <summary>
/// Puts the hidden neurons of a network into another order, and turns the signs of those with an odd activation, so that the
/// function stays the same and the parameters come close to given ones.
/// </summary>
/// <remarks>
/// Layers between two fully connected ones are aligned, others stay. One layer after another gets its best order, an assignment
/// problem, until nothing changes: the nearest of all orders for one hidden layer, a local optimum for several. Source: Ainsworth et al. 2023, arXiv 2209.04836 (weight matching).
/// </remarks>
internal static class NeuronAlignment
{
    private const int MostSweeps = 20;

    /// <summary>Parameters of the same function as <paramref name="parameters"/>, close to <paramref name="target"/>.</summary>
    public static double[] Align(Architecture architecture, ReadOnlySpan<double> parameters, ReadOnlySpan<double> target)
    {
        // By what neurons receive, from the first layer on, a copy in another order is put back whatever the depth; it is no good start
        // for functions that differ.
        var (asTheyAre, received) = (parameters.ToArray(), parameters.ToArray());
        Sweep(architecture, received, target, receivedOnly: true);
        foreach (var start in (ReadOnlySpan<double[]>)[asTheyAre, received])
        {
            for (var sweep = 0; sweep < MostSweeps && Sweep(architecture, start, target, receivedOnly: false); sweep++)
            {
            }
        }

        return Distance(asTheyAre, target) <= Distance(received, target) ? asTheyAre : received;
    }

    /// <summary>How far apart two sets of parameters are after that.</summary>
    public static double Distance(Architecture architecture, ReadOnlySpan<double> a, ReadOnlySpan<double> b) => Distance(Align(architecture, b, a), a);

    private static double Distance(double[] a, ReadOnlySpan<double> b)
    {
        var difference = new double[a.Length];
        TensorPrimitives.Subtract(a, b, difference);
        return Math.Sqrt(Reduction.Dot(difference, difference));
    }

    /// <summary>Aligns one layer after another; returns whether anything changed.</summary>
    private static bool Sweep(Architecture architecture, double[] parameters, ReadOnlySpan<double> target, bool receivedOnly)
    {
        var changed = false;
        for (var layer = 1; layer + 1 < architecture.Layers.Length; layer++)
        {
            if (architecture.Layers[layer] is ActivationLayer function && architecture.Layers[layer - 1] is DenseLayer && architecture.Layers[layer + 1] is DenseLayer)
                changed |= Align(architecture, parameters, target, layer, isOdd: function.Activation is Tanh, receivedOnly);
        }

        return changed;
    }

    /// <summary>Aligns one layer; returns whether anything changed.</summary>
    private static bool Align(Architecture architecture, double[] parameters, ReadOnlySpan<double> target, int layer, bool isOdd, bool receivedOnly)
    {
        var size = architecture.Layers[layer].InputSize;
        var (own, wanted) = (Neurons(architecture, parameters, layer), Neurons(architecture, target, layer));
        var compared = receivedOnly ? architecture.Layers[layer - 1].InputSize + 1 : own[0].Length;
        var similarity = new double[size * size];
        for (var place = 0; place < size; place++)
            for (var neuron = 0; neuron < size; neuron++)
                similarity[place * size + neuron] = Reduction.Dot(wanted[place].AsSpan(0, compared), own[neuron].AsSpan(0, compared));
        var order = Assignment(isOdd ? Array.ConvertAll(similarity, Math.Abs) : similarity, size);
        var changed = false;
        for (var place = 0; place < size; place++)
        {
            var sign = isOdd && similarity[place * size + order[place]] < 0 ? -1 : 1;
            changed |= order[place] != place || sign < 0;
            Write(architecture, parameters, layer, place, own[order[place]], sign);
        }

        return changed;
    }

    /// <summary>Of each neuron: its weights, its bias, and its weights in the next layer.</summary>
    private static double[][] Neurons(Architecture architecture, ReadOnlySpan<double> parameters, int layer)
    {
        var (before, after) = (architecture.Layers[layer - 1], architecture.Layers[layer + 1]);
        var incoming = architecture.Weights(parameters, layer - 1);
        var bias = architecture.Bias(parameters, layer - 1);
        var outgoing = architecture.Weights(parameters, layer + 1);
        var neurons = new double[before.OutputSize][];
        for (var n = 0; n < neurons.Length; n++)
        {
            neurons[n] = [.. incoming.Slice(n * before.InputSize, before.InputSize), bias[n], .. new double[after.OutputSize]];
            for (var k = 0; k < after.OutputSize; k++) neurons[n][before.InputSize + 1 + k] = outgoing[k * after.InputSize + n];
        }

        return neurons;
    }

    private static void Write(Architecture architecture, Span<double> parameters, int layer, int place, double[] neuron, int sign)
    {
        var (before, after) = (architecture.Layers[layer - 1], architecture.Layers[layer + 1]);
        var incoming = architecture.Weights(parameters, layer - 1);
        var bias = architecture.Bias(parameters, layer - 1);
        var outgoing = architecture.Weights(parameters, layer + 1);
        for (var i = 0; i < before.InputSize; i++) incoming[place * before.InputSize + i] = sign * neuron[i];
        bias[place] = sign * neuron[before.InputSize];
        for (var k = 0; k < after.OutputSize; k++) outgoing[k * after.InputSize + place] = sign * neuron[before.InputSize + 1 + k];
    }

    /// <summary>For every place the neuron that gets it, with the largest sum of similarities: every vertex of the linear program is such an order.</summary>
    private static int[] Assignment(double[] similarity, int size)
    {
        var program = new LinearProgramBuilder();
        foreach (var value in similarity) program.Variable(0, 1, -value);
        for (var i = 0; i < size; i++)
        {
            program.Equal([.. Enumerable.Range(0, size).Select(k => new Term(i * size + k, 1))], 1);
            program.Equal([.. Enumerable.Range(0, size).Select(k => new Term(k * size + i, 1))], 1);
        }

        var values = new ManagedSolver().Solve(program.Build()).Values;
        return [.. Enumerable.Range(0, size).Select(place => Enumerable.Range(0, size).MaxBy(neuron => values[place * size + neuron]))];
    }
}
