using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RobustVerify.Core.Numerics;

/// <summary>Products with a matrix that holds a vector in each column: few, so that a row of it is a few vectors of the machine.</summary>
/// <remarks>
/// A tile reads rows where they lie, whichever a sum takes, so nothing is packed, gathered or padded. Each element is one chain of fused
/// multiply–adds in the order of its terms, whatever the width of the vectors and the number of columns.
/// </remarks>
internal static unsafe class ColumnProduct
{
    /// <summary>c = s + Σₖ aₖ bₖ, row by row.</summary>
    /// <param name="a">The left factors of the first row's first term.</param>
    /// <param name="aRow">The distance of the factors of two rows.</param>
    /// <param name="b">The first row that <paramref name="terms"/> count from.</param>
    /// <param name="terms">Which left factors and which rows of b a sum takes.</param>
    /// <param name="depth">How many terms.</param>
    /// <param name="c">The result, rows × columns.</param>
    /// <param name="cRow">The distance of two rows of c.</param>
    /// <param name="s">What the sums of each row begin with, or null where they begin with c.</param>
    /// <param name="sRow">The distance of two rows' numbers in s.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Columns of b and of c.</param>
    public static void Accumulate<T, TTerms>(
        T* a, nint aRow, T* b, TTerms terms, int depth, T* c, nint cRow, T* s, nint sRow, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TTerms : struct, ITerms
    {
        if (Vector512.IsHardwareAccelerated)
            Accumulate<T, Vector512<T>, Lanes512<T>, TTerms>(a, aRow, b, terms, depth, c, cRow, s, sRow, rows, columns);
        else if (Vector256.IsHardwareAccelerated && Fma.IsSupported)
            Accumulate<T, Vector256<T>, Lanes256<T>, TTerms>(a, aRow, b, terms, depth, c, cRow, s, sRow, rows, columns);
        else if (AdvSimd.Arm64.IsSupported)
            Accumulate<T, Vector128<T>, Lanes128<T>, TTerms>(a, aRow, b, terms, depth, c, cRow, s, sRow, rows, columns);
        else
            Accumulate<T, T, Lanes1<T>, TTerms>(a, aRow, b, terms, depth, c, cRow, s, sRow, rows, columns);
    }

    /// <summary>The same with vectors of a given width; columns that fill none of them are computed one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<T, TVector, TLanes, TTerms>(
        T* a, nint aRow, T* b, TTerms terms, int depth, T* c, nint cRow, T* s, nint sRow, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TTerms : struct, ITerms
    {
        var column = 0;
        while (columns - column >= TLanes.Count)
        {
            // Four are two and two: a single vector has too few chains.
            var vectors = (columns - column) / TLanes.Count is var left && left is 3 or > 4 ? 3 : Math.Min(left, 2);
            for (var i = 0; i < rows;)
            {
                var height = Tile.Height(rows - i, TLanes.TileRows);
                T* factors = a + i * aRow, to = c + i * cRow + column, start = s == null ? s : s + i * sRow;
                switch (vectors)
                {
                    case 3: Tile.Accumulate<T, TVector, TLanes, Three, TTerms>(height, factors, aRow, b + column, terms, to, cRow, start, sRow, depth); break;
                    case 2: Tile.Accumulate<T, TVector, TLanes, Two, TTerms>(height, factors, aRow, b + column, terms, to, cRow, start, sRow, depth); break;
                    default: Tile.Accumulate<T, TVector, TLanes, One, TTerms>(height, factors, aRow, b + column, terms, to, cRow, start, sRow, depth); break;
                }

                i += height;
            }

            column += vectors * TLanes.Count;
        }

        if (column < columns) Accumulate<T, T, Lanes1<T>, TTerms>(a, aRow, b + column, terms, depth, c + column, cRow, s, sRow, rows, columns - column);
    }
}
