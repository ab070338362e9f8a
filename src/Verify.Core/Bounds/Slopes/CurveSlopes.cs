using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>Lines at an activation of any other shape: every row has positions of its own in the family of lines.</summary>
/// <remarks>A row holds its positions below the function first, those above it after them: rows × 2 × size.</remarks>
internal sealed class CurveSlopes : RowSlopes
{
    private const float FirstStep = 0.05f;

    private readonly LineFamily family;
    private readonly double[] magnitude;
    private readonly int[] originalRegionOf;
    private readonly float[] positions, best, gradients;
    private readonly Adam adam;

    // The line that each element uses at present, and how it changes with its position.
    private readonly float[] slopes, offsets, slopeRates, offsetRates;

    public CurveSlopes(ElementwiseNode node, NodeBounds bounds, LineFamily family, int[] regionOf, Pooled pool, NarrowedElement[][]? narrowed = null)
        : base(node, regionOf, narrowed)
    {
        var length = regionOf.Length * Size;
        (this.family, magnitude, originalRegionOf) = (family, bounds.Magnitude(node.Source), regionOf);
        (slopes, offsets, slopeRates, offsetRates) = (pool.Any(length), pool.Any(length), pool.Any(length), pool.Any(length));
        (positions, gradients, adam) = (pool.Any(2 * length), new float[2 * Size], new Adam(2 * length, pool));
        for (var row = 0; row < regionOf.Length; row++)
        {
            family.Start.AsSpan(regionOf[row] * 2 * Size, 2 * Size).CopyTo(positions.AsSpan(row * 2 * Size));
            foreach (var (element, on) in NarrowedAtFirst(row))
            {
                for (var side = 0; side < 2; side++) positions[(2 * row + side) * Size + element] = on.Family.Start[side];
            }
        }

        best = pool.Any(2 * length);
        positions.AsSpan(0, 2 * length).CopyTo(best);
    }

    public override ReadOnlySpan<float> BestPositions => best.AsSpan(0, 2 * originalRegionOf.Length * Size);

    public override void Begin(ReadOnlySpan<float> positions)
    {
        positions.CopyTo(best);
        positions.CopyTo(this.positions);
    }

    public override void Begin(int row, ReadOnlySpan<int> elements, ReadOnlySpan<Half> positions, ReadOnlySpan<int> renewed)
    {
        var own = this.positions.AsSpan(2 * row * Size, 2 * Size);
        for (var i = 0; i < elements.Length; i++)
        {
            if (renewed.Contains(elements[i])) continue;
            own[elements[i]] = (float)positions[i];
            own[Size + elements[i]] = (float)positions[elements.Length + i];
        }

        own.CopyTo(best.AsSpan(2 * row * Size));
    }

    public override void Back(ReadOnlySpan<float> a, Span<float> result)
    {
        for (var row = 0; row < RegionOf.Length; row++)
        {
            Choose(a.Slice(row * Size, Size), row);
            foreach (var (element, on) in Narrowed(row)) Choose(a[row * Size + element], row, element, on.Family);
        }

        var length = RegionOf.Length * Size;
        TensorPrimitives.MultiplyAdd(a[..length], slopes.AsSpan(0, length), result[..length], result);
    }

    public override void Forward(ReadOnlySpan<float> a, ReadOnlySpan<float> z, Span<float> y)
    {
        var length = RegionOf.Length * Size;
        TensorPrimitives.MultiplyAdd(slopes.AsSpan(0, length), z[..length], offsets.AsSpan(0, length), y);
    }

    public override void Move(ReadOnlySpan<float> a, ReadOnlySpan<float> z, int step, ReadOnlySpan<float> lengths)
    {
        for (var row = 0; row < RegionOf.Length; row++)
        {
            Gradients(a.Slice(row * Size, Size), z.Slice(row * Size, Size), row * Size);
            var from = row * 2 * Size;
            adam.Ascend(positions.AsSpan(from, 2 * Size), gradients, from, step, FirstStep * lengths[row]);
        }
    }

    public override void Keep(int row, int original) =>
        positions.AsSpan(row * 2 * Size, 2 * Size).CopyTo(best.AsSpan(original * 2 * Size));

    public override void Restore(int row, int original) =>
        best.AsSpan(original * 2 * Size, 2 * Size).CopyTo(positions.AsSpan(row * 2 * Size));

    public override ElementwiseLines Best()
    {
        var lines = new ElementwiseLines(originalRegionOf.Length * Size);
        for (var i = 0; i < lines.LowerSlopes.Length; i++)
        {
            var (row, column) = (i / Size, i % Size);
            var (position, element) = (row * 2 * Size + column, originalRegionOf[row] * 2 * Size + column);
            var size = magnitude[originalRegionOf[row] * Size + column];
            var line = family.At(element, best[position], size);
            (lines.LowerSlopes[i], lines.LowerOffsets[i]) = (line.Slope, line.Offset);
            line = family.At(element + Size, best[position + Size], size);
            (lines.UpperSlopes[i], lines.UpperOffsets[i]) = (line.Slope, line.Offset);
        }

        for (var row = 0; row < originalRegionOf.Length; row++)
        {
            foreach (var (element, on) in NarrowedAtFirst(row))
            {
                var size = magnitude[originalRegionOf[row] * Size + element];
                var position = 2 * row * Size + element;
                lines.Set(row * Size + element, on.Family.At(0, best[position], size), on.Family.At(1, best[position + Size], size));
            }
        }

        return lines;
    }

    protected override void Copy(int from, int to)
    {
        positions.AsSpan(2 * from, 2 * Size).CopyTo(positions.AsSpan(2 * to));
        adam.Copy(2 * from, 2 * to, 2 * Size);
    }

    /// <summary>Looks up the line that each coefficient of a row chooses: below where it is positive, above where it is negative.</summary>
    /// <remarks>Without bounds checks, and without a branch on a sign that nothing predicts.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Choose(ReadOnlySpan<float> a, int row)
    {
        var count = family.Count;
        ref var position = ref positions[row * 2 * Size];
        ref var lines = ref family.Lines[RegionOf[row] * 2 * Size * 2 * count];
        ref var slope = ref slopes[row * Size];
        ref var offset = ref offsets[row * Size];
        ref var slopeRate = ref slopeRates[row * Size];
        ref var offsetRate = ref offsetRates[row * Size];
        for (var i = 0; i < a.Length; i++)
        {
            var element = i + (BitConverter.SingleToInt32Bits(a[i]) >>> 31) * a.Length;
            var scaled = Unsafe.Add(ref position, element) * (count - 1);
            var at = Math.Min((int)scaled, count - 2);
            ref var line = ref Unsafe.Add(ref lines, 2 * (element * count + at));
            var (rate, change) = (Unsafe.Add(ref line, 2) - line, Unsafe.Add(ref line, 3) - Unsafe.Add(ref line, 1));
            Unsafe.Add(ref slope, i) = line + (scaled - at) * rate;
            Unsafe.Add(ref offset, i) = Unsafe.Add(ref line, 1) + (scaled - at) * change;
            Unsafe.Add(ref slopeRate, i) = rate;
            Unsafe.Add(ref offsetRate, i) = change;
        }
    }

    /// <summary>The same for one element that has lines of its own in this row.</summary>
    private void Choose(float a, int row, int element, LineFamily own)
    {
        var side = float.IsNegative(a) ? 1 : 0;
        var scaled = positions[(2 * row + side) * Size + element] * (own.Count - 1);
        var at = Math.Min((int)scaled, own.Count - 2);
        var lines = own.Lines.AsSpan(2 * (side * own.Count + at), 4);
        var (i, rate, change) = (row * Size + element, lines[2] - lines[0], lines[3] - lines[1]);
        (slopes[i], offsets[i]) = (lines[0] + (scaled - at) * rate, lines[1] + (scaled - at) * change);
        (slopeRates[i], offsetRates[i]) = (rate, change);
    }

    /// <summary>coefficient × change of the line at the value, on the side that the coefficient chooses; 0 on the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gradients(ReadOnlySpan<float> a, ReadOnlySpan<float> z, int from)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pz = ref MemoryMarshal.GetReference(z);
        ref var ps = ref slopeRates[from];
        ref var po = ref offsetRates[from];
        ref var pg = ref gradients[0];
        var whole = a.Length & ~15;
        for (nuint i = 0; i < (nuint)whole; i += 16)
        {
            var coefficient = Vector512.LoadUnsafe(ref pa, i);
            var gradient = coefficient * (Vector512.LoadUnsafe(ref pz, i) * Vector512.LoadUnsafe(ref ps, i) + Vector512.LoadUnsafe(ref po, i));
            var isBelow = Vector512.GreaterThan(coefficient, Vector512<float>.Zero);
            Vector512.ConditionalSelect(isBelow, gradient, Vector512<float>.Zero).StoreUnsafe(ref pg, i);
            Vector512.ConditionalSelect(isBelow, Vector512<float>.Zero, gradient).StoreUnsafe(ref pg, i + (nuint)a.Length);
        }

        for (var i = whole; i < a.Length; i++)
        {
            var gradient = a[i] * (z[i] * slopeRates[from + i] + offsetRates[from + i]);
            gradients[i] = a[i] > 0 ? gradient : 0;
            gradients[i + a.Length] = a[i] > 0 ? 0 : gradient;
        }
    }
}
