using System.Numerics.Tensors;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>z = W y + b, with what its numbers are off by.</summary>
/// <param name="Rows">Elements of z.</param>
/// <param name="Columns">Elements of y.</param>
/// <param name="Matrix">rows × columns.</param>
/// <param name="Size">At least the absolute values of the matrix, and of the terms that its entries are the sums of.</param>
/// <param name="Bias">b.</param>
/// <param name="BiasSize">The same of b.</param>
/// <param name="Roundings">The numbers are off by at most γ of so many roundings times their sizes.</param>
internal sealed record ChainLayer(int Rows, int Columns, double[] Matrix, double[] Size, double[] Bias, double[] BiasSize, int Roundings);

/// <summary>A network in which matrices and elementwise functions take turns.</summary>
/// <param name="Layers">The matrices, one more than functions.</param>
/// <param name="Functions">The functions.</param>
internal sealed record Chain(ChainLayer[] Layers, ElementwiseNode[] Functions)
{
    private const long MostEntries = 1 << 24;

    /// <summary>The number of the first neuron of every function, and that of all neurons.</summary>
    public int[] First { get; } = [.. Functions.Aggregate(new List<int> { 0 }, (first, function) => [.. first, first[^1] + function.Size])];

    /// <summary>The function and the element of it that a neuron is.</summary>
    public (int Function, int Element) Neuron(int number)
    {
        var function = Array.FindLastIndex(First, first => first <= number);
        return (function, number - First[function]);
    }

    /// <summary>The chain that a network is, or null.</summary>
    public static Chain? Of(Network network)
    {
        var (layers, functions) = (new List<ChainLayer>(), new List<ElementwiseNode>());
        for (var node = network.Output; ;)
        {
            if (Layer(ref node) is not { } layer) return null;
            layers.Add(layer);
            if (node is InputNode) break;
            if (node is not ElementwiseNode function) return null;
            functions.Add(function);
            node = function.Source;
        }

        layers.Reverse();
        functions.Reverse();
        return new Chain([.. layers], [.. functions]);
    }

    /// <summary>The affine nodes that end in a node, as one layer; the node becomes what is before them.</summary>
    private static ChainLayer? Layer(ref Node node)
    {
        var (rows, isFirst, roundings) = (node.Size, true, 0);
        double[] matrix = [], size = [], bias = new double[rows], biasSize = new double[rows];
        while (node is AffineNode { Terms: [var (source, map)] } affine)
        {
            if ((long)rows * source.Size > MostEntries || (long)rows * node.Size > MostEntries) return null;
            var (product, productSize) = (new double[rows * source.Size], new double[rows * source.Size]);
            if (isFirst)
            {
                for (var i = 0; i < rows; i++) map.AccumulateRow(i, product.AsSpan(i * source.Size, source.Size));
                TensorPrimitives.Abs(product, productSize);
                affine.Bias.CopyTo(bias);
                affine.BiasMagnitude.CopyTo(biasSize);
                if (map is CompositionMap)
                {
                    Array.Clear(productSize);
                    for (var i = 0; i < rows; i++) map.Abs.AccumulateRow(i, productSize.AsSpan(i * source.Size, source.Size));
                    roundings += map.LongestInnerProduct + 4;
                }
            }
            else
            {
                map.Transpose.Accumulate<double>(matrix, product, rows);
                map.Abs.Transpose.Accumulate<double>(size, productSize, rows);
                for (var i = 0; i < rows; i++)
                {
                    bias[i] += Reduction.Dot(matrix.AsSpan(i * node.Size, node.Size), affine.Bias);
                    biasSize[i] += Reduction.AbsDot(size.AsSpan(i * node.Size, node.Size), affine.BiasMagnitude);
                }

                roundings += map.LongestInnerProduct + node.Size + 4;
            }

            (matrix, size, node, isFirst) = (product, productSize, source, false);
        }

        if (isFirst)
        {
            if ((long)rows * rows > MostEntries) return null;
            matrix = new double[rows * rows];
            for (var i = 0; i < rows; i++) matrix[i * rows + i] = 1;
            size = matrix;
        }

        return new ChainLayer(rows, matrix.Length / rows, matrix, size, bias, biasSize, roundings);
    }
}
