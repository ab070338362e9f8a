using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Objectives;

/// <summary>Every term of the loss through every kind of layer, against differences of its values.</summary>
public sealed class LossTermTests
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var term in Terms.Keys)
            foreach (var architecture in Architectures.Keys) cases.Add(term, architecture);
        return cases;
    }

    private static Dictionary<string, TrainingLoss> Terms { get; } = new()
    {
        ["task"] = new TrainingLoss(),
        ["sensitivity of margins"] = new TrainingLoss { SensitivityWeight = 0.7 },
        ["sensitivity of outputs"] = new TrainingLoss { SensitivityWeight = 0.7, SensitivityOf = ReachableWidth.Outputs },
        ["worst case"] = new TrainingLoss { WorstCaseShare = 0.6 },
        ["Jacobian"] = new TrainingLoss { JacobianWeight = 0.3 },
        ["all"] = new TrainingLoss { WeightDecay = 0.01, SensitivityWeight = 0.2, WorstCaseShare = 0.3, JacobianWeight = 0.1 },
        ["squared error, worst case, outputs"] = new TrainingLoss
        {
            Task = TaskTerm.SquaredError,
            WorstCaseShare = 0.5,
            SensitivityWeight = 0.1,
            SensitivityOf = ReachableWidth.Outputs,
            JacobianWeight = 0.1,
        },
    };

    private static Dictionary<string, Architecture> Architectures { get; } = new()
    {
        ["linear"] = Architecture.FullyConnected([16, 3], Tanh.Instance),
        ["tanh"] = Architecture.FullyConnected([16, 5, 4, 3], Tanh.Instance),
        ["relu"] = Architecture.FullyConnected([16, 7, 6, 3], ReLU.Instance),
        ["softplus"] = Architecture.FullyConnected([16, 4, 3], Softplus.Instance),
        ["convolution"] = new Architecture([
            new ConvolutionLayer(new ConvolutionShape(1, 4, 4, 2, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1)),
            new ActivationLayer(32, Sigmoid.Instance), new AveragePoolLayer(2, 4, 4, 2), new DenseLayer(8, 3)]),
        ["strided"] = new Architecture([
            new ConvolutionLayer(new ConvolutionShape(1, 4, 4, 2, 2, 2, StrideHeight: 2, StrideWidth: 2)), new ActivationLayer(8, ReLU.Instance),
            new ConvolutionLayer(new ConvolutionShape(2, 2, 2, 3, 2, 1)), new ActivationLayer(6, Tanh.Instance), new DenseLayer(6, 3)]),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_gradient_is_that_of_its_values(string term, string name)
    {
        var architecture = Architectures[name];
        var loss = Terms[term] with { Perturbation = Moved(0.05) };
        var examples = loss.Task == TaskTerm.CrossEntropy ? RandomExamples.Labelled(12, 16, 3) : RandomExamples.Valued(12, 16, 3);

        FiniteDifferences.Agree(new TrainingObjective(architecture, examples, loss), WithBiases(architecture), 3e-6);
    }

    [Fact]
    public void What_is_ramped_differs_from_what_is_not_and_has_its_gradient()
    {
        var architecture = Architectures["tanh"];
        var loss = new TrainingLoss { SensitivityWeight = 0.5, WorstCaseShare = 0.5, Perturbation = Moved(0.1) };
        var objective = new TrainingObjective(architecture, RandomExamples.Labelled(12, 16, 3), loss) { Ramp = 0.5 };
        var (parameters, unused) = (WithBiases(architecture), new double[architecture.ParameterCount]);

        FiniteDifferences.Agree(objective, parameters, 3e-6);
        var half = objective.Evaluate(parameters, unused);
        objective.Ramp = 0;
        var none = objective.Evaluate(parameters, unused);
        var plain = new TrainingObjective(architecture, RandomExamples.Labelled(12, 16, 3), new TrainingLoss()).Evaluate(parameters, unused);

        Assert.Equal(plain, none);
        Assert.NotEqual(none, half);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(100)]
    public void Scaled_scores_are_no_less_sensitive(double factor)
    {
        var architecture = Architectures["relu"];
        var moved = Moved(0.1);
        var parameters = WithBiases(architecture);
        var scaled = parameters.ToArray();
        var last = architecture.Layers.Length - 1;
        foreach (ref var weight in architecture.Weights(scaled.AsSpan(), last)) weight *= factor;
        foreach (ref var bias in architecture.Bias(scaled.AsSpan(), last)) bias *= factor;

        Assert.Equal(SensitivityOf(parameters), SensitivityOf(scaled), 1e-9);

        double SensitivityOf(double[] point) =>
            Value(new TrainingLoss { SensitivityWeight = 1, Perturbation = moved }, point) - Value(new TrainingLoss(), point);

        double Value(TrainingLoss loss, double[] point) =>
            new TrainingObjective(architecture, RandomExamples.Labelled(12, 16, 3), loss).Evaluate(point, new double[point.Length]);
    }

    [Fact]
    public void Where_margins_are_large_the_sensitivity_is_the_logarithm_of_width_by_margin()
    {
        var unused = new double[3];

        var value = Sensitivity.OfMargins(0, [0, 10, 20], [0, 1, 3], unused, new double[3]);

        Assert.Equal((Math.Log(2.0 / 10) + Math.Log(6.0 / 20)) / 2, value, 2e-2);
    }

    [Fact]
    public void A_margin_that_does_not_move_is_finite_and_pulls_no_more()
    {
        var (margins, radii) = (new double[3], new double[3]);

        Assert.True(double.IsFinite(Sensitivity.OfMargins(0, [0, 10, 0], [0, 0, 0], margins, radii)));
        Assert.All(margins.Concat(radii), derivative => Assert.True(double.IsFinite(derivative)));
        Assert.Equal(0, radii[1]);
        Assert.Equal(0, margins[1], 1e-12);
    }

    [Fact]
    public void A_linear_classifier_has_the_jacobian_that_it_is()
    {
        var architecture = Architecture.FullyConnected([2, 2], Tanh.Instance);
        var examples = new Examples([0.3, 0.4], [0], 1);
        double[] parameters = [1, 2, 3, 4, 0, 0];
        var unused = new double[6];

        var with = new TrainingObjective(architecture, examples, new TrainingLoss { JacobianWeight = 1 }).Evaluate(parameters, unused);
        var without = new TrainingObjective(architecture, examples, new TrainingLoss()).Evaluate(parameters, unused);

        Assert.Equal(1 + 4 + 9 + 16, with - without, 1e-12);
    }

    [Fact]
    public void A_loss_that_needs_a_perturbation_asks_for_it() => Assert.Throws<ArgumentException>(
        () => new TrainingObjective(Architectures["tanh"], RandomExamples.Labelled(12, 16, 3), new TrainingLoss { SensitivityWeight = 1 }));

    // Cut to a domain, which for some inputs makes the box one-sided or a point.
    private static Perturbation Moved(double radius) => new(
        [.. Enumerable.Range(0, 16).Select(i => radius * (1 + i % 3))], [.. Enumerable.Repeat(-0.9, 16)], [.. Enumerable.Repeat(0.95, 16)]);

    private static double[] WithBiases(Architecture architecture)
    {
        var parameters = architecture.Initialize(4);
        var random = RandomStream.From("biases", 0);
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            if (architecture.Layers[i] is AffineLayer) random.Fill(architecture.Bias(parameters.AsSpan(), i), -0.3, 0.3);
        }

        return parameters;
    }
}
