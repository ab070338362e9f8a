using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>The product of the norms of all layers, a bound of a network's Lipschitz constant; sums where branches meet.</summary>
internal static class LayerNorms
{
    // A Gram matrix of that order takes a second.
    private const int MostRows = 1200;
    private const long MostEntries = 1 << 24;

    /// <param name="network">The network.</param>
    /// <param name="norm">The norm of inputs and outputs.</param>
    /// <param name="bounds">Bounds of its nodes, where the inputs are bounded.</param>
    public static double Product(Network network, Norm norm, PartBounds? bounds)
    {
        var constants = new double[network.Nodes.Length];
        for (var k = 0; k < constants.Length; k++)
        {
            constants[k] = network.Nodes[k] switch
            {
                AffineNode affine => affine.Terms.Aggregate(0.0, (sum, term) => Rounding.Up(sum + Times(OfMap(term.Map, norm), Of(term.Source)))),
                ElementwiseNode function => Times(Steepest(function), Of(function.Source)),
                ProductNode product => OfProduct(product),
                _ => 1,
            };
        }

        return constants[^1];

        double Of(Node node) => constants[network.IndexOf(node)];

        double Steepest(ElementwiseNode node)
        {
            var source = network.IndexOf(node.Source);
            var (lower, upper) = DerivativeRange.Of(node, bounds?.Lower(source), bounds?.Upper(source));
            return Math.Max(-lower.Min(), upper.Max());
        }

        // d(XY) = dX Y + X dY: a row of dX meets Yᵀ, a column of dY meets X.
        double OfProduct(ProductNode node)
        {
            if (bounds is null) return double.PositiveInfinity;
            var (left, right) = (bounds.Largest(network.IndexOf(node.Left)), bounds.Largest(network.IndexOf(node.Right)));
            var dual = norm switch { Norm.L1 => Norm.Linf, Norm.Linf => Norm.L1, _ => Norm.L2 };
            var (ofLeft, ofRight) = (0.0, 0.0);
            for (var b = 0; b < node.Batch; b++)
            {
                ofRight = Math.Max(ofRight, MatrixNorms.OfSizes(left.AsSpan(b * node.Rows * node.Inner, node.Rows * node.Inner), node.Rows, node.Inner, norm));
                ofLeft = Math.Max(ofLeft, MatrixNorms.OfSizes(right.AsSpan(b * node.Inner * node.Columns, node.Inner * node.Columns), node.Inner, node.Columns, dual));
            }

            return Rounding.Up(Times(ofLeft, Of(node.Left)) + Times(ofRight, Of(node.Right)));
        }
    }

    private static double OfMap(LinearMap map, Norm norm)
    {
        if (norm != Norm.L2) return LargestSum(norm == Norm.L1 ? map.Transpose : map);
        var mean = Rounding.Up(Math.Sqrt(Rounding.Up(LargestSum(map) * LargestSum(map.Transpose))));
        if (map is SelectionMap or BlockSumMap or ScaleMap) return mean; // It moves elements, or adds up some.
        var blocks = (map as DenseMap)?.Blocks ?? 1;
        var (rows, columns) = (map.OutputSize / blocks, map.InputSize / blocks);
        if (Math.Min(rows, columns) <= MostRows && (long)rows * columns <= MostEntries)
        {
            var (matrix, row) = (new double[rows * columns], new double[map.InputSize]);
            for (var i = 0; i < rows; i++)
            {
                Array.Clear(row);
                map.AccumulateRow(i, row);
                row.AsSpan(0, columns).CopyTo(matrix.AsSpan(i * columns, columns));
            }

            // Entries of a composition are rounded, by γ|L| at most.
            var rounding = map is CompositionMap ? 2 * Rounding.Gamma(map.LongestInnerProduct + 8) * mean : 0;
            mean = Math.Min(mean, Rounding.Up(MatrixNorms.Upper(matrix, rows, columns, Norm.L2) + rounding));
        }
        else if (map is ConvolutionMap convolution)
        {
            mean = Math.Min(mean, ConvolutionSymbol.Upper(convolution));
        }

        return map is CompositionMap pair ? Math.Min(mean, Times(OfMap(pair.Outer, norm), OfMap(pair.Inner, norm))) : mean;
    }

    /// <summary>The largest sum of a row of |L|.</summary>
    private static double LargestSum(LinearMap map)
    {
        var (ones, largest) = (new double[map.InputSize], 0.0);
        Array.Fill(ones, 1);
        foreach (var sum in map.Abs.Apply(ones)) largest = Math.Max(largest, sum);
        return map is SelectionMap or BlockSumMap ? largest : largest * (1 + 4 * Rounding.Gamma(map.LongestInnerProduct + 8));
    }

    // What does not depend on the input has the constant zero, however steep what follows.
    private static double Times(double a, double b) => a == 0 || b == 0 ? 0 : Rounding.Up(a * b);
}
