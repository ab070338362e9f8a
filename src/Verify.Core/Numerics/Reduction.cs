using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>Sums over vectors, in an order that is the same on every machine.</summary>
/// <remarks>
/// Element i belongs to lane i mod 8. Each lane is a chain of fused multiply–adds; the eight are then added in pairs.
/// Where vectors of 512 bits are missing, the runtime makes one of two or four narrower ones, with the same bits.
/// </remarks>
public static class Reduction
{
    /// <summary>Σ aᵢ bᵢ, off by at most γₙ Σ|aᵢ bᵢ| for n elements.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Check(a, b);
        var (sums, i) = (Vector512<double>.Zero, 0);
        for (; i <= a.Length - 8; i += 8) sums = Vector512.FusedMultiplyAdd(Vector512.Create(a[i..]), Vector512.Create(b[i..]), sums);
        var lanes = new Lanes(sums);
        for (var lane = 0; i < a.Length; i++, lane++) lanes[lane] = Math.FusedMultiplyAdd(a[i], b[i], lanes[lane]);
        return lanes.Sum;
    }

    /// <summary>Σ |aᵢ| bᵢ for nonnegative b, rounded up: never below the exact sum.</summary>
    public static double AbsDot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Check(a, b);
        var (sums, i) = (Vector512<double>.Zero, 0);
        for (; i <= a.Length - 8; i += 8)
            sums = Vector512.FusedMultiplyAdd(Vector512.Abs(Vector512.Create(a[i..])), Vector512.Create(b[i..]), sums);
        var lanes = new Lanes(sums);
        for (var lane = 0; i < a.Length; i++, lane++) lanes[lane] = Math.FusedMultiplyAdd(Math.Abs(a[i]), b[i], lanes[lane]);

        // No term is negative, so but for underflow the exact sum is at most computed / (1 − γ), which 2 γ exceeds by far
        // enough to cover the roundings of this line itself.
        var sum = lanes.Sum;
        return Rounding.Up(sum + (2 * Rounding.Gamma(a.Length) * sum + a.Length * double.Epsilon));
    }

    /// <summary>The sum of eight lanes.</summary>
    public static double Sum(Vector512<double> lanes) => new Lanes(lanes).Sum;

    private static void Check(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (a.Length != b.Length) throw new ArgumentException($"Vectors of {a.Length} and {b.Length} elements have no inner product.");
    }

    [InlineArray(8)]
    private struct Lanes
    {
        private double first;

        public Lanes(Vector512<double> vector) => vector.CopyTo((Span<double>)this);

        public readonly double Sum => (this[0] + this[4] + (this[2] + this[6])) + (this[1] + this[5] + (this[3] + this[7]));
    }
}
