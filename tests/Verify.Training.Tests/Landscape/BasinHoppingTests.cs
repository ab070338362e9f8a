using RobustVerify.Core.Networks.Activations;
using RobustVerify.Training.Landscape;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Landscape;

public sealed class BasinHoppingTests
{
    private static readonly Architecture Small = Architecture.FullyConnected([2, 3, 2], Tanh.Instance);

    [Fact]
    public void What_is_found_are_distinct_minima_in_their_order()
    {
        var minima = Search();
        Assert.True(minima.Count > 1, "more than one minimum is expected of labels that no line divides");
        foreach (var minimum in minima)
        {
            Assert.True(minimum.GradientNorm <= 1e-6);
            Assert.True(minimum.Curvature > 0, $"the least curvature is {minimum.Curvature}");
        }

        for (var i = 1; i < minima.Count; i++)
        {
            Assert.True(minima[i - 1].Value <= minima[i].Value);
            Assert.True(
                minima[i].Value - minima[i - 1].Value > 1e-8
                || NeuronAlignment.Distance(Small, minima[i].Parameters.AsSpan(), minima[i - 1].Parameters.AsSpan()) > 0.01);
        }
    }

    [Fact]
    public void The_same_seed_finds_the_same_minima() =>
        Assert.Equal(Search().Select(minimum => (minimum.Value, minimum.Visits)), Search().Select(minimum => (minimum.Value, minimum.Visits)));

    [Fact]
    public void The_least_curvature_of_a_quadratic_form_is_its_least_eigenvalue()
    {
        // Rotated by 45 degrees: eigenvalues 3 and −1, the latter along (1, −1).
        var (value, direction) = LeastCurvature.Of(new Quadratic(), [0.3, -0.2]);
        Assert.Equal(-1, value, 6);
        Assert.Equal(-direction[0], direction[1], 6);
    }

    [Fact]
    public void The_rank_correlation_and_its_probability_are_those_of_a_known_sample()
    {
        var correlation = RankCorrelation.Of([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]);
        Assert.Equal(0.8207826816681233, correlation.Coefficient, 12);
        Assert.Equal(0.08858700531354381, correlation.PValue, 9);
    }

    private static List<DistinctMinimum> Search()
    {
        // The exclusive or, and a fifth point.
        var examples = new Examples([-1, -1, -1, 1, 1, -1, 1, 1, 0.2, 0.1], [0, 1, 1, 0, 1], 5);
        return new BasinHopping(Small, () => new TrainingObjective(Small, examples, new TrainingLoss { WeightDecay = 0.002 }), new HoppingSettings { Chains = 2, Steps = 15 })
            .Search(null, default);
    }

    private sealed class Quadratic : IObjective
    {
        public int Size => 2;

        public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
        {
            (gradient[0], gradient[1]) = (parameters[0] + 2 * parameters[1], 2 * parameters[0] + parameters[1]);
            return (parameters[0] * gradient[0] + parameters[1] * gradient[1]) / 2;
        }
    }
}
