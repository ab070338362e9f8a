using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace RobustVerify.Core.Numerics;

/// <summary>A stream of random numbers, the same on every machine, seeded by what it is used for.</summary>
/// <remarks>
/// xoshiro256** of Blackman and Vigna 2018, arXiv 1805.01407, its state filled by SplitMix64. Only operations that IEEE 754
/// rounds exactly are used. Not for secrets; not to be shared by threads.
/// </remarks>
public sealed class RandomStream
{
    private ulong s0, s1, s2, s3;
    private double spare = double.NaN;

    /// <summary>Creates the stream of a seed.</summary>
    public RandomStream(ulong seed) : this(SplitMix(ref seed), SplitMix(ref seed), SplitMix(ref seed), SplitMix(ref seed))
    {
    }

    internal RandomStream(ulong s0, ulong s1, ulong s2, ulong s3) => (this.s0, this.s1, this.s2, this.s3) = (s0, s1, s2, s3);

    /// <summary>The stream that belongs to a content: one for every purpose that content has.</summary>
    public static RandomStream From(string purpose, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(purpose)));
        hash.AppendData(content);
        return new RandomStream(BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset()));
    }

    /// <summary>The stream with a number among those of one purpose.</summary>
    public static RandomStream From(string purpose, ulong number)
    {
        Span<byte> content = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(content, number);
        return From(purpose, content);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>A number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>A number in [0, bound), each equally likely.</summary>
    /// <remarks>Source: Lemire 2019, arXiv 1805.10941.</remarks>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var threshold = (0 - (ulong)bound) % (ulong)bound;
        while (true)
        {
            var high = Math.BigMul(Next(), (ulong)bound, out var low);
            if (low >= threshold) return (int)high;
        }
    }

    /// <summary>A standard normal number, by Marsaglia's polar method.</summary>
    public double NextGaussian()
    {
        if (!double.IsNaN(spare))
        {
            var second = spare;
            spare = double.NaN;
            return second;
        }

        while (true)
        {
            var (u, v) = (2 * NextDouble() - 1, 2 * NextDouble() - 1);
            var square = u * u + v * v;
            if (square is >= 1 or 0) continue;
            var factor = Math.Sqrt(-2 * Log(square) / square);
            spare = v * factor;
            return u * factor;
        }
    }

    /// <summary>An exponential number of mean 1.</summary>
    public double NextExponential() => -Log(1 - NextDouble());

    /// <summary>Fills a vector with numbers in [low, high].</summary>
    public void Fill(Span<double> values, double low = 0, double high = 1)
    {
        foreach (ref var value in values) value = Math.Min(low + (high - low) * NextDouble(), high);
    }

    internal static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The logarithm of a positive normal number.</summary>
    /// <remarks>
    /// Math.Log differs in its last bit from one operating system to another. x = m 2ᵉ with m in [√½, √2], and
    /// ln m = 2 artanh s with s = (m − 1)/(m + 1), |s| ≤ 0.172: the series to s²¹ is exact to double precision.
    /// </remarks>
    internal static double Log(double x)
    {
        var exponent = Math.ILogB(x * Math.Sqrt(2));
        var mantissa = Math.ScaleB(x, -exponent);
        var s = (mantissa - 1) / (mantissa + 1);
        var series = 0.0;
        for (var n = 21; n >= 1; n -= 2) series = series * s * s + 1.0 / n;
        return exponent * 0.6931471805599453 + 2 * s * series;
    }
}
