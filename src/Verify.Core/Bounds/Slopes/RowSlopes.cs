using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>The lines that every row has for itself at one elementwise node, while better ones are searched.</summary>
/// <remarks>All arrays are rows × size, in single precision: what is found is proved in double afterwards.</remarks>
internal abstract class RowSlopes(ElementwiseNode node, int[] regionOf, NarrowedElement[][]? narrowed = null)
{
    private int[] originals = [.. Enumerable.Range(0, regionOf.Length)];

    /// <summary>The node.</summary>
    public ElementwiseNode Node => node;

    /// <summary>For each row that is still searched, its region.</summary>
    protected int[] RegionOf { get; private set; } = regionOf;

    protected int Size => node.Size;

    /// <summary>The elements of a row, told by where it was at first, that splits leave less than the region's interval.</summary>
    protected ReadOnlySpan<NarrowedElement> NarrowedAtFirst(int original) => narrowed is null ? [] : narrowed[original];

    /// <summary>The same, told by where the row is among those still searched.</summary>
    protected ReadOnlySpan<NarrowedElement> Narrowed(int row) => narrowed is null ? [] : narrowed[originals[row]];

    /// <summary>Carries coefficients of the node back through the lines that their signs choose: result += a ⊙ slope.</summary>
    public abstract void Back(ReadOnlySpan<float> a, Span<float> result);

    /// <summary>Carries values of the source forward through the same lines.</summary>
    public abstract void Forward(ReadOnlySpan<float> a, ReadOnlySpan<float> z, Span<float> y);

    /// <summary>One step uphill.</summary>
    /// <param name="a">What each row multiplies the node's values by.</param>
    /// <param name="z">The source's values at the point where each row is least.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="lengths">How long each row's steps are, as parts of its first.</param>
    public abstract void Move(ReadOnlySpan<float> a, ReadOnlySpan<float> z, int step, ReadOnlySpan<float> lengths);

    /// <summary>Remembers the lines of a row as its best.</summary>
    /// <param name="row">Where the row is among those still searched.</param>
    /// <param name="original">Where it was at first.</param>
    public abstract void Keep(int row, int original);

    /// <summary>Gives a row its best lines back.</summary>
    /// <inheritdoc cref="Keep"/>
    public abstract void Restore(int row, int original);

    /// <summary>Goes on with some of the rows only, given in ascending order.</summary>
    public void Retain(ReadOnlySpan<int> rows)
    {
        var (regions, kept) = (new int[rows.Length], new int[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            (regions[i], kept[i]) = (RegionOf[rows[i]], originals[rows[i]]);
            if (rows[i] != i) Copy(rows[i] * Size, i * Size);
        }

        (RegionOf, originals) = (regions, kept);
    }

    /// <summary>The positions of the best lines of every row, as they can be begun with over another region.</summary>
    public abstract ReadOnlySpan<float> BestPositions { get; }

    /// <summary>Begins with positions that were best elsewhere.</summary>
    public abstract void Begin(ReadOnlySpan<float> positions);

    /// <summary>Begins one row with positions of some elements, on one side after the other; not those of what its splits narrow first.</summary>
    /// <param name="row">The row.</param>
    /// <param name="elements">The elements.</param>
    /// <param name="positions">Their positions.</param>
    /// <param name="renewed">Elements that keep the lines of least area.</param>
    public abstract void Begin(int row, ReadOnlySpan<int> elements, ReadOnlySpan<Half> positions, ReadOnlySpan<int> renewed);

    /// <summary>The best lines of every row, sound.</summary>
    public abstract ElementwiseLines Best();

    /// <summary>Gives a row what another has; both are told by their first element.</summary>
    protected abstract void Copy(int from, int to);
}

/// <summary>An element that splits narrow in one row.</summary>
/// <param name="Element">Which.</param>
/// <param name="On">Its activation on what is left of the interval.</param>
internal readonly record struct NarrowedElement(int Element, SplitElement On);
