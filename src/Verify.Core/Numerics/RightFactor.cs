using System.Runtime.CompilerServices;

namespace RobustVerify.Core.Numerics;

/// <summary>The right factor of a product, of inner × columns, however it lies in memory.</summary>
internal unsafe interface IRightFactor<T> where T : unmanaged
{
    /// <summary>Copies <paramref name="depth"/> × <paramref name="width"/> entries, one row after the other.</summary>
    /// <param name="k">The first row.</param>
    /// <param name="j">The first column.</param>
    /// <param name="depth">How many rows.</param>
    /// <param name="width">How many columns.</param>
    /// <param name="panel">Where to.</param>
    /// <param name="stride">The distance of two rows in the panel. Up to 64 bytes beyond the width may be overwritten.</param>
    void Pack(int k, int j, int depth, int width, T* panel, int stride);

    /// <summary>Whether the rows are contiguous in memory, and then where they begin and how far they are apart.</summary>
    bool HasContiguousRows(out T* data, out nint stride);
}

/// <summary>A matrix whose rows are contiguous.</summary>
internal readonly unsafe struct RowMajor<T>(T* data, nint rowStride) : IRightFactor<T> where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int k, int j, int depth, int width, T* panel, int stride)
    {
        var source = data + k * rowStride + j;
        for (var row = 0; row < depth; row++, source += rowStride, panel += stride)
            Unsafe.CopyBlockUnaligned(panel, source, (uint)(width * sizeof(T)));
    }

    public bool HasContiguousRows(out T* first, out nint stride)
    {
        first = data;
        stride = rowStride;
        return true;
    }
}

/// <summary>A matrix whose columns are contiguous.</summary>
internal readonly unsafe struct ColumnMajor<T>(T* data, nint columnStride) : IRightFactor<T> where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int k, int j, int depth, int width, T* panel, int stride)
    {
        // A strip of rows at a time, so that the lines of the panel being written stay in the first cache.
        const int Strip = 32;
        for (var first = 0; first < depth; first += Strip)
        {
            var last = Math.Min(first + Strip, depth);
            for (var column = 0; column < width; column++)
            {
                var source = data + (j + column) * columnStride + k;
                var target = panel + column;
                for (var row = first; row < last; row++) target[row * stride] = source[row];
            }
        }
    }

    public bool HasContiguousRows(out T* first, out nint stride)
    {
        first = null;
        stride = 0;
        return false;
    }
}
