using System.Numerics;

namespace RobustVerify.Core.Numerics;

/// <summary>Dense matrix products on contiguous row-major memory.</summary>
/// <remarks>
/// Every element is one chain of fused multiply–adds in the order of the inner index, so its bits depend neither on the
/// machine nor on the other rows of the batch, and a sum of n terms has n roundings.
/// </remarks>
public static unsafe class MatrixProduct
{
    // Two vectors of 512 bits.
    private const int FewRowsInBytes = 128;

    /// <summary>c += a · b, with a of rows × inner, b of inner × columns and c of rows × columns.</summary>
    public static void Accumulate<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(a.Length, b.Length, c.Length, rows, inner, columns);
        fixed (T* pa = a, pb = b, pc = c)
        {
            BlockedProduct.Accumulate(pa, inner, new RowMajor<T>(pb, columns), pc, columns, 1, rows, inner, columns);
        }
    }

    /// <summary>c += a · bᵀ, with a of rows × inner, b of columns × inner and c of rows × columns.</summary>
    public static void AccumulateTransposed<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(a.Length, b.Length, c.Length, rows, inner, columns);
        fixed (T* pa = a, pb = b, pc = c)
        {
            // Packing takes a transposition. Of few rows against many it is the few that are transposed: cᵀ += b · aᵀ.
            if (rows * sizeof(T) <= FewRowsInBytes && rows < columns)
                BlockedProduct.Accumulate(pb, inner, new ColumnMajor<T>(pa, inner), pc, 1, columns, columns, inner, rows);
            else
                BlockedProduct.Accumulate(pa, inner, new ColumnMajor<T>(pb, inner), pc, columns, 1, rows, inner, columns);
        }
    }

    private static void Check(int a, int b, int c, int rows, int inner, int columns)
    {
        if (rows < 0 || inner < 0 || columns < 0 || a < (long)rows * inner || b < (long)inner * columns || c < (long)rows * columns)
            throw new ArgumentException($"{a}, {b} and {c} elements do not hold matrices of {rows}×{inner}, {inner}×{columns} and {rows}×{columns}.");
    }
}
