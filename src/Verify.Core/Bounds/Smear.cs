using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds;

/// <summary>How steeply linear functions of the output may rise along each input, over a region: Σ over all paths of |derivative|.</summary>
/// <remarks>
/// The derivative of a ReLU is the mean one, the slope of its chord, so that one which is hardly ever active counts hardly
/// anything; that of another activation is the largest. An overestimate, since paths that cancel are added up; it is rounded to
/// nearest and proves nothing. What is far from zero here and near zero in the gradient of a bound is what relaxations lose.
/// Source: the smear of Wang et al. 2018, arXiv 1804.10829.
/// </remarks>
internal static class Smear
{
    /// <summary>For each region, the smear of Σ aᵢ yᵢ along each input: regions × input size.</summary>
    /// <param name="bounds">The bounds of every node.</param>
    /// <param name="coefficients">|a| of each region: regions × output size.</param>
    public static double[] Of(NodeBounds bounds, double[] coefficients)
    {
        var network = bounds.Network;
        var regions = bounds.Regions.Length;
        var rows = network.Nodes.Select(node => new double[regions * node.Size]).ToArray();
        coefficients.CopyTo(rows[^1], 0);
        for (var i = network.Nodes.Length - 1; i > 0; i--)
        {
            switch (network.Nodes[i])
            {
                case AffineNode affine:
                    foreach (var (source, map) in affine.Terms)
                        map.Abs.Transpose.Accumulate<double>(rows[i], rows[network.IndexOf(source)], regions);
                    break;
                case ElementwiseNode node:
                    var to = rows[network.IndexOf(node.Source)];
                    var low = bounds.Lower(node.Source);
                    var high = bounds.Upper(node.Source);
                    for (var k = 0; k < to.Length; k++)
                    {
                        if (rows[i][k] != 0) to[k] += rows[i][k] * Steepness(node.Activation, low[k], high[k]);
                    }

                    break;
                case ProductNode product:
                    Through(product, rows[i], bounds, rows[network.IndexOf(product.Left)], rows[network.IndexOf(product.Right)]);
                    break;
            }
        }

        return rows[0];
    }

    private static double Steepness(Activation activation, double low, double high)
    {
        if (activation is ReLU) return !(high > 0) ? 0 : low >= 0 || !double.IsFinite(high - low) ? 1 : high / (high - low);
        if (!(low < high) || !activation.IsDefinedOn(low, high)) return 1;
        var (least, most) = Slir.SlopeRange(activation, low, high);
        return Math.Max(Math.Abs(least), Math.Abs(most));
    }

    private static void Through(ProductNode node, double[] a, NodeBounds bounds, double[] left, double[] right)
    {
        var (x, y) = (bounds.Magnitude(node.Left), bounds.Magnitude(node.Right));
        var next = 0;
        for (var b = 0; b < bounds.Regions.Length * node.Batch; b++)
        {
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++, next++)
                {
                    for (var k = 0; k < node.Inner; k++)
                    {
                        var (p, q) = ((b * node.Rows + i) * node.Inner + k, (b * node.Inner + k) * node.Columns + j);
                        left[p] += a[next] * y[q];
                        right[q] += a[next] * x[p];
                    }
                }
            }
        }
    }
}
