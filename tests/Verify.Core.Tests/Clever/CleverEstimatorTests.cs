using RobustVerify.Core.Bounds;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Clever;

public sealed class CleverEstimatorTests
{
    private static readonly Norm[] Norms = [Norm.L1, Norm.L2, Norm.Linf];

    [Fact]
    public void A_linear_classifier_has_the_distance_to_its_hyperplane()
    {
        // g = 3x − 4y + 1 at (1, −1): 8, with gradients of norms 4, 5 and 7.
        var network = Linear([3, -4, 0, 0], [1, 0]);
        foreach (var order in new[] { 1, 2 })
        {
            foreach (var (norm, distance) in Norms.Zip([2.0, 1.6, 8.0 / 7]))
            {
                var question = new CleverQuestion { Norm = norm, Radius = 10, Order = order, Samples = 4, Batches = 10 };
                var report = CleverEstimator.Estimate(network, [1, -1], question);
                Assert.Equal((0, Estimated.Exactly(distance), distance), (report.Label, report.Score, report.Nearest.MaximumScore));
                Assert.Equal(Estimated.Exactly(1), CleverEstimator.Estimate(network, [1, -1], question with { Radius = 1 }).Score);
            }
        }
    }

    [Fact]
    public void A_quadratic_margin_has_the_scores_of_its_closed_form()
    {
        // g = 1 − x − x², zero at (√5 − 1)/2.
        var network = Margin(new Quadratic(1, -1, -1));
        foreach (var norm in Norms)
        {
            var question = new CleverQuestion { Norm = norm, Radius = 0.5 };
            Assert.Equal(0.5, CleverEstimator.Estimate(network, [0], question).Score.Value, 1e-4);
            Assert.Equal(1.0 / 11, CleverEstimator.Estimate(network, [0], question with { Radius = 5 }).Score.Value, 1e-5);
            Assert.Equal(
                (Math.Sqrt(5) - 1) / 2, CleverEstimator.Estimate(network, [0], question with { Radius = 5, Order = 2, Samples = 16 }).Score.Value, 1e-14);
        }
    }

    [Fact]
    public void A_margin_that_bends_has_the_scores_of_its_closed_form()
    {
        // g = ½ − tanh x: the largest slope is 1, the largest curvature 4/(3√3).
        var input = new InputNode(1);
        var network = new Network(input, new AffineNode(new ElementwiseNode(input, Tanh.Instance), new DenseMap([-1, 0], 2, 1), [0.5, 0]));
        var question = new CleverQuestion { Radius = 1.5 };
        Assert.Equal(0.5, CleverEstimator.Estimate(network, [0], question).Score.Value, 1e-6);
        Assert.Equal(0.42912221838956066, CleverEstimator.Estimate(network, [0], question with { Order = 2 }).Score.Value, 1e-5);
    }

    [Fact]
    public void The_score_of_the_largest_sample_is_not_below_what_the_exact_constant_certifies()
    {
        var random = new Random(57);
        for (var trial = 0; trial < 50; trial++)
        {
            // Of one input, so that a grid meets every region in which the network is linear.
            var network = RandomNetworks.Dense(random, ReLU.Instance, 1, 6, 5, 2);
            var (x, radius) = ((float)random.NextDouble(), 0.1 + random.NextDouble());
            var score = CleverEstimator.Estimate(network, [x], new CleverQuestion { Radius = radius, Batches = 12, Samples = 200 }).Nearest;
            var gradient = Differentiation.Gradient(network, [1, -1]);
            double[] grid = [.. Enumerable.Range(0, 20001).Select(i => x + radius * (i / 10000.0 - 1))];
            var constant = gradient.Evaluate<double>(grid, grid.Length).Max(Math.Abs);

            Assert.InRange(score.Constant.SampleMaximum, 0, constant * (1 + 1e-9));
            Assert.InRange(score.MaximumScore, Math.Min(score.Margin / constant, radius) * (1 - 1e-9), radius);
        }
    }

    [Fact]
    public void Samples_stay_below_bounds_of_the_gradient()
    {
        var random = new Random(51);
        foreach (var activation in new Activation[] { ReLU.Instance, Tanh.Instance, Gelu.Instance })
        {
            foreach (var network in new[] { RandomNetworks.Dense(random, activation, 3, 6, 5, 3), RandomNetworks.WithProduct(random, activation, 3), RandomNetworks.Convolutional(random, activation) })
            {
                foreach (var norm in Norms)
                {
                    float[] x = [.. Enumerable.Range(0, network.Input.Size).Select(_ => (float)random.NextDouble())];
                    var report = CleverEstimator.Estimate(network, x, new CleverQuestion { Norm = norm, Radius = 0.2, Batches = 10, Samples = 32 });
                    foreach (var score in report.Scores)
                    {
                        var margin = new double[network.Output.Size];
                        (margin[report.Label], margin[score.Target]) = (1, -1);
                        var gradient = Differentiation.Gradient(network, margin);
                        var bounds = IntervalPropagation.Propagate(gradient, [InputRegion.Ball(Array.ConvertAll(x, v => (double)v), 0.2 * (1 + 1e-6), norm)]);
                        var largest = Enumerable.Range(0, x.Length)
                            .Select(i => Math.Max(-bounds.Lower(gradient.Output)[i], bounds.Upper(gradient.Output)[i])).ToArray();
                        Assert.InRange(score.Constant.SampleMaximum, 0, DualNorm.Of<double>(largest, norm));
                        Assert.True(score.Score.Value <= score.MaximumScore);
                        Assert.InRange(score.Score.Value, score.Score.Lower, score.Score.Upper);
                    }
                }
            }
        }
    }

    [Fact]
    public void Targets_are_chosen_by_the_outputs()
    {
        var network = Linear([1, 2, 3, 4], [0, 0, 5, -9]);
        CleverReport Ask(CleverQuestion question) => CleverEstimator.Estimate(network, [1], question); // outputs 1, 2, 8, −5
        var any = new CleverQuestion { Radius = 100 };

        Assert.Equal([0, 1, 3], Ask(any).Scores.Select(score => score.Target));
        Assert.Equal(3.5, Ask(any).Score.Value, 1e-12); // (8 − 1)/2, 6/1, 13/1
        Assert.Equal(0, Ask(any).Nearest.Target);
        Assert.Equal(1, Ask(any with { Targets = CleverTargets.RunnerUp }).Nearest.Target);
        Assert.Equal(3, Ask(any with { Targets = CleverTargets.LeastLikely }).Nearest.Target);
        Assert.Equal(1, Ask(any with { Target = 1 }).Nearest.Target);
    }

    [Fact]
    public void An_input_of_another_class_has_the_score_zero()
    {
        var network = RandomNetworks.Dense(new Random(52), ReLU.Instance, 2, 5, 3);
        var label = CleverEstimator.Estimate(network, [0.1f, 0.2f], new CleverQuestion { Radius = 1 }).Label;
        var wrong = CleverEstimator.Estimate(network, [0.1f, 0.2f], new CleverQuestion { Radius = 1, Label = (label + 1) % 3, Target = label });
        Assert.Equal((Estimated.Exactly(0), EndPointBasis.Known), (wrong.Score, wrong.Nearest.Constant.Basis));
    }

    [Fact]
    public void A_network_that_does_not_depend_on_its_input_never_changes_its_answer()
    {
        var input = new InputNode(2);
        var dead = new ElementwiseNode(new AffineNode(input, new DenseMap([1, 1], 1, 2), [-100]), ReLU.Instance);
        foreach (var network in new[]
        {
            Linear(new double[4], [1, 0]),
            new Network(input, new AffineNode(dead, new DenseMap([1, 0], 2, 1), [1, 0])),
        })
        {
            Assert.Equal(Estimated.Exactly(0.7), CleverEstimator.Estimate(network, [0, 0], new CleverQuestion { Radius = 0.7 }).Score);
        }
    }

    [Fact]
    public void A_seed_gives_the_same_score_and_a_batch_does_not_depend_on_the_others()
    {
        var network = RandomNetworks.Convolutional(new Random(53), Tanh.Instance);
        var x = new float[network.Input.Size];
        var question = new CleverQuestion { Radius = 1, Batches = 30, Samples = 300 };
        var first = CleverEstimator.Estimate(network, x, question);
        Assert.Equal(first.Score, CleverEstimator.Estimate(network, x, question).Score);
        Assert.NotEqual(first.Score, CleverEstimator.Estimate(network, x, question with { Seed = 1 }).Score);
        var fewer = CleverEstimator.Estimate(network, x, question with { Batches = 12, Target = first.Nearest.Target });
        Assert.Equal(first.Nearest.Constant.Maxima[..12].ToArray(), fewer.Nearest.Constant.Maxima.ToArray());
    }

    [Fact]
    public void Sampling_allocates_nothing()
    {
        var network = RandomNetworks.Dense(new Random(54), ReLU.Instance, 40, 20, 20, 3);
        var (joined, gradients) = Differentiation.Gradients(network, [[1, -1, 0], [1, 0, -1]]);
        var sampler = new GradientMaxima(joined, gradients, new float[40], new CleverQuestion { Radius = 1, Samples = 2000 });
        var (lanes, maxima) = (new RandomLanes(new RandomStream(1)), new double[2]);
        sampler.Draw(lanes, maxima);
        var before = GC.GetAllocatedBytesForCurrentThread();
        sampler.Draw(lanes, maxima);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512);
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        var network = RandomNetworks.Dense(new Random(55), ReLU.Instance, 2, 5, 3);
        var question = new CleverQuestion { Radius = 1, Label = 0 };
        var box = InputRegion.Box([0, 0], [1, 1]);

        Refuses("The radius is 0", question with { Radius = 0 });
        Refuses("The radius is NaN", question with { Radius = double.NaN });
        Refuses("ReLU", question with { Order = 2 });
        Refuses("The order is 3", question with { Order = 3 });
        Refuses("no target class 3", question with { Target = 3 });
        Refuses("class of the input itself", question with { Target = 0 });
        Refuses("no class -1", question with { Label = -1 });
        Refuses("too few", question with { Batches = 9 });
        Refuses("too few", question with { Samples = 0 });
        Refuses("does not lie in the domain", question with { Domain = box });
        Assert.Contains("takes 2 inputs", Assert.Throws<ArgumentException>(() => CleverEstimator.Estimate(network, [1], question)).Message, StringComparison.Ordinal);
        Assert.Contains("not finite", Assert.Throws<ArgumentException>(() => CleverEstimator.Estimate(network, [1, float.NaN], question)).Message, StringComparison.Ordinal);
        var single = RandomNetworks.Dense(new Random(56), ReLU.Instance, 2, 5, 1);
        Assert.Contains("one output", Assert.Throws<ArgumentException>(() => CleverEstimator.Estimate(single, [1, 1], question)).Message, StringComparison.Ordinal);

        void Refuses(string reason, CleverQuestion bad) => Assert.Contains(
            reason, Assert.Throws<ArgumentException>(() => CleverEstimator.Estimate(network, [-1, 0.5f], bad)).Message, StringComparison.Ordinal);
    }

    private static Network Linear(double[] weights, double[] bias)
    {
        var input = new InputNode(weights.Length / bias.Length);
        return new Network(input, new AffineNode(input, new DenseMap(weights, bias.Length, input.Size), bias));
    }

    /// <summary>The network (f(x), 0).</summary>
    private static Network Margin(Activation f)
    {
        var input = new InputNode(1);
        return new Network(input, new AffineNode(new ElementwiseNode(input, f), new DenseMap([1, 0], 2, 1)));
    }
}
