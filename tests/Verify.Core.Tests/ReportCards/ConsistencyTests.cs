using RobustVerify.Core.Certificates;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.ReportCards;

public sealed class ConsistencyTests
{
    [Fact]
    public void A_proof_beyond_a_counterexample_of_real_numbers_is_an_error()
    {
        var message = Assert.Throws<InvalidOperationException>(() => Contradiction(radius: 1, slope: -1)).Message;

        Assert.Contains("row 1: the certified radius, 1, is proved", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_beyond_a_counterexample_of_rounding_is_told() =>
        Assert.Contains("float32", Contradiction(radius: 1, slope: 1e-12), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, -1)]
    [InlineData(0.5, -1)]
    public void A_proof_that_ends_before_the_counterexample_is_none(double radius, double slope) => Assert.Null(Contradiction(radius, slope));

    [Fact]
    public void A_score_is_compared_by_its_value()
    {
        Assert.Null(Consistency.Overestimate("score", new Estimated(1, 0.5, 1.5), 1));
        Assert.Equal(
            "the score, 1.25, exceeds the distance of a counterexample, 1: it is too high",
            Consistency.Overestimate("score", new Estimated(1.25, 0.5, 1.5), 1));
    }

    /// <summary>What is said of a proof that an output, the sum of 1/2 and a slope times the input, exceeds 1/2 as far as an input of 3/4 that is answered wrongly.</summary>
    private static string? Contradiction(double radius, double slope)
    {
        var input = new InputNode(1);
        var scores = new Network(input, new AffineNode(input, new DenseMap([slope, 0], 2, 1), [0.5, 0.5]));
        var property = new Property("row 1", InputRegion.Ball([0], radius, Norm.L2), OutputProperty.SameLabel(0, 2));
        return Consistency.Contradiction("certified radius", radius, property, scores, new Counterexample([0.75f], [0.5f, 0.5f], "test"));
    }
}
