using System.Buffers;
using System.Numerics;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Bounds;

/// <summary>A term of an affine node without the elements that count nowhere in a batch of regions.</summary>
/// <remarks>
/// <para>
/// An element of the source whose interval is zero adds nothing to the node, and what a row multiplies it by adds nothing to
/// the row's bound. An element of the node that reaches nothing but ReLUs which are inactive in every region is multiplied by
/// zero: both lines of such a ReLU are zero. Leaving both kinds out changes no bound of what comes after the node.
/// </para>
/// <para>
/// What is left of a dense matrix becomes a smaller one; other maps are applied as they are. Where intervals become narrower
/// later, what was left out still does not count. Immutable: threads may share it.
/// </para>
/// </remarks>
internal sealed class LiveTerm
{
    // The part of a matrix up to which it pays to gather and scatter what is multiplied by it.
    private const double LargestPart = 0.75;

    private readonly LinearMap map;
    private readonly Elements sources;
    private readonly Elements results;
    private readonly bool isPacked;

    /// <summary>Finds what counts.</summary>
    /// <param name="node">The node.</param>
    /// <param name="term">One of its terms.</param>
    /// <param name="bounds">Bounds of the node and of its source.</param>
    public LiveTerm(AffineNode node, AffineTerm term, NodeBounds bounds)
    {
        map = term.Map;
        if (map is not DenseMap { Blocks: 1 } dense) return;
        (sources, results) = (Nonzero(term.Source, bounds), Reaching(node, bounds));
        var (columns, rows) = (sources.Live, results.Live);
        isPacked = (double)rows.Length * columns.Length <= LargestPart * map.InputSize * map.OutputSize;
        if (!isPacked || rows.Length == 0 || columns.Length == 0) return;
        var matrix = new double[rows.Length * columns.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < columns.Length; j++) matrix[i * columns.Length + j] = dense[rows[i], columns[j]];
        }

        map = new DenseMap(matrix, rows.Length, columns.Length);
    }

    /// <summary>Carries rows back: result += a · L, but for what does not count.</summary>
    /// <param name="a">rows × size of the node; what reaches only inactive ReLUs must be zero, and is not looked at.</param>
    /// <param name="result">rows × size of the source, added to; elements that are zero themselves are left alone.</param>
    /// <param name="rows">The number of rows.</param>
    public void Backward<T>(ReadOnlySpan<T> a, Span<T> result, int rows) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (isPacked) Through(map.Transpose, a, results, result, sources, rows);
        else map.Transpose.Accumulate(a, result, rows);
    }

    /// <summary>Carries values forward: y += L x, but for what does not count.</summary>
    /// <param name="x">rows × size of the source; elements that are zero are not looked at.</param>
    /// <param name="y">rows × size of the node, added to; what reaches only inactive ReLUs is left alone.</param>
    /// <param name="rows">The number of rows.</param>
    public void Forward<T>(ReadOnlySpan<T> x, Span<T> y, int rows) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (isPacked) Through(map, x, sources, y, results, rows);
        else map.Accumulate(x, y, rows);
    }

    private static void Through<T>(LinearMap map, ReadOnlySpan<T> from, Elements taken, Span<T> to, Elements given, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (width, height) = (taken.Live.Length, given.Live.Length);
        if (width == 0 || height == 0) return;
        var buffer = ArrayPool<T>.Shared.Rent(rows * (width + height));
        var x = buffer.AsSpan(0, rows * width);
        taken.Gather(from, x, rows);
        if (height == given.Size)
        {
            map.Accumulate<T>(x, to, rows);
        }
        else
        {
            // What is there already begins each sum, as it does in the whole product: then the bits are the same.
            var y = buffer.AsSpan(rows * width, rows * height);
            given.Gather<T>(to, y, rows);
            map.Accumulate<T>(x, y, rows);
            given.Scatter<T>(y, to, rows);
        }

        ArrayPool<T>.Shared.Return(buffer);
    }

    /// <summary>The elements of a node that are not zero everywhere.</summary>
    private static Elements Nonzero(Node node, NodeBounds bounds)
    {
        var low = bounds.Lower(node);
        var high = bounds.Upper(node);
        var counts = new bool[node.Size];
        for (var i = 0; i < low.Length; i++) counts[i % node.Size] |= low[i] != 0 || high[i] != 0;
        return Elements.Of(counts);
    }

    /// <summary>The elements of a node that reach more than inactive ReLUs.</summary>
    private static Elements Reaching(Node node, NodeBounds bounds)
    {
        var consumers = bounds.Network.Nodes.Where(consumer => consumer.Sources.Contains(node)).ToArray();
        var counts = new bool[node.Size];
        // What is subtracted from the coefficients of a simplex does not stay zero.
        if (consumers.Length == 0 || node.Simplex > 0 || !consumers.All(consumer => consumer is ElementwiseNode { Activation: ReLU }))
        {
            Array.Fill(counts, true);
            return Elements.Of(counts);
        }

        var high = bounds.Upper(node);
        for (var i = 0; i < high.Length; i++) counts[i % node.Size] |= !(high[i] <= 0);
        return Elements.Of(counts);
    }

    /// <summary>Some elements of a vector, in ascending order.</summary>
    private readonly record struct Elements(int Size, int[] Live)
    {
        public static Elements Of(bool[] counts) => new(counts.Length, [.. Enumerable.Range(0, counts.Length).Where(i => counts[i])]);

        public void Gather<T>(ReadOnlySpan<T> vectors, Span<T> packed, int rows)
        {
            for (var row = 0; row < rows; row++)
            {
                var from = vectors.Slice(row * Size, Size);
                var to = packed.Slice(row * Live.Length, Live.Length);
                for (var i = 0; i < to.Length; i++) to[i] = from[Live[i]];
            }
        }

        public void Scatter<T>(ReadOnlySpan<T> packed, Span<T> vectors, int rows)
        {
            for (var row = 0; row < rows; row++)
            {
                var from = packed.Slice(row * Live.Length, Live.Length);
                var to = vectors.Slice(row * Size, Size);
                for (var i = 0; i < from.Length; i++) to[Live[i]] = from[i];
            }
        }
    }
}
