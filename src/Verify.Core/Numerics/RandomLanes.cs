using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Numerics;

/// <summary>Eight random streams side by side, for filling long vectors of float32 numbers.</summary>
/// <remarks>
/// xoshiro256** in every lane, as in <see cref="RandomStream"/>, from which the lanes are seeded. Only operations that IEEE 754
/// rounds exactly are used: logarithm, sine and cosine are polynomials, to about 10⁻⁷. So the numbers are the same on every machine and with
/// every width of vectors. They have 31 random bits: the largest Gaussian is 6.7, the largest exponential 22.2. Not for
/// secrets; not to be shared by threads.
/// </remarks>
public sealed class RandomLanes
{
    // 16 float32 numbers of 32 random bits each.
    private const int Block = 16;

    private Vector512<ulong> s0, s1, s2, s3;

    /// <summary>Creates the lanes that a stream seeds.</summary>
    public RandomLanes(RandomStream seed)
    {
        Span<ulong> state = stackalloc ulong[32];
        foreach (ref var word in state) word = seed.Next();
        (s0, s1, s2, s3) = (Vector512.Create<ulong>(state), Vector512.Create<ulong>(state[8..]), Vector512.Create<ulong>(state[16..]), Vector512.Create<ulong>(state[24..]));
    }

    /// <summary>Fills a vector with numbers that are uniform in [−1, 1].</summary>
    public void FillUniform(Span<float> values)
    {
        Span<float> last = stackalloc float[Block];
        for (; values.Length > 0; values = values[Math.Min(Block, values.Length)..])
        {
            var uniform = Signed(Next());
            if (values.Length >= Block) uniform.CopyTo(values);
            else CopyPart(uniform, last, values);
        }
    }

    /// <summary>Fills a vector with standard normal numbers, by the method of Box and Muller 1958.</summary>
    public void FillGaussian(Span<float> values)
    {
        Span<float> last = stackalloc float[Block];
        while (values.Length > 0)
        {
            var radius = Vector512.Sqrt(-2f * LogUniform(Next()));
            var bits = Next();
            var (sine, cosine) = SineCosine(Signed(bits));

            // The angle is in the quarter about zero. Low bits, which the rounding to float32 has dropped, choose the quarter.
            cosine = (cosine.AsInt32() ^ ((bits & Vector512.Create(1)) << 31)).AsSingle();
            var swap = Vector512.Equals(bits & Vector512.Create(2), Vector512<int>.Zero).AsSingle();
            var (first, second) = (radius * Vector512.ConditionalSelect(swap, sine, cosine), radius * Vector512.ConditionalSelect(swap, cosine, sine));
            if (values.Length >= 2 * Block)
            {
                first.CopyTo(values);
                second.CopyTo(values[Block..]);
                values = values[(2 * Block)..];
                continue;
            }

            CopyPart(first, last, values);
            values = values[Math.Min(Block, values.Length)..];
            CopyPart(second, last, values);
            values = values[Math.Min(Block, values.Length)..];
        }
    }

    /// <summary>Fills a vector with exponential numbers of mean 1, each with a random sign.</summary>
    public void FillTwoSidedExponential(Span<float> values)
    {
        Span<float> last = stackalloc float[Block];
        for (; values.Length > 0; values = values[Math.Min(Block, values.Length)..])
        {
            var bits = Next();
            var exponential = (LogUniform(bits).AsInt32() ^ (bits & Vector512.Create(int.MinValue))).AsSingle();
            if (values.Length >= Block) exponential.CopyTo(values);
            else CopyPart(exponential, last, values);
        }
    }

    private static void CopyPart(Vector512<float> vector, Span<float> buffer, Span<float> target)
    {
        vector.CopyTo(buffer);
        buffer[..Math.Min(Block, target.Length)].CopyTo(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<int> Next()
    {
        var product = s1 + (s1 << 2);
        product = (product << 7) | (product >>> 57);
        var result = product + (product << 3);
        var shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = (s3 << 45) | (s3 >>> 19);
        return result.AsInt32();
    }

    /// <summary>In [−1, 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Signed(Vector512<int> bits) => Vector512.ConvertToSingle(bits) * (1f / (1L << 31));

    /// <summary>ln u for u in (0, 1], of all bits but the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogUniform(Vector512<int> bits)
    {
        var u = (Vector512.ConvertToSingle(bits & Vector512.Create(int.MaxValue)) + Vector512.Create(0.5f)) * (1f / (1L << 31));

        // u = m 2ᵉ with m in [√½, √2). ln m = 2 artanh s with s = (m − 1)/(m + 1), |s| ≤ 0.172: a series to s⁹.
        var shifted = u.AsInt32() - Vector512.Create(0x3f3504f3);
        var exponent = shifted >> 23;
        var m = (u.AsInt32() - (exponent << 23)).AsSingle();
        var s = (m - Vector512<float>.One) / (m + Vector512<float>.One);
        var square = s * s;
        var series = Vector512.FusedMultiplyAdd(square, Vector512.Create(2f / 9), Vector512.Create(2f / 7));
        series = Vector512.FusedMultiplyAdd(square, series, Vector512.Create(2f / 5));
        series = Vector512.FusedMultiplyAdd(square, series, Vector512.Create(2f / 3));
        series = Vector512.FusedMultiplyAdd(square, series, Vector512.Create(2f));
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(exponent), Vector512.Create(0.6931472f), s * series);
    }

    /// <summary>Sine and cosine of t·π/4 for t in [−1, 1], by their series to the ninth and tenth power.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Sine, Vector512<float> Cosine) SineCosine(Vector512<float> t)
    {
        var x = t * (MathF.PI / 4);
        var square = x * x;
        var sine = Vector512.FusedMultiplyAdd(square, Vector512.Create(1f / 362880), Vector512.Create(-1f / 5040));
        sine = Vector512.FusedMultiplyAdd(square, sine, Vector512.Create(1f / 120));
        sine = Vector512.FusedMultiplyAdd(square, sine, Vector512.Create(-1f / 6));
        sine = Vector512.FusedMultiplyAdd(square, sine, Vector512<float>.One);
        var cosine = Vector512.FusedMultiplyAdd(square, Vector512.Create(-1f / 3628800), Vector512.Create(1f / 40320));
        cosine = Vector512.FusedMultiplyAdd(square, cosine, Vector512.Create(-1f / 720));
        cosine = Vector512.FusedMultiplyAdd(square, cosine, Vector512.Create(1f / 24));
        cosine = Vector512.FusedMultiplyAdd(square, cosine, Vector512.Create(-0.5f));
        cosine = Vector512.FusedMultiplyAdd(square, cosine, Vector512<float>.One);
        return (x * sine, cosine);
    }
}
