using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

public class RandomStreamTests
{
    [Fact]
    public void The_generator_gives_the_numbers_of_the_reference_implementation()
    {
        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625,
            8476171486693032832, 10595114339597558777, 2904607092377533576,
        ];
        var stream = new RandomStream(1, 2, 3, 4);
        Assert.Equal(expected, expected.Select(_ => stream.Next()));
    }

    [Fact]
    public void The_seeding_gives_the_numbers_of_the_reference_implementation()
    {
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        var state = 1234567UL;
        Assert.Equal(expected, expected.Select(_ => RandomStream.SplitMix(ref state)));
    }

    [Fact]
    public void The_stream_follows_from_purpose_and_content()
    {
        Assert.Equal(RandomStream.From("attack", [1, 2]).Next(), RandomStream.From("attack", [1, 2]).Next());
        var first = new[]
        {
            RandomStream.From("attack", [1, 2]), RandomStream.From("attack", [1]), RandomStream.From("clever", [1, 2]),
            RandomStream.From("attack", 0), RandomStream.From("attack", 1), RandomStream.From("", 1),
        }.Select(stream => stream.Next());
        Assert.Equal(6, first.Distinct().Count());
    }

    [Fact]
    public void Integers_are_within_their_bound_and_even()
    {
        var stream = new RandomStream(5);
        var counts = new int[7];
        for (var i = 0; i < 70000; i++) counts[stream.NextInt(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9600, 10400));
        Assert.InRange(stream.NextInt(int.MaxValue), 0, int.MaxValue - 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.NextInt(0));
    }

    [Fact]
    public void Normal_numbers_have_the_normal_moments()
    {
        var stream = new RandomStream(6);
        var sample = Enumerable.Range(0, 100000).Select(_ => stream.NextGaussian()).ToArray();
        Assert.Equal(0, sample.Average(), 0.02);
        Assert.Equal(1, sample.Average(x => x * x), 0.02);
        Assert.Equal(3, sample.Average(x => x * x * x * x), 0.15);
    }

    [Fact]
    public void The_logarithm_is_exact_to_double_precision()
    {
        var stream = new RandomStream(7);
        for (var i = 0; i < 10000; i++)
        {
            var x = Math.ScaleB(0.5 + stream.NextDouble(), -stream.NextInt(100));
            Assert.Equal(Math.Log(x), RandomStream.Log(x), 4e-16 * Math.Max(0.5, Math.Abs(Math.Log(x))));
        }
    }

    [Fact]
    public void A_filled_vector_keeps_within_its_ends()
    {
        var values = new double[1000];
        new RandomStream(8).Fill(values, -3, 5);
        Assert.All(values, value => Assert.InRange(value, -3, 5.0));
        Assert.InRange(values.Average(), 0.5, 1.5);
        new RandomStream(8).Fill(values, 0.1, 0.1);
        Assert.All(values, value => Assert.Equal(0.1, value));
    }
}
