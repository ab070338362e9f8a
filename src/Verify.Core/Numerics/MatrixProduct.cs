using System.Numerics;

namespace RobustVerify.Core.Numerics;

/// <summary>Dense matrix products on contiguous row-major memory.</summary>
public static class MatrixProduct
{
    /// <summary>c += a · b, with a of rows × inner, b of inner × columns and c of rows × columns.</summary>
    public static void Accumulate<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < inner; k++)
            {
                var factor = a[i * inner + k];
                if (factor == T.Zero) continue;
                var row = b.Slice(k * columns, columns);
                var sum = c.Slice(i * columns, columns);
                for (var j = 0; j < columns; j++) sum[j] += factor * row[j];
            }
        }
    }

    /// <summary>c += a · bᵀ, with a of rows × inner, b of columns × inner and c of rows × columns.</summary>
    public static void AccumulateTransposed<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int rows, int inner, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var sum = T.Zero;
                for (var k = 0; k < inner; k++) sum += a[i * inner + k] * b[j * inner + k];
                c[i * columns + j] += sum;
            }
        }
    }
}
