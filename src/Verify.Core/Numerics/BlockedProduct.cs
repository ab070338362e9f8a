using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace RobustVerify.Core.Numerics;

/// <summary>The loops around the tiles of a matrix product, after Goto and van de Geijn 2008.</summary>
/// <remarks>
/// Each element of the result is one chain of fused multiply–adds, c ← fma(aₖ, bₖ, c) for k = 0, 1, …, whatever the
/// blocks, the width of the vectors, the number of rows or of threads: blocks of k continue the chain where the last one
/// left it in c. So an element has the same bits on every machine and in every batch, and n terms mean n roundings.
/// </remarks>
internal static unsafe class BlockedProduct
{
    // A block of b is Depth × Panels · 3 vectors, for the second cache: 192 KiB with vectors of 512 bits, half of that with
    // 256. Eight rows of a, Depth long, are 16 KiB of double, for the first: a is read where it is, and only b is packed.
    private const int Depth = 256;
    private const int Panels = 4;

    // Rows that are too few for packing b to pay. They read it where it lies, in strips of a few of its rows, each from
    // end to end, which is what memory delivers fastest.
    private const int FewRows = 16;
    private const int StripDepth = 16;

    private const int Alignment = 64;

    [ThreadStatic]
    private static byte[]? workspace;

    /// <summary>c += a · b.</summary>
    /// <param name="a">rows × inner, its rows contiguous.</param>
    /// <param name="aStride">The distance of two rows of a.</param>
    /// <param name="b">inner × columns.</param>
    /// <param name="c">rows × columns.</param>
    /// <param name="cRow">The distance of two rows of c.</param>
    /// <param name="cColumn">The distance of two columns of c.</param>
    /// <param name="rows">Rows of a and of c.</param>
    /// <param name="inner">Terms of each sum.</param>
    /// <param name="columns">Columns of b and of c.</param>
    /// <param name="fresh">Whether c holds nothing yet: its chains, of at least one term, begin with zero.</param>
    public static void Accumulate<T, TRight>(
        T* a, nint aStride, TRight b, T* c, nint cRow, nint cColumn, int rows, int inner, int columns, bool fresh = false)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRight : struct, IRightFactor<T>
    {
        var vectors = typeof(T) == typeof(double) || typeof(T) == typeof(float);
        if (vectors && Vector512.IsHardwareAccelerated)
            Accumulate<T, Vector512<T>, Lanes512<T>, TRight>(a, aStride, b, c, cRow, cColumn, rows, inner, columns, fresh);
        else if (vectors && Vector256.IsHardwareAccelerated && Fma.IsSupported)
            Accumulate<T, Vector256<T>, Lanes256<T>, TRight>(a, aStride, b, c, cRow, cColumn, rows, inner, columns, fresh);
        else if (vectors && AdvSimd.Arm64.IsSupported)
            Accumulate<T, Vector128<T>, Lanes128<T>, TRight>(a, aStride, b, c, cRow, cColumn, rows, inner, columns, fresh);
        else
            Accumulate<T, T, Lanes1<T>, TRight>(a, aStride, b, c, cRow, cColumn, rows, inner, columns, fresh);
    }

    /// <summary>The same with vectors of a given width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<T, TVector, TLanes, TRight>(
        T* a, nint aStride, TRight b, T* c, nint cRow, nint cColumn, int rows, int inner, int columns, bool fresh = false)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TRight : struct, IRightFactor<T>
    {
        var panelWidth = 3 * TLanes.Count;
        var blockWidth = Panels * panelWidth;
        var scratch = stackalloc T[TLanes.TileRows * panelWidth];
        var buffer = workspace ??= GC.AllocateUninitializedArray<byte>(
            Depth * Panels * 3 * Vector512<byte>.Count + 2 * Alignment, pinned: true);
        var block = (T*)(((nuint)Unsafe.AsPointer(ref buffer[0]) + Alignment - 1) & ~(nuint)(Alignment - 1));

        var done = rows <= FewRows && b.HasContiguousRows(out var data, out var stride)
            ? InPlace<T, TVector, TLanes>(a, aStride, data, stride, c, cRow, cColumn, rows, inner, columns, fresh)
            : 0;
        for (var j = done; j < columns; j += blockWidth)
        {
            var width = Math.Min(blockWidth, columns - j);
            for (var k = 0; k < inner; k += Depth)
            {
                var depth = Math.Min(Depth, inner - k);
                for (var p = 0; p < width; p += panelWidth)
                {
                    // What an unfilled lane holds is computed with and dropped, but subnormal leftovers would be slow.
                    var panel = block + p * Depth;
                    if (width - p < panelWidth) new Span<T>(panel, depth * panelWidth).Clear();
                    b.Pack(k, j + p, depth, Math.Min(panelWidth, width - p), panel, panelWidth);
                }

                for (var i = 0; i < rows;)
                {
                    var height = Tile.Height(rows - i, TLanes.TileRows);
                    for (var p = 0; p < width; p += panelWidth)
                    {
                        Panel<T, TVector, TLanes>(
                            a + i * aStride + k, aStride, block + p * Depth, c + i * cRow + (j + p) * cColumn, cRow, cColumn,
                            scratch, height, depth, Math.Min(panelWidth, width - p), fresh && k == 0);
                    }

                    i += height;
                }
            }
        }
    }

    /// <summary>The product with as many columns of b as fill panels, without packing; their number is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int InPlace<T, TVector, TLanes>(
        T* a, nint aStride, T* b, nint bStride, T* c, nint cRow, nint cColumn, int rows, int inner, int columns, bool fresh)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
    {
        if (cColumn != 1) return 0;
        var panelWidth = 3 * TLanes.Count;
        var whole = columns - columns % panelWidth;
        for (var k = 0; k < inner; k += StripDepth)
        {
            var depth = Math.Min(StripDepth, inner - k);
            for (var j = 0; j < whole; j += panelWidth)
            {
                for (var i = 0; i < rows;)
                {
                    var height = Tile.Height(rows - i, TLanes.TileRows);
                    Multiply<T, TVector, TLanes, Three>(a + i * aStride + k, aStride, b + k * bStride + j, bStride, c + i * cRow + j, cRow, height, depth, fresh && k == 0);
                    i += height;
                }
            }
        }

        return whole;
    }

    /// <summary>One panel of b: a tile of three vectors, or where fewer columns are left, tiles of one vector each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel<T, TVector, TLanes>(
        T* a, nint aStride, T* panel, T* c, nint cRow, nint cColumn, T* scratch, int height, int depth, int width, bool fresh)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
    {
        if (width == 3 * TLanes.Count)
        {
            Through<T, TVector, TLanes, Three>(a, aStride, panel, c, cRow, cColumn, scratch, height, depth, width, fresh);
            return;
        }

        for (var j = 0; j < width; j += TLanes.Count)
        {
            Through<T, TVector, TLanes, One>(
                a, aStride, panel + j, c + j * cColumn, cRow, cColumn, scratch, height, depth, Math.Min(TLanes.Count, width - j), fresh);
        }
    }

    /// <summary>
    /// One tile, directly in c where its columns are contiguous and fill the vectors, else in a copy. Lanes beyond the
    /// last column are dropped.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Through<T, TVector, TLanes, TVectors>(
        T* a, nint aStride, T* panel, T* c, nint cRow, nint cColumn, T* scratch, int height, int depth, int width, bool fresh)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TVectors : struct, IConstant
    {
        nint tileWidth = TVectors.Value * TLanes.Count;
        if (width == tileWidth && cColumn == 1)
        {
            Multiply<T, TVector, TLanes, TVectors>(a, aStride, panel, 3 * TLanes.Count, c, cRow, height, depth, fresh);
            return;
        }

        for (var i = 0; i < height && !fresh; i++)
            for (var j = 0; j < width; j++) scratch[i * tileWidth + j] = c[i * cRow + j * cColumn];
        Multiply<T, TVector, TLanes, TVectors>(a, aStride, panel, 3 * TLanes.Count, scratch, tileWidth, height, depth, fresh);
        for (var i = 0; i < height; i++)
            for (var j = 0; j < width; j++) c[i * cRow + j * cColumn] = scratch[i * tileWidth + j];
    }

    private static void Multiply<T, TVector, TLanes, TVectors>(
        T* a, nint aStride, T* b, nint bStride, T* c, nint cStride, int height, int depth, bool fresh)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TVectors : struct, IConstant
    {
        var zero = default(T);
        Tile.Accumulate<T, TVector, TLanes, TVectors, RowTerms>(height, a, aStride, b, new RowTerms(bStride), c, cStride, fresh ? &zero : null, 0, depth);
    }
}
