using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>Lines at a ReLU: below, one through zero of any slope from 0 to 1; above, the chord, which none is better than.</summary>
internal sealed class ReLUSlopes : RowSlopes
{
    private const float FirstStep = 0.25f;

    private readonly ElementwiseLines shared;
    private readonly int[] originalRegionOf;
    private readonly float[] chordSlopes, chordOffsets, isFree;
    private readonly float[] slopes, best, gradients;
    private readonly Adam adam;

    public ReLUSlopes(ElementwiseNode node, ElementwiseLines shared, int[] regionOf, Pooled pool, NarrowedElement[][]? narrowed = null)
        : base(node, regionOf, narrowed)
    {
        (this.shared, originalRegionOf) = (shared, regionOf);
        var length = shared.UpperSlopes.Length;
        (chordSlopes, chordOffsets, isFree) = (new float[length], new float[length], new float[length]);
        for (var i = 0; i < length; i++)
        {
            (chordSlopes[i], chordOffsets[i]) = ((float)shared.UpperSlopes[i], (float)shared.UpperOffsets[i]);
            isFree[i] = shared.UpperSlopes[i] == shared.LowerSlopes[i] ? 0 : 1;
        }

        slopes = pool.Any(regionOf.Length * Size);
        for (var row = 0; row < regionOf.Length; row++)
        {
            for (var i = 0; i < Size; i++) slopes[row * Size + i] = (float)shared.LowerSlopes[regionOf[row] * Size + i];
        }

        for (var row = 0; row < regionOf.Length; row++)
        {
            foreach (var (element, on) in NarrowedAtFirst(row)) slopes[row * Size + element] = (float)on.Below.Slope;
        }

        best = pool.Any(regionOf.Length * Size);
        slopes.AsSpan(0, regionOf.Length * Size).CopyTo(best);
        gradients = new float[Size];
        adam = new Adam(regionOf.Length * Size, pool);
    }

    public override ReadOnlySpan<float> BestPositions => best.AsSpan(0, originalRegionOf.Length * Size);

    public override void Begin(ReadOnlySpan<float> positions)
    {
        for (var i = 0; i < positions.Length; i++)
        {
            // Where there is no choice, the slope is that of the activation.
            if (isFree[originalRegionOf[i / Size] * Size + i % Size] > 0) best[i] = slopes[i] = positions[i];
        }

        for (var row = 0; row < originalRegionOf.Length; row++)
        {
            foreach (var (element, on) in NarrowedAtFirst(row)) best[row * Size + element] = slopes[row * Size + element] = (float)on.Below.Slope;
        }
    }

    public override void Begin(int row, ReadOnlySpan<int> elements, ReadOnlySpan<Half> positions, ReadOnlySpan<int> renewed)
    {
        var own = slopes.AsSpan(row * Size, Size);
        var first = originalRegionOf[row] * Size;
        for (var i = 0; i < elements.Length; i++)
        {
            if (isFree[first + elements[i]] > 0) own[elements[i]] = (float)positions[i];
        }

        foreach (var (element, on) in NarrowedAtFirst(row)) own[element] = (float)on.Below.Slope;
        own.CopyTo(best.AsSpan(row * Size));
    }

    public override void Back(ReadOnlySpan<float> a, Span<float> result)
    {
        for (var row = 0; row < RegionOf.Length; row++)
        {
            var from = row * Size;
            Back(a.Slice(from, Size), slopes.AsSpan(from, Size), chordSlopes.AsSpan(RegionOf[row] * Size, Size), result.Slice(from, Size));
            // What is told apart is linear: the line above is the one below.
            foreach (var (element, _) in Narrowed(row))
                result[from + element] += Math.Min(a[from + element], 0) * (slopes[from + element] - chordSlopes[RegionOf[row] * Size + element]);
        }
    }

    public override void Forward(ReadOnlySpan<float> a, ReadOnlySpan<float> z, Span<float> y)
    {
        for (var row = 0; row < RegionOf.Length; row++)
        {
            var (from, region) = (row * Size, RegionOf[row] * Size);
            Forward(
                a.Slice(from, Size),
                z.Slice(from, Size),
                slopes.AsSpan(from, Size),
                chordSlopes.AsSpan(region, Size),
                chordOffsets.AsSpan(region, Size),
                y.Slice(from, Size));
            foreach (var (element, _) in Narrowed(row)) y[from + element] = z[from + element] * slopes[from + element];
        }
    }

    public override void Move(ReadOnlySpan<float> a, ReadOnlySpan<float> z, int step, ReadOnlySpan<float> lengths)
    {
        for (var row = 0; row < RegionOf.Length; row++)
        {
            var from = row * Size;
            Gradient(a.Slice(from, Size), z.Slice(from, Size), isFree.AsSpan(RegionOf[row] * Size, Size), gradients);
            foreach (var (element, _) in Narrowed(row)) gradients[element] = 0;
            adam.Ascend(slopes.AsSpan(from, Size), gradients, from, step, FirstStep * lengths[row]);
        }
    }

    public override void Keep(int row, int original) => slopes.AsSpan(row * Size, Size).CopyTo(best.AsSpan(original * Size));

    public override void Restore(int row, int original) => best.AsSpan(original * Size, Size).CopyTo(slopes.AsSpan(row * Size));

    public override ElementwiseLines Best()
    {
        var lines = shared.Repeat(originalRegionOf, Size);
        // Proofs tell slopes in half precision: what is proved is what can be told.
        for (var i = 0; i < lines.LowerSlopes.Length; i++) lines.LowerSlopes[i] = (double)(Half)best[i];
        for (var row = 0; row < originalRegionOf.Length; row++)
        {
            foreach (var (element, on) in NarrowedAtFirst(row)) lines.Set(row * Size + element, on.Below, on.Above);
        }

        return lines;
    }

    protected override void Copy(int from, int to)
    {
        slopes.AsSpan(from, Size).CopyTo(slopes.AsSpan(to));
        adam.Copy(from, to, Size);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Back(ReadOnlySpan<float> a, ReadOnlySpan<float> below, ReadOnlySpan<float> above, Span<float> result)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pb = ref MemoryMarshal.GetReference(below);
        ref var pc = ref MemoryMarshal.GetReference(above);
        ref var pr = ref MemoryMarshal.GetReference(result);
        var whole = a.Length & ~15;
        for (nuint i = 0; i < (nuint)whole; i += 16)
        {
            var coefficient = Vector512.LoadUnsafe(ref pa, i);
            var slope = Vector512.ConditionalSelect(
                Vector512.GreaterThan(coefficient, Vector512<float>.Zero), Vector512.LoadUnsafe(ref pb, i), Vector512.LoadUnsafe(ref pc, i));
            (Vector512.LoadUnsafe(ref pr, i) + coefficient * slope).StoreUnsafe(ref pr, i);
        }

        for (var i = whole; i < a.Length; i++) result[i] += a[i] * (a[i] > 0 ? below[i] : above[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward(
        ReadOnlySpan<float> a, ReadOnlySpan<float> z, ReadOnlySpan<float> below, ReadOnlySpan<float> above, ReadOnlySpan<float> offsets, Span<float> y)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pz = ref MemoryMarshal.GetReference(z);
        ref var pb = ref MemoryMarshal.GetReference(below);
        ref var pc = ref MemoryMarshal.GetReference(above);
        ref var po = ref MemoryMarshal.GetReference(offsets);
        ref var py = ref MemoryMarshal.GetReference(y);
        var whole = a.Length & ~15;
        for (nuint i = 0; i < (nuint)whole; i += 16)
        {
            var (isBelow, value) = (Vector512.GreaterThan(Vector512.LoadUnsafe(ref pa, i), Vector512<float>.Zero), Vector512.LoadUnsafe(ref pz, i));
            var line = value * Vector512.LoadUnsafe(ref pc, i) + Vector512.LoadUnsafe(ref po, i);
            Vector512.ConditionalSelect(isBelow, value * Vector512.LoadUnsafe(ref pb, i), line).StoreUnsafe(ref py, i);
        }

        for (var i = whole; i < a.Length; i++) y[i] = a[i] > 0 ? z[i] * below[i] : z[i] * above[i] + offsets[i];
    }

    /// <summary>A line below that turns about zero moves the bound by coefficient × value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gradient(ReadOnlySpan<float> a, ReadOnlySpan<float> z, ReadOnlySpan<float> isFree, Span<float> gradient)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pz = ref MemoryMarshal.GetReference(z);
        ref var pf = ref MemoryMarshal.GetReference(isFree);
        ref var pg = ref MemoryMarshal.GetReference(gradient);
        var whole = a.Length & ~15;
        for (nuint i = 0; i < (nuint)whole; i += 16)
        {
            var positive = Vector512.Max(Vector512.LoadUnsafe(ref pa, i), Vector512<float>.Zero);
            (positive * Vector512.LoadUnsafe(ref pz, i) * Vector512.LoadUnsafe(ref pf, i)).StoreUnsafe(ref pg, i);
        }

        for (var i = whole; i < a.Length; i++) gradient[i] = Math.Max(a[i], 0) * z[i] * isFree[i];
    }
}
