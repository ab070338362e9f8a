using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.ReportCards;

public sealed class NearestCounterexampleTests
{
    [Theory]
    [InlineData(Norm.L1, 7)]
    [InlineData(Norm.L2, 5)]
    [InlineData(Norm.Linf, 4)]
    public void A_distance_that_is_a_number_is_that_number(Norm norm, double distance) =>
        Assert.Equal(distance, NearestCounterexample.Distance([1, 2, 3], [4, 2, -1], norm));

    [Fact]
    public void A_distance_is_the_least_number_that_is_not_below_it()
    {
        var random = new Random(72);
        for (var trial = 0; trial < 1000; trial++)
        {
            var (x, y) = (random.NextSingle(), random.NextSingle());
            var distance = NearestCounterexample.Distance([0, 0], [x, y], Norm.L2);
            var square = (Dyadic)x * x + (Dyadic)y * y; // one of float32 numbers, which doubles hold but for the sum
            Assert.False((Dyadic)distance * distance < square);
            Assert.InRange(distance, 0, Math.Sqrt((double)x * x + (double)y * y) * (1 + 1e-15));
        }
    }
}
