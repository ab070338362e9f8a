using System.Globalization;

namespace RobustVerify.Core.Numerics;

/// <summary>Directed rounding, and bounds on the error of rounding to nearest.</summary>
public static class Rounding
{
    /// <summary>Significant digits of the numbers that certificates and reports hold.</summary>
    public const int SerializedDigits = 6;

    private const double UnitRoundoff = 1.0 / (1L << 53);
    private const double UnitRoundoffSingle = 1.0 / (1 << 24);

    /// <summary>
    /// γₙ = n u / (1 − n u) for double, u = 2⁻⁵³, rounded up: n successive roundings change a result by at most this factor.
    /// </summary>
    /// <remarks>
    /// A sum of n products in any order, with or without fused multiply–adds, is off by at most γₙ Σ|aᵢ||bᵢ|, unless a
    /// product underflows (<see cref="SumError(int, double)"/> covers that). An element that is added to counts as one more term.
    /// Source: Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1.
    /// </remarks>
    public static double Gamma(int n) => Gamma(n, UnitRoundoff);

    /// <summary>γₙ for float32, u = 2⁻²⁴, rounded up; infinite from 2²⁴ roundings on, where there is no bound.</summary>
    public static double GammaSingle(int n) => Gamma(n, UnitRoundoffSingle);

    /// <summary>An upper bound on the error of a sum of n products computed in double.</summary>
    /// <param name="n">Roundings: terms, or terms + 1 where the sum is added to something.</param>
    /// <param name="magnitude">At least the sum of the absolute values of the products.</param>
    public static double SumError(int n, double magnitude) => SumError(n, Gamma(n), magnitude, double.Epsilon);

    /// <summary>The same for a sum computed in float32, in any order.</summary>
    /// <inheritdoc cref="SumError(int, double)"/>
    public static double SumErrorSingle(int n, double magnitude) => SumError(n, GammaSingle(n), magnitude, float.Epsilon);

    /// <summary>The next double above: never below the exact result of the one operation that gave x.</summary>
    public static double Up(double x) => Math.BitIncrement(x);

    /// <summary>The next double below: never above the exact result of the one operation that gave x.</summary>
    public static double Down(double x) => Math.BitDecrement(x);

    /// <summary>a + b, rounded up; exact where the sum is a double.</summary>
    /// <remarks>The error of a rounded sum is itself a double. Source: Knuth, The Art of Computer Programming 2, theorem 4.2.2 B.</remarks>
    public static double SumUp(double a, double b)
    {
        var sum = a + b;
        var shifted = sum - a;
        var error = (a - (sum - shifted)) + (b - shifted);
        if (double.IsInfinity(a) || double.IsInfinity(b)) return sum;
        return error <= 0 ? sum : Up(sum); // Where a finite sum overflows, the error is not a number.
    }

    /// <summary>a · b, rounded up; exact where the product is a double.</summary>
    public static double ProductUp(double a, double b)
    {
        var product = a * b;
        return (a != 0 && b != 0 && IsTiny(product)) || Math.FusedMultiplyAdd(a, b, -product) > 0 ? Up(product) : product;
    }

    /// <summary>a / b for positive b, rounded up; exact where the quotient is a double.</summary>
    public static double QuotientUp(double a, double b)
    {
        var quotient = a / b;
        return (a != 0 && (IsTiny(quotient) || IsTiny(a))) || Math.FusedMultiplyAdd(-quotient, b, a) > 0 ? Up(quotient) : quotient;
    }

    /// <summary>The smallest number of so many significant decimal digits that is not below x.</summary>
    /// <remarks>Infinite where no such number is finite. Its shortest text, parsed, is the number itself.</remarks>
    public static double RoundUp(double x, int digits = SerializedDigits)
    {
        if (x == 0 || !double.IsFinite(x)) return x;

        // The runtime formats and parses every double exactly, so the text is off by at most half a unit of its last
        // digit, and where it fell below x, one unit more is above.
        var text = x.ToString($"E{digits - 1}", CultureInfo.InvariantCulture);
        var split = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = long.Parse(text[..split].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var exponent = int.Parse(text[(split + 1)..], CultureInfo.InvariantCulture) - (digits - 1);
        var nearest = Decimal(mantissa, exponent);
        return nearest >= x ? nearest : Decimal(mantissa + 1, exponent);
    }

    /// <summary>The largest number of so many significant decimal digits that is not above x.</summary>
    /// <inheritdoc cref="RoundUp"/>
    public static double RoundDown(double x, int digits = SerializedDigits) => -RoundUp(-x, digits);

    private static double Gamma(int n, double u)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);

        // Both n u and 1 − n u are exact: u is a power of two, and n has at most 31 bits. Only the quotient is rounded.
        return n == 0 ? 0 : n * u < 1 ? Up(n * u / (1 - n * u)) : double.PositiveInfinity;
    }

    // Below the normal numbers a product is off by half the smallest positive number, however small it is itself.
    private static double SumError(int n, double gamma, double magnitude, double epsilon) =>
        n == 0 || magnitude == 0 ? 0 : Up(Up(gamma * magnitude) + Up(n * epsilon));

    // What rounding leaves over of a number this small need not be a double, so that it cannot be asked for its sign.
    private static bool IsTiny(double x) => Math.Abs(x) < 1e-290;

    private static double Decimal(long mantissa, int exponent) =>
        double.Parse($"{mantissa}E{exponent}", CultureInfo.InvariantCulture);
}
