using System.Numerics;

namespace RobustVerify.Core.Tests.Networks;

/// <summary>A number m·2ᵉ: what doubles are, closed under sums and products, without any rounding.</summary>
internal readonly record struct Dyadic(BigInteger Mantissa, int Exponent) : IComparable<Dyadic>
{
    public static Dyadic Zero => new(BigInteger.Zero, 0);

    public static implicit operator Dyadic(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{value} is not a dyadic number.");
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7ff);
        var mantissa = (bits & 0xfffffffffffffL) | (exponent == 0 ? 0 : 1L << 52);
        return new(bits < 0 ? -mantissa : mantissa, Math.Max(exponent, 1) - 1075);
    }

    public static Dyadic operator +(Dyadic a, Dyadic b)
    {
        var exponent = Math.Min(a.Exponent, b.Exponent);
        return new((a.Mantissa << (a.Exponent - exponent)) + (b.Mantissa << (b.Exponent - exponent)), exponent);
    }

    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

    public static bool operator <(Dyadic a, Dyadic b) => a.CompareTo(b) < 0;

    public static bool operator >(Dyadic a, Dyadic b) => a.CompareTo(b) > 0;

    public int CompareTo(Dyadic other) => (this + new Dyadic(-other.Mantissa, other.Exponent)).Mantissa.Sign;
}
