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

/// <summary>The innermost loop of a matrix product: a tile of the result that stays in registers.</summary>
internal static unsafe class Tile
{
    /// <summary>c += a · b, or c = a · b where it is fresh, for a tile of TRows rows and TVectors vectors of columns.</summary>
    /// <remarks>
    /// The number of rows and of vectors is part of the type, so that the conditions below are decided when the method is
    /// compiled, each size has its own branch-free loop, and the sums never leave the registers. Eight rows of three
    /// vectors are 24 sums, three vectors of b and one broadcast element of a: 28 of 32 registers. Each sum is a chain
    /// of multiply–adds in the order of k; 24 independent chains hide their latency.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<T, TVector, TLanes, TRows, TVectors>(
        T* a, nint aStride, T* b, nint bStride, T* c, nint cStride, int depth, bool fresh)
        where T : unmanaged
        where TVector : struct
        where TLanes : struct, ILanes<T, TVector>
        where TRows : struct, IConstant
        where TVectors : struct, IConstant
    {
        T* a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride, a6 = a5 + aStride, a7 = a6 + aStride;
        Strip<T, TVector, TLanes, TVectors> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;

        c0.Begin(c, fresh);
        if (TRows.Value >= 2) c1.Begin(c + cStride, fresh);
        if (TRows.Value >= 4)
        {
            c2.Begin(c + 2 * cStride, fresh);
            c3.Begin(c + 3 * cStride, fresh);
        }

        if (TRows.Value >= 8)
        {
            c4.Begin(c + 4 * cStride, fresh);
            c5.Begin(c + 5 * cStride, fresh);
            c6.Begin(c + 6 * cStride, fresh);
            c7.Begin(c + 7 * cStride, fresh);
        }

        for (nint k = 0; k < depth; k++)
        {
            Strip<T, TVector, TLanes, TVectors> row = default;
            row.Load(b);
            b += bStride;

            c0.Add(a[k], row);
            if (TRows.Value >= 2) c1.Add(a1[k], row);
            if (TRows.Value >= 4)
            {
                c2.Add(a2[k], row);
                c3.Add(a3[k], row);
            }

            if (TRows.Value >= 8)
            {
                c4.Add(a4[k], row);
                c5.Add(a5[k], row);
                c6.Add(a6[k], row);
                c7.Add(a7[k], row);
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

    /// <summary>One row of a tile: one vector, or three.</summary>
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
            if (TVectors.Value < 3) return;
            second = TLanes.Load(source + TLanes.Count);
            third = TLanes.Load(source + 2 * TLanes.Count);
        }

        // The tile that follows begins where this one ends: its sums are on their way from memory while this one computes.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Begin(T* source, bool fresh)
        {
            if (!fresh) Load(source);
            if (!Sse.IsSupported || TVectors.Value < 3) return;
            Sse.Prefetch0(source + 3 * TLanes.Count);
            Sse.Prefetch0(source + 4 * TLanes.Count);
            Sse.Prefetch0(source + 5 * TLanes.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(T* target)
        {
            TLanes.Store(first, target);
            if (TVectors.Value < 3) return;
            TLanes.Store(second, target + TLanes.Count);
            TLanes.Store(third, target + 2 * TLanes.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(T factor, in Strip<T, TVector, TLanes, TVectors> row)
        {
            var broadcast = TLanes.Broadcast(factor);
            first = TLanes.FusedMultiplyAdd(broadcast, row.first, first);
            if (TVectors.Value < 3) return;
            second = TLanes.FusedMultiplyAdd(broadcast, row.second, second);
            third = TLanes.FusedMultiplyAdd(broadcast, row.third, third);
        }
    }
}
