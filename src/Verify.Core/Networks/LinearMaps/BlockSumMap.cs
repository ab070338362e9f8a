using System.Numerics.Tensors;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>Each input element is added to one output element or to none: sums over axes, and the transpose of a selection.</summary>
public sealed class BlockSumMap : LinearMap
{
    private readonly int[] blocks;

    /// <summary>Creates a map.</summary>
    /// <param name="outputSize">Elements of the result.</param>
    /// <param name="blocks">For each input element, the output element that it is added to, or −1 for none; kept, not copied.</param>
    public BlockSumMap(int outputSize, int[] blocks) : base(blocks.Length, outputSize)
    {
        this.blocks = blocks;
        var counts = new int[outputSize];
        foreach (var block in blocks)
        {
            if (block < -1 || block >= outputSize)
                throw new ArgumentException($"Element {block} is none of the {outputSize} sums.", nameof(blocks));
            if (block >= 0) LargestBlock = Math.Max(LargestBlock, ++counts[block]);
        }
    }

    /// <summary>For each input element, the output element that it is added to, or −1 for none.</summary>
    public ReadOnlySpan<int> Blocks => blocks;

    /// <inheritdoc/>
    public override int LongestInnerProduct => Math.Max(1, LargestBlock);

    private int LargestBlock { get; }

    /// <inheritdoc/>
    public override void AccumulateRow(int output, Span<double> row)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            if (blocks[i] == output) row[i]++;
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateCore<T>(ReadOnlySpan<T> x, Span<T> y, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var from = x.Slice(row * InputSize, InputSize);
            var to = y.Slice(row * OutputSize, OutputSize);
            for (var i = 0; i < blocks.Length; i++)
            {
                if (blocks[i] >= 0) to[blocks[i]] += from[i];
            }
        }
    }

    /// <inheritdoc/>
    protected override void AccumulateColumnsCore<T>(ReadOnlySpan<T> x, Span<T> y, int columns, ReadOnlySpan<T> bias)
    {
        Begin(y, columns, bias);
        for (var i = 0; i < blocks.Length; i++)
        {
            if (blocks[i] < 0) continue;
            var to = y.Slice(blocks[i] * columns, columns);
            TensorPrimitives.Add(to, x.Slice(i * columns, columns), to);
        }
    }

    /// <inheritdoc/>
    protected override LinearMap CreateTranspose() => new SelectionMap(OutputSize, blocks);

    /// <inheritdoc/>
    protected override LinearMap CreateAbs() => this;
}
