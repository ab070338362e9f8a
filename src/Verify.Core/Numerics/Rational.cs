using System.Numerics;

namespace RobustVerify.Core.Numerics;

/// <summary>A fraction of integers: arithmetic without rounding, for the few decisions that rounding cannot make.</summary>
internal readonly struct Rational
{
    private readonly BigInteger numerator;
    private readonly BigInteger below; // the denominator less one, so that the default is zero

    private Rational(BigInteger numerator, BigInteger denominator)
    {
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        if (denominator.Sign < 0) divisor = -divisor;
        (this.numerator, below) = (numerator / divisor, denominator / divisor - 1);
    }

    /// <summary>−1, 0 or 1.</summary>
    public int Sign => numerator.Sign;

    private BigInteger Denominator => below + 1;

    /// <summary>The number as a double, off by two units in the last place at most, unless it underflows.</summary>
    public double Approximation
    {
        get
        {
            // A quotient of 66 bits or more, of which the conversion keeps the first.
            var shift = (int)(66 - (numerator.GetBitLength() - Denominator.GetBitLength()));
            var quotient = shift >= 0 ? (numerator << shift) / Denominator : numerator / (Denominator << -shift);
            return Math.ScaleB((double)quotient, -shift);
        }
    }

    /// <summary>The smallest double that is not below the number.</summary>
    public double RoundedUp
    {
        get
        {
            var value = Approximation;
            while (double.IsFinite(value) && (this - value).Sign <= 0) value = Math.BitDecrement(value);
            while (double.IsFinite(value) && (this - value).Sign > 0) value = Math.BitIncrement(value);
            return value;
        }
    }

    /// <summary>A double is a fraction with a power of two below it.</summary>
    public static implicit operator Rational(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{value} is no fraction.", nameof(value));
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger mantissa = (bits & 0xfffffffffffffL) | (exponent == 0 ? 0 : 1L << 52);
        if (bits < 0) mantissa = -mantissa;
        exponent = Math.Max(exponent, 1) - 1075;
        return exponent >= 0 ? new Rational(mantissa << exponent, BigInteger.One) : new Rational(mantissa, BigInteger.One << -exponent);
    }

    public static Rational operator +(Rational a, Rational b) => new(a.numerator * b.Denominator + b.numerator * a.Denominator, a.Denominator * b.Denominator);

    public static Rational operator -(Rational a, Rational b) => new(a.numerator * b.Denominator - b.numerator * a.Denominator, a.Denominator * b.Denominator);

    public static Rational operator *(Rational a, Rational b) => new(a.numerator * b.numerator, a.Denominator * b.Denominator);

    public static Rational operator /(Rational a, Rational b) => new(a.numerator * b.Denominator, a.Denominator * b.numerator);
}
