using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>Steps of a row whose coefficients meet one number where they are positive and another where they are negative.</summary>
/// <remarks>Eight lanes on every machine, so that sums have one order. A coefficient that is zero counts nothing, whatever it meets.</remarks>
internal static class Kernels
{
    /// <summary>Σ aᵢ·(pᵢ where aᵢ is positive, nᵢ where it is negative).</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> p, ReadOnlySpan<double> n)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pp = ref MemoryMarshal.GetReference(p);
        ref var pn = ref MemoryMarshal.GetReference(n);
        var (sums, whole) = (Vector512<double>.Zero, a.Length & ~7);
        for (nuint i = 0; i < (nuint)whole; i += 8)
        {
            var coefficient = Vector512.LoadUnsafe(ref pa, i);
            if (Vector512.EqualsAll(coefficient, Vector512<double>.Zero)) continue;
            var met = Vector512.ConditionalSelect(
                Vector512.GreaterThan(coefficient, Vector512<double>.Zero), Vector512.LoadUnsafe(ref pp, i), Vector512.LoadUnsafe(ref pn, i));
            sums += coefficient * met & ~Vector512.Equals(coefficient, Vector512<double>.Zero);
        }

        var sum = Reduction.Sum(sums);
        for (var i = whole; i < a.Length; i++)
        {
            if (a[i] != 0) sum += a[i] * (a[i] > 0 ? p[i] : n[i]);
        }

        return sum;
    }

    /// <summary>result += a ⊙ (p where a is positive, n where it is negative).</summary>
    public static void Accumulate(ReadOnlySpan<double> a, ReadOnlySpan<double> p, ReadOnlySpan<double> n, Span<double> result)
    {
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pp = ref MemoryMarshal.GetReference(p);
        ref var pn = ref MemoryMarshal.GetReference(n);
        ref var pr = ref MemoryMarshal.GetReference(result);
        var whole = a.Length & ~7;
        for (nuint i = 0; i < (nuint)whole; i += 8)
        {
            var coefficient = Vector512.LoadUnsafe(ref pa, i);
            if (Vector512.EqualsAll(coefficient, Vector512<double>.Zero)) continue;
            var met = Vector512.ConditionalSelect(
                Vector512.GreaterThan(coefficient, Vector512<double>.Zero), Vector512.LoadUnsafe(ref pp, i), Vector512.LoadUnsafe(ref pn, i));
            Vector512.FusedMultiplyAdd(coefficient, met, Vector512.LoadUnsafe(ref pr, i)).StoreUnsafe(ref pr, i);
        }

        for (var i = whole; i < a.Length; i++) result[i] = Math.FusedMultiplyAdd(a[i], a[i] > 0 ? p[i] : n[i], result[i]);
    }
}
