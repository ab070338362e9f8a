using System.Numerics;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Bounds;

/// <summary>The adjoint of a product node that is linearized at centers: it carries rows back to both factors. For one thread.</summary>
internal sealed class ProductAdjoint<T>(ProductNode node) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int leftSize = node.Rows * node.Inner, rightSize = node.Inner * node.Columns, size = node.Rows * node.Columns;
    private readonly T[] turned = new T[node.Rows * node.Columns];
    private readonly T[] turnedRight = new T[node.Inner * node.Columns];

    /// <summary>left += a · Cᵧᵀ and right += Cₓᵀ · a, for every matrix of the batch.</summary>
    /// <param name="a">The coefficients of the node.</param>
    /// <param name="leftCenters">Cₓ of the row's region.</param>
    /// <param name="rightCenters">Cᵧ of the row's region.</param>
    /// <param name="left">The coefficients of the left factor, added to.</param>
    /// <param name="right">Those of the right factor, added to.</param>
    public void Back(
        ReadOnlySpan<T> a, ReadOnlySpan<T> leftCenters, ReadOnlySpan<T> rightCenters, Span<T> left, Span<T> right)
    {
        for (var b = 0; b < node.Batch; b++)
        {
            var upstream = a.Slice(b * size, size);
            MatrixProduct.AccumulateTransposed(
                upstream, rightCenters.Slice(b * rightSize, rightSize), left.Slice(b * leftSize, leftSize), node.Rows, node.Columns, node.Inner);

            // Cₓᵀ · a as (aᵀ · Cₓ)ᵀ, since the kernel transposes its second factor only.
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++) turned[j * node.Rows + i] = upstream[i * node.Columns + j];
            }

            Array.Clear(turnedRight);
            MatrixProduct.Accumulate<T>(turned, leftCenters.Slice(b * leftSize, leftSize), turnedRight, node.Columns, node.Rows, node.Inner);
            var to = right.Slice(b * rightSize, rightSize);
            for (var k = 0; k < node.Inner; k++)
            {
                for (var j = 0; j < node.Columns; j++) to[k * node.Columns + j] += turnedRight[j * node.Inner + k];
            }
        }
    }
}
