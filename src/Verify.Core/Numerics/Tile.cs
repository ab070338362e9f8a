using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RobustVerify.Core.Numerics;

/// <summary>A number that the compiler knows, for a type parameter.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}

internal readonly struct One : IConstant
{
    public static int Value => 1;
}

internal readonly struct Two : IConstant
{
    public static int Value => 2;
}

internal readonly struct Three : IConstant
{
    public static int Value => 3;
}

internal readonly struct Four : IConstant
{
    public static int Value => 4;
}

internal readonly struct Eight : IConstant
{
    public static int Value => 8;
}

/// <summary>Where the factors of the terms of a sum lie, one term after another.</summary>
internal interface ITerms
{
    /// <summary>The distance of the left factor, a number, from the first row's first.</summary>
    nint Left { get; }

    /// <summary>The distance of the right factor, a row of numbers, from the first.</summary>
    nint Right { get; }

    /// <summary>Goes on to the next term.</summary>
    void Next();
}

/// <summary>Left factors that follow one another, and rows at even distances.</summary>
internal struct RowTerms(nint stride) : ITerms
{
    public nint Left { get; private set; }

    public nint Right { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        Left++;
        Right += stride;
    }
}

/// <summary>Factors at even distances.</summary>
internal struct EvenTerms(nint leftStride, nint rightStride) : ITerms
{
    public nint Left { get; private set; }

    public nint Right { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        Left += leftStride;
        Right += rightStride;
    }
}

/// <summary>The innermost loop of a matrix product: a tile of the result that stays in registers.</summary>
internal static unsafe class Tile
{
    /// <summary>The largest height of a tile that is not above either number.</summary>
    public static int Height(int rows, int tileRows) => Math.Min(tileRows, rows switch { >= 8 => 8, >= 4 => 4, >= 2 => 2, _ => 1 });

    /// <summary>A tile of a height that <see cref="Height"/> gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate<T, TVector, TLanes, TVectors, TTerms>(
        int height, T* a, nint aStride, T* b, TTerms terms, T* c, nint cStride, T* s, nint sStride, int depth)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TVectors : struct, IConstant
        where TTerms : struct, ITerms
    {
        switch (height)
        {
            case 8: Accumulate<T, TVector, TLanes, Eight, TVectors, TTerms>(a, aStride, b, terms, c, cStride, s, sStride, depth); break;
            case 4: Accumulate<T, TVector, TLanes, Four, TVectors, TTerms>(a, aStride, b, terms, c, cStride, s, sStride, depth); break;
            case 2: Accumulate<T, TVector, TLanes, Two, TVectors, TTerms>(a, aStride, b, terms, c, cStride, s, sStride, depth); break;
            default: Accumulate<T, TVector, TLanes, One, TVectors, TTerms>(a, aStride, b, terms, c, cStride, s, sStride, depth); break;
        }
    }

    /// <summary>c = s + Σₖ aₖ bₖ for a tile of TRows rows and TVectors vectors of columns.</summary>
    /// <remarks>
    /// The number of rows and of vectors is part of the type, so that the conditions below are decided when the method is
    /// compiled, each size has its own branch-free loop, and the sums never leave the registers. Eight rows of three
    /// vectors are 24 sums, three vectors of b and one broadcast element of a: 28 of 32 registers. Each sum is a chain
    /// of multiply–adds in the order of k; 24 independent chains hide their latency. A chain begins with its row's number in s,
    /// or where there is none, with c.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<T, TVector, TLanes, TRows, TVectors, TTerms>(
        T* a, nint aStride, T* b, TTerms terms, T* c, nint cStride, T* s, nint sStride, int depth)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TRows : struct, IConstant
        where TVectors : struct, IConstant
        where TTerms : struct, ITerms
    {
        T* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride, a6 = a5 + aStride, a7 = a6 + aStride;
        Strip<T, TVector, TLanes, TVectors> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;

        var begun = s == null;
        c0.Begin(c, s, begun);
        if (TRows.Value >= 2) c1.Begin(c + cStride, s + sStride, begun);
        if (TRows.Value >= 4)
        {
            c2.Begin(c + 2 * cStride, s + 2 * sStride, begun);
            c3.Begin(c + 3 * cStride, s + 3 * sStride, begun);
        }

        if (TRows.Value >= 8)
        {
            c4.Begin(c + 4 * cStride, s + 4 * sStride, begun);
            c5.Begin(c + 5 * cStride, s + 5 * sStride, begun);
            c6.Begin(c + 6 * cStride, s + 6 * sStride, begun);
            c7.Begin(c + 7 * cStride, s + 7 * sStride, begun);
        }

        for (nint k = 0; k < depth; k++)
        {
            Strip<T, TVector, TLanes, TVectors> row = default;
            row.Load(b + terms.Right);
            var i = terms.Left;
            terms.Next();

            c0.Add(a[i], row);
            if (TRows.Value >= 2) c1.Add(a1[i], row);
            if (TRows.Value >= 4)
            {
                c2.Add(a2[i], row);
                c3.Add(a3[i], row);
            }

            if (TRows.Value >= 8)
            {
                c4.Add(a4[i], row);
                c5.Add(a5[i], row);
                c6.Add(a6[i], row);
                c7.Add(a7[i], row);
            }
        }

        c0.Store(c);
        if (TRows.Value >= 2) c1.Store(c + cStride);
        if (TRows.Value >= 4)
        {
            c2.Store(c + 2 * cStride);
            c3.Store(c + 3 * cStride);
        }

        if (TRows.Value >= 8)
        {
            c4.Store(c + 4 * cStride);
            c5.Store(c + 5 * cStride);
            c6.Store(c + 6 * cStride);
            c7.Store(c + 7 * cStride);
        }
    }

    /// <summary>One row of a tile: one vector, two or three.</summary>
    private struct Strip<T, TVector, TLanes, TVectors>
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TVectors : struct, IConstant
    {
        private TVector first, second, third;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Load(T* source)
        {
            first = TLanes.Load(source);
            if (TVectors.Value >= 2) second = TLanes.Load(source + TLanes.Count);
            if (TVectors.Value >= 3) third = TLanes.Load(source + 2 * TLanes.Count);
        }

        // The tile that follows begins where this one ends: its sums are on their way from memory while this one computes.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Begin(T* source, T* start, bool begun)
        {
            if (begun)
            {
                Load(source);
            }
            else
            {
                first = TLanes.Broadcast(*start);
                second = first;
                third = first;
            }

            if (!Sse.IsSupported || TVectors.Value < 3) return;
            Sse.Prefetch0(source + 3 * TLanes.Count);
            Sse.Prefetch0(source + 4 * TLanes.Count);
            Sse.Prefetch0(source + 5 * TLanes.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(T* target)
        {
            TLanes.Store(first, target);
            if (TVectors.Value >= 2) TLanes.Store(second, target + TLanes.Count);
            if (TVectors.Value >= 3) TLanes.Store(third, target + 2 * TLanes.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(T factor, in Strip<T, TVector, TLanes, TVectors> row)
        {
            var broadcast = TLanes.Broadcast(factor);
            first = TLanes.FusedMultiplyAdd(broadcast, row.first, first);
            if (TVectors.Value >= 2) second = TLanes.FusedMultiplyAdd(broadcast, row.second, second);
            if (TVectors.Value >= 3) third = TLanes.FusedMultiplyAdd(broadcast, row.third, third);
        }
    }
}
