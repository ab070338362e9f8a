using System.Globalization;
using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

public class RoundingTests
{
    public static TheoryData<double> Numbers =>
    [
        0, 1, -1, 0.1, -0.1, 1.0 / 3, -2.0 / 3, 123456, 1234567, -1234567, 999999.5, 9999995, 1e22, 1e23, 1e-5, 1e100, -1e-100,
        Math.PI * 1e-300, double.MaxValue, double.MinValue, double.Epsilon, -double.Epsilon, 2.2250738585072014e-308,
        4e-320, 1.0000005, 0.99999949999, 1e-310, double.PositiveInfinity, double.NegativeInfinity,
    ];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Rounding_to_digits_goes_outward_and_no_further_than_a_unit(double x)
    {
        var (down, up) = (Rounding.RoundDown(x), Rounding.RoundUp(x));
        Assert.InRange(x, down, up);
        Assert.Equal(up, Rounding.RoundUp(up));
        Assert.Equal(down, Rounding.RoundDown(down));
        foreach (var rounded in new[] { down, up }.Where(double.IsFinite))
        {
            var text = rounded.ToString("R", CultureInfo.InvariantCulture);
            Assert.Equal(rounded, double.Parse(text, CultureInfo.InvariantCulture));
            Assert.True(text.Split('E')[0].Where(char.IsDigit).SkipWhile(c => c == '0').ToArray().AsSpan().TrimEnd('0').Length <= 6, text);
            if (Math.Abs(x) > 1e-300) Assert.True(Math.Abs(rounded - x) <= 1e-5 * Math.Abs(x), $"{x} became {text}");
        }
    }

    [Fact]
    public void Numbers_of_few_digits_stay_what_they_are()
    {
        foreach (var x in new[] { 0.1, 0.3, 1e-5, 2.5e7, -123456, 0.000123, 1e300 })
        {
            Assert.Equal(x, Rounding.RoundUp(x));
            Assert.Equal(x, Rounding.RoundDown(x));
        }
    }

    [Fact]
    public void Random_numbers_are_enclosed()
    {
        var random = new Random(1);
        for (var i = 0; i < 20000; i++)
        {
            var x = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsNaN(x)) continue;
            Assert.InRange(x, Rounding.RoundDown(x, 3), Rounding.RoundUp(x, 3));
            Assert.InRange(x, Rounding.RoundDown(x), Rounding.RoundUp(x));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public void Gamma_is_the_next_double_not_below_its_definition(int n)
    {
        // γ = n / (2⁵³ − n): compare fractions exactly.
        AtLeast(Rounding.Gamma(n), n, (BigInteger.One << 53) - n);
        Assert.True(Rounding.Gamma(n) <= Math.BitIncrement(Math.BitIncrement(n / (Math.ScaleB(1, 53) - n))));
    }

    [Fact]
    public void Gamma_of_float32_has_no_bound_from_2_to_the_24_on()
    {
        AtLeast(Rounding.GammaSingle(1000), 1000, (1 << 24) - 1000);
        Assert.True(double.IsFinite(Rounding.GammaSingle((1 << 24) - 1)));
        Assert.Equal(double.PositiveInfinity, Rounding.GammaSingle(1 << 24));
        Assert.Equal(0, Rounding.Gamma(0));
    }

    [Fact]
    public void The_error_of_a_sum_covers_underflow()
    {
        // 1e-200 · 1e-200 is 0 in double: the product is lost altogether.
        Assert.True(Rounding.SumError(1, double.Epsilon) >= double.Epsilon);
        Assert.True(Rounding.SumErrorSingle(2, 1e-60) >= 2e-60);
        Assert.Equal(0, Rounding.SumError(5, 0));
    }

    [Theory]
    [InlineData(1, 1e-20, 1.0000000000000002)]
    [InlineData(1, -1e-20, 1)]
    [InlineData(0.5, 0.25, 0.75)]
    [InlineData(0.1, 0.2, 0.30000000000000004)]
    [InlineData(-double.MaxValue, -double.MaxValue, -double.MaxValue)]
    [InlineData(double.NegativeInfinity, double.MaxValue, double.NegativeInfinity)]
    public void A_sum_is_rounded_up_and_exact_where_it_can_be(double a, double b, double sum) => Assert.Equal(sum, Rounding.SumUp(a, b));

    [Fact]
    public void Products_and_quotients_are_not_below_the_exact_result_and_exact_where_they_can_be()
    {
        Assert.Equal(0.375, Rounding.ProductUp(0.5, 0.75));
        Assert.Equal(0.75, Rounding.QuotientUp(1.5, 2));
        Assert.True(Rounding.ProductUp(1e-200, 1e-200) > 0);
        var random = new RandomStream(5);
        for (var i = 0; i < 1000; i++)
        {
            // Integers of 53 bits: their exact product and the exact product of a quotient with its divisor are integers too.
            var (a, b) = ((double)(random.Next() >> 11), (double)(random.Next() >> 11) + 1);
            Assert.True(new BigInteger(Rounding.ProductUp(a, b)) >= new BigInteger(a) * new BigInteger(b));
            var scaled = new BigInteger(Math.ScaleB(Rounding.QuotientUp(a, b), 200));
            Assert.True(scaled * new BigInteger(b) >= new BigInteger(a) << 200);
        }
    }

    private static void AtLeast(double gamma, BigInteger numerator, BigInteger denominator) =>
        Assert.True((BigInteger)Math.ScaleB(gamma, 200) * denominator >= numerator << 200, $"{gamma:R} is below γ");
}
