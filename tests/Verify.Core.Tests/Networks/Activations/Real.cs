using System.Numerics;

namespace RobustVerify.Core.Tests.Networks.Activations;

/// <summary>A number with 700 binary digits after the point: the truth that double precision is held against.</summary>
public readonly struct Real
{
    private const int Digits = 700;

    private static readonly BigInteger Unit = BigInteger.One << Digits;
    private static readonly Real HalfPi = 2 * ArcTangent(1);
    private static readonly Real LogTwo = LogOfTwo();

    private readonly BigInteger scaled;

    private Real(BigInteger scaled) => this.scaled = scaled;

    public static Real Pi => 2 * HalfPi;

    public int Sign => scaled.Sign;

    public static implicit operator Real(int value) => new(value * Unit);

    public static implicit operator Real(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52 & 0x7FF);
        BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        var shift = Math.Max(exponent, 1) - 1075 + Digits;
        mantissa = shift >= 0 ? mantissa << shift : mantissa >> -shift;
        return new(value < 0 ? -mantissa : mantissa);
    }

    public static explicit operator double(Real value)
    {
        var length = (int)value.scaled.GetBitLength();
        var shift = Math.Max(length - 60, 0);
        return Math.ScaleB((double)(value.scaled >> shift), shift - Digits);
    }

    public static Real operator +(Real x, Real y) => new(x.scaled + y.scaled);

    public static Real operator -(Real x, Real y) => new(x.scaled - y.scaled);

    public static Real operator -(Real x) => new(-x.scaled);

    public static Real operator *(Real x, Real y) => new(x.scaled * y.scaled >> Digits);

    public static Real operator *(int x, Real y) => new(x * y.scaled);

    public static Real operator /(Real x, Real y) => new((x.scaled << Digits) / y.scaled);

    public static Real operator /(Real x, int y) => new(x.scaled / y);

    public static Real Abs(Real x) => new(BigInteger.Abs(x.scaled));

    /// <summary>2^−n.</summary>
    public static Real HalfPower(int n) => new(Unit >> n);

    public static Real Exp(Real x)
    {
        var twos = (int)Math.Round((double)x / Math.Log(2));
        var (sum, term) = ((Real)1, (Real)1);
        var rest = (x - twos * LogTwo) * HalfPower(16);
        for (var n = 1; term.Sign != 0; n++) sum += term = term * rest / n;
        for (var i = 0; i < 16; i++) sum *= sum;
        return new(twos >= 0 ? sum.scaled << twos : sum.scaled >> -twos);
    }

    public static Real Log(Real x)
    {
        Real y = Math.Log((double)x);
        for (var i = 0; i < 6; i++)
        {
            var e = Exp(y);
            y += 2 * ((x - e) / (x + e));
        }

        return y;
    }

    public static Real Sqrt(Real x)
    {
        if (x.Sign == 0) return x;
        Real y = Math.Sqrt((double)x);
        for (var i = 0; i < 6; i++) y = (y + x / y) / 2;
        return y;
    }

    public static Real ArcTangent(Real x)
    {
        for (var i = 0; i < 10; i++) x /= 1 + Sqrt(1 + x * x);
        var (sum, power) = (x, x);
        for (var n = 1; power.Sign != 0; n++)
        {
            power = -(power * x * x);
            sum += power / (2 * n + 1);
            if (BigInteger.Abs(power.scaled) < 2) break;
        }

        return 1024 * sum;
    }

    public static Real Sin(Real x)
    {
        var quarters = (int)Math.Round((double)x / (Math.PI / 2));
        x -= quarters * HalfPi;
        var (sum, term) = (quarters % 2 == 0 ? x : 1, quarters % 2 == 0 ? x : (Real)1);
        for (var n = quarters % 2 == 0 ? 2 : 1; BigInteger.Abs(term.scaled) > 2; n += 2) sum += term = -(term * x * x) / n / (n + 1);
        return (quarters % 4 + 4) % 4 >= 2 ? -sum : sum;
    }

    /// <summary>erf, by its Taylor series.</summary>
    public static Real ErrorFunction(Real x)
    {
        var (sum, power) = (x, x);
        for (var n = 1; BigInteger.Abs(power.scaled) > 2; n++)
        {
            power = -(power * x * x) / n;
            sum += power / (2 * n + 1);
        }

        return 2 * sum / Sqrt(Pi);
    }

    // ln 2 = Σ 1/(n·2ⁿ)
    private static Real LogOfTwo()
    {
        Real sum = 0;
        for (var n = 1; n <= Digits; n++) sum += HalfPower(n) / n;
        return sum;
    }
}
