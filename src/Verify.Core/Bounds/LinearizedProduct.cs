using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Bounds;

/// <summary>The planes of a product node in single precision, for searching only.</summary>
internal sealed class LinearizedProduct(ProductNode node, ProductPlanes planes)
{
    private readonly ProductAdjoint<float> adjoint = new(node);
    private readonly float[] leftCenters = Single(planes.LeftCenters);
    private readonly float[] rightCenters = Single(planes.RightCenters);
    private readonly float[] offsets = Single(planes.Offsets);
    private readonly float[] radii = Single(planes.Radii);
    private readonly int leftSize = node.Rows * node.Inner, rightSize = node.Inner * node.Columns, size = node.Rows * node.Columns;

    /// <summary>Carries coefficients of a region's product back to both factors, added to.</summary>
    public void Back(int region, ReadOnlySpan<float> a, Span<float> left, Span<float> right) => adjoint.Back(
        a,
        leftCenters.AsSpan(region * node.Left.Size, node.Left.Size),
        rightCenters.AsSpan(region * node.Right.Size, node.Right.Size),
        left,
        right);

    /// <summary>Carries values of both factors forward through the planes that the coefficients choose.</summary>
    public void Forward(int region, ReadOnlySpan<float> a, ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> y)
    {
        var first = region * node.Size;
        for (var i = 0; i < node.Size; i++) y[i] = offsets[first + i] - Math.Sign(a[i]) * radii[first + i];
        for (var b = 0; b < node.Batch; b++)
        {
            var to = y.Slice(b * size, size);
            MatrixProduct.Accumulate<float>(
                left.Slice(b * leftSize, leftSize), RightCenters(region, b), to, node.Rows, node.Inner, node.Columns);
            MatrixProduct.Accumulate<float>(
                LeftCenters(region, b), right.Slice(b * rightSize, rightSize), to, node.Rows, node.Inner, node.Columns);
        }
    }

    private ReadOnlySpan<float> LeftCenters(int region, int b) => leftCenters.AsSpan((region * node.Batch + b) * leftSize, leftSize);

    private ReadOnlySpan<float> RightCenters(int region, int b) => rightCenters.AsSpan((region * node.Batch + b) * rightSize, rightSize);

    private static float[] Single(double[] values) => Array.ConvertAll(values, value => (float)value);
}
