using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Optimization;

/// <summary>The affine functions that a network of piecewise linear activations is made of over a region, one for every pattern of lines.</summary>
/// <remarks>
/// <para>
/// Requires continuous piecewise linear activations, no products, and bounds of every node over a box. A pattern says for each open neuron,
/// one whose argument reaches several lines of its activation, which of them it is on. Given a pattern every element of every node is an affine function of the
/// inputs; of a free neuron, two neighbouring lines are allowed, and what the second adds to the first is one more variable.
/// </para>
/// <para>
/// The functions are found by one evaluation of the network in which every input, every free neuron and the constant are a row
/// of their own, and every activation is its line. What comes before the first open neuron is found once. Immutable; threads may share it.
/// </para>
/// </remarks>
internal sealed class LinearPieces
{
    private readonly Network network;
    private readonly double[]?[] settled; // of nodes behind which no neuron is open
    private readonly Lines[] lines; // of elementwise nodes
    private readonly (int First, int Count)[] neuronsOf;

    private LinearPieces(NodeBounds bounds, Lines[] lines)
    {
        (network, this.lines) = (bounds.Network, lines);
        var region = bounds.Regions[0];
        Inputs = [.. Enumerable.Range(0, region.Size).Where(j => region.Lower[j] < region.Upper[j])];
        settled = new double[network.Nodes.Length][];
        neuronsOf = new (int, int)[network.Nodes.Length];
        var neurons = ImmutableArray.CreateBuilder<OpenNeuron>();
        settled[0] = new double[(1 + Inputs.Length) * region.Size];
        for (var j = 0; j < region.Size; j++) settled[0]![j] = region.Lower[j];
        for (var v = 0; v < Inputs.Length; v++) (settled[0]![Inputs[v]], settled[0]![(1 + v) * region.Size + Inputs[v]]) = (0, 1);
        for (var n = 1; n < network.Nodes.Length; n++)
        {
            if (network.Nodes[n] is ElementwiseNode node)
            {
                neuronsOf[n].First = neurons.Count;
                var low = bounds.Lower(node.Source);
                var high = bounds.Upper(node.Source);
                for (var i = 0; i < node.Size; i++)
                {
                    if (lines[n].From(low[i]) < lines[n].At(high[i])) neurons.Add(new OpenNeuron(node, i, low[i], high[i], lines[n]));
                }

                neuronsOf[n].Count = neurons.Count - neuronsOf[n].First;
            }

            var depends = neuronsOf[n].Count > 0 || network.Nodes[n].Sources.Any(source => settled[network.IndexOf(source)] is null);
            if (!depends) settled[n] = Through(n, settled, [], [], bounds);
        }

        Neurons = neurons.ToImmutable();
        Bounds = bounds;
    }

    /// <summary>The bounds that tell which neurons are open.</summary>
    public NodeBounds Bounds { get; }

    /// <summary>The inputs that vary.</summary>
    public ImmutableArray<int> Inputs { get; }

    /// <summary>The open neurons, from the input of the network to its output.</summary>
    public ImmutableArray<OpenNeuron> Neurons { get; }

    /// <summary>Entries of the program of a piece: what a pivot costs.</summary>
    public long Entries => 1 + (long)Inputs.Length * Neurons.Length;

    /// <summary>The pieces of a network over the first region of its bounds; null where it is not made of such, or the region is no box.</summary>
    public static LinearPieces? Of(NodeBounds bounds)
    {
        var lines = new Lines[bounds.Network.Nodes.Length];
        if (!bounds.Regions[0].IsBox) return null;
        for (var n = 0; n < lines.Length; n++)
        {
            switch (bounds.Network.Nodes[n])
            {
                case ProductNode: return null;
                case ElementwiseNode node when Lines.Of(node.Activation) is { } own: lines[n] = own; break;
                case ElementwiseNode: return null;
            }
        }

        return new(bounds, lines);
    }

    /// <summary>The line that every open neuron is on at an input; the lower one where it is between two.</summary>
    /// <param name="evaluation">The network at that input.</param>
    public int[] PatternOf(Evaluation<double> evaluation)
    {
        var pattern = new int[Neurons.Length];
        for (var k = 0; k < pattern.Length; k++) pattern[k] = Neurons[k].Lines.At(evaluation[Neurons[k].Node.Source][Neurons[k].Element]);
        return pattern;
    }

    /// <summary>For every node, the constant, then the coefficients of every input that varies and of every free neuron: (1 + inputs + free) × size.</summary>
    /// <param name="pattern">The line of every open neuron; of a free one the lower of its two.</param>
    /// <param name="free">The free neurons, increasing.</param>
    public double[][] Under(ReadOnlySpan<int> pattern, ReadOnlySpan<int> free)
    {
        var functions = (double[][])settled.Clone();
        for (var n = 0; n < functions.Length; n++) functions[n] ??= Through(n, functions, pattern, free, Bounds);
        return functions;
    }

    private double[] Through(int n, double[]?[] functions, ReadOnlySpan<int> pattern, ReadOnlySpan<int> free, NodeBounds bounds)
    {
        var node = network.Nodes[n];
        var result = new double[(1 + Inputs.Length + free.Length) * node.Size];
        if (node is AffineNode affine)
        {
            affine.Bias.CopyTo(result);
            foreach (var (source, map) in affine.Terms)
            {
                var from = functions[network.IndexOf(source)]!;
                map.Accumulate(from, result, from.Length / source.Size);
            }

            return result;
        }

        var elementwise = (ElementwiseNode)node;
        var own = lines[n];
        var low = bounds.Lower(elementwise.Source);
        var (slopes, argument, next) = (new double[node.Size], functions[network.IndexOf(elementwise.Source)]!, neuronsOf[n].First);
        for (var i = 0; i < node.Size; i++)
        {
            var isOpen = next < neuronsOf[n].First + neuronsOf[n].Count && Neurons[next].Element == i;
            var line = isOpen ? pattern[next++] : own.From(low[i]);
            (slopes[i], result[i]) = (own.Slopes[line], own.Intercepts[line]);
        }

        for (var at = 0; at < argument.Length; at += node.Size)
        {
            for (var i = 0; i < node.Size; i++) result[at + i] += slopes[i] * argument[at + i];
        }

        for (var t = 0; t < free.Length; t++)
        {
            var neuron = Neurons[free[t]];
            if (neuron.Node == node) result[(1 + Inputs.Length + t) * node.Size + neuron.Element] = own.Slopes[pattern[free[t]] + 1] - own.Slopes[pattern[free[t]]];
        }

        return result;
    }
}

/// <summary>A neuron whose argument reaches several lines of its activation.</summary>
/// <param name="Node">The activation.</param>
/// <param name="Element">Which element of it.</param>
/// <param name="Low">The least value of the argument.</param>
/// <param name="High">The largest value of the argument.</param>
/// <param name="Lines">The lines.</param>
internal sealed record OpenNeuron(ElementwiseNode Node, int Element, double Low, double High, Lines Lines);
