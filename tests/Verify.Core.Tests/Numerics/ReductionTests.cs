using System.Numerics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

public class ReductionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(1000)]
    public void Sums_are_eight_chains_added_in_pairs(int length)
    {
        var (a, b) = Vectors(length);
        Assert.Equal(Chains(a, b), Reduction.Dot(a, b));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(1000)]
    public void The_sum_of_magnitudes_is_just_above_the_exact_one(int length)
    {
        var (a, b) = Vectors(length);
        for (var i = 0; i < length; i++) b[i] = Math.Abs(b[i]);
        var exact = BigInteger.Zero;
        for (var i = 0; i < length; i++) exact += (BigInteger)Math.ScaleB(Math.Abs(a[i]), 100) * (BigInteger)Math.ScaleB(b[i], 100);
        var sum = Reduction.AbsDot(a, b);
        Assert.True((BigInteger)Math.ScaleB(sum, 200) >= exact, "below the exact sum");
        Assert.Equal((double)exact, Math.ScaleB(sum, 200), Math.ScaleB(sum, 200) * 1e-12);
    }

    [Fact]
    public void Lost_products_are_covered_by_the_sum_of_magnitudes() =>
        Assert.True(Reduction.AbsDot(Enumerable.Repeat(1e-162, 1000).ToArray(), Enumerable.Repeat(1e-162, 1000).ToArray()) >= 1e-321);

    [Fact]
    public void Different_lengths_are_refused() =>
        Assert.Throws<ArgumentException>(() => Reduction.Dot(new double[2], new double[3]));

    private static double Chains(double[] a, double[] b)
    {
        var s = new double[8];
        for (var i = 0; i < a.Length; i++) s[i % 8] = Math.FusedMultiplyAdd(a[i], b[i], s[i % 8]);
        return s[0] + s[4] + (s[2] + s[6]) + (s[1] + s[5] + (s[3] + s[7]));
    }

    private static (double[] A, double[] B) Vectors(int length)
    {
        var random = new RandomStream((ulong)length);
        var (a, b) = (new double[length], new double[length]);
        random.Fill(a, -1, 1);
        random.Fill(b, -1, 1);
        return (a, b);
    }
}
