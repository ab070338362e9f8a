using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>
/// Planes below and above every product x·y of a product node: the mean of the two McCormick planes on either side,
/// x·y ∈ cᵧ x + cₓ y − cₓ cᵧ ± rₓ rᵧ for x ∈ cₓ ± rₓ and y ∈ cᵧ ± rᵧ.
/// </summary>
/// <remarks>
/// All planes between the two McCormick planes of a side enclose the same volume, and those of the mean have the same
/// slopes below and above, so that a batch of matrix products stays one. Source: McCormick 1976.
/// </remarks>
internal sealed class ProductPlanes
{
    private ProductPlanes(double[] leftCenters, double[] rightCenters, double[] offsets, double[] radii)
    {
        (LeftCenters, RightCenters, Offsets, Radii) = (leftCenters, rightCenters, offsets, radii);
    }

    /// <summary>cₓ: regions × left size.</summary>
    public double[] LeftCenters { get; }

    /// <summary>cᵧ: regions × right size.</summary>
    public double[] RightCenters { get; }

    /// <summary>−Σ cₓ cᵧ: regions × size.</summary>
    public double[] Offsets { get; }

    /// <summary>Σ rₓ rᵧ, rounded up, with the rounding error of the offsets: regions × size.</summary>
    public double[] Radii { get; }

    public static ProductPlanes Of(ProductNode node, NodeBounds bounds)
    {
        var (leftCenters, leftRadii) = Center(bounds.Lower(node.Left), bounds.Upper(node.Left));
        var (rightCenters, rightRadii) = Center(bounds.Lower(node.Right), bounds.Upper(node.Right));
        var regions = bounds.Regions.Length;
        var (offsets, radii) = (new double[regions * node.Size], new double[regions * node.Size]);
        var gamma = 2 * Numerics.Rounding.Gamma(node.Inner + 4);
        var next = 0;
        for (var b = 0; b < regions * node.Batch; b++)
        {
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++, next++)
                {
                    var (offset, radius, magnitude) = (0.0, 0.0, 0.0);
                    for (var k = 0; k < node.Inner; k++)
                    {
                        var x = (b * node.Rows + i) * node.Inner + k;
                        var y = (b * node.Inner + k) * node.Columns + j;
                        offset -= leftCenters[x] * rightCenters[y];
                        radius += leftRadii[x] * rightRadii[y];
                        magnitude += Math.Abs(leftCenters[x] * rightCenters[y]);
                    }

                    offsets[next] = offset;
                    radii[next] = radius + gamma * (radius + magnitude) + double.Epsilon * node.Inner;
                }
            }
        }

        return new ProductPlanes(leftCenters, rightCenters, offsets, radii);
    }

    private static (double[] Centers, double[] Radii) Center(ReadOnlySpan<double> low, ReadOnlySpan<double> high)
    {
        var (centers, radii) = (new double[low.Length], new double[low.Length]);
        for (var i = 0; i < low.Length; i++)
        {
            centers[i] = low[i] == high[i] ? low[i] : low[i] / 2 + high[i] / 2;
            radii[i] = low[i] == high[i] ? 0 : Math.BitIncrement(Math.Max(high[i] - centers[i], centers[i] - low[i]));
        }

        return (centers, radii);
    }
}
