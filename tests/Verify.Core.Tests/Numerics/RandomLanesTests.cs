using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

[Trait("Category", "Simd")]
public class RandomLanesTests
{
    private const int Count = 200_000;

    public delegate void Fill(RandomLanes lanes, Span<float> values);

    [Fact]
    public void Uniform_numbers_are_even()
    {
        var sample = Sample((lanes, values) => lanes.FillUniform(values));
        Assert.All(sample, x => Assert.InRange(x, -1, 1));
        Follows(sample, x => (x + 1) / 2);
    }

    [Fact]
    public void Gaussian_numbers_are_normal_and_the_two_of_a_pair_independent()
    {
        var sample = Sample((lanes, values) => lanes.FillGaussian(values));
        Follows(sample, x => 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-x / Math.Sqrt(2)));
        Assert.Equal(0, sample.Average(), 0.01);
        Assert.Equal(1, sample.Average(x => x * x), 0.015);
        Assert.Equal(3, sample.Average(x => x * x * x * x), 0.1);

        // One radius and one angle make a pair, 16 places apart: the angle must be even, all the way round.
        var angles = sample.Chunk(32).SelectMany(pairs => Enumerable.Range(0, 16).Select(i => (float)Math.Atan2(pairs[i], pairs[i + 16])));
        Follows([.. angles], x => (x + Math.PI) / (2 * Math.PI));
    }

    [Fact]
    public void Exponential_numbers_have_either_sign()
    {
        var sample = Sample((lanes, values) => lanes.FillTwoSidedExponential(values));
        Follows(sample, x => x < 0 ? 0.5 * Math.Exp(x) : 1 - 0.5 * Math.Exp(-x));
    }

    [Theory]
    [InlineData("uniform", "EB413A5C")]
    [InlineData("Gaussian", "8F2A6FC9")]
    [InlineData("exponential", "9A1AA378")]
    public void The_numbers_are_the_same_on_every_machine(string kind, string expected)
    {
        Fill fill = kind switch
        {
            "uniform" => (lanes, values) => lanes.FillUniform(values),
            "Gaussian" => (lanes, values) => lanes.FillGaussian(values),
            _ => (lanes, values) => lanes.FillTwoSidedExponential(values),
        };
        var sample = new float[1003];
        var lanes = new RandomLanes(new RandomStream(3));
        fill(lanes, sample.AsSpan(0, 37)); // ends within a block
        fill(lanes, sample.AsSpan(37));
        Assert.DoesNotContain(0f, sample);
        Assert.Equal(expected, Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(sample)).AsSpan(0, 4)));
    }

    private static float[] Sample(Fill fill)
    {
        var sample = new float[Count];
        fill(new RandomLanes(new RandomStream(11)), sample);
        return sample;
    }

    /// <summary>The largest distance of the empirical from the expected distribution function, at the level of 1 in 10⁴.</summary>
    private static void Follows(float[] sample, Func<double, double> distribution)
    {
        var sorted = sample.Order().ToArray();
        var distance = sorted.Select((x, i) => Math.Abs(distribution(x) - (i + 0.5) / sorted.Length)).Max();
        Assert.InRange(distance * Math.Sqrt(sorted.Length), 0, 2.23);
    }
}
