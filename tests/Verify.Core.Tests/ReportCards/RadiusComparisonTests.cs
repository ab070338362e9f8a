using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.Tests.ReportCards;

public sealed class RadiusComparisonTests
{
    private static readonly ReportCardQuestion Few = new() { Radius = 1, Batches = 12, Samples = 40, Curvatures = 8 };

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void Of_a_linear_classifier_all_four_are_the_distance_to_the_nearest_boundary(Norm norm)
    {
        var builder = new ModelBuilder();
        double[][] weights = [[1, -2, 0.5, 3], [-1, 0.25, 2, 1], [0.5, 1, -1, -2]];
        double[] bias = [0.5, 0.25, -1];
        builder.Node("Gemm", [builder.Input([-1, 4]), builder.Floats([3, 4], [.. weights.SelectMany(row => row)]), builder.Floats([3], bias)], ("transB", 1));
        using var folder = new TemporaryFolder();
        using var model = DeployedModel.Load(builder.Save(folder));
        float[] input = [0.5f, -0.25f, 0.125f, 0.75f];
        var outputs = weights.Select((row, i) => bias[i] + row.Zip(input, (w, x) => w * x).Sum()).ToArray();
        var exact = Enumerable.Range(1, 2).Min(other =>
        {
            var difference = weights[0].Zip(weights[other], (w, v) => Math.Abs(w - v)).ToArray();
            return (outputs[0] - outputs[other]) / norm switch
            {
                Norm.L1 => difference.Max(),
                Norm.L2 => Math.Sqrt(difference.Sum(d => d * d)),
                _ => difference.Sum(),
            };
        });

        var card = RadiusComparison.Compare(new Verifier(model), "row 1", input, Few with { Norm = norm, Radius = 5 });

        Assert.Equal(0, card.Label);
        Assert.InRange(card.CertifiedRadius, exact * (1 - 1e-3), exact);
        Assert.InRange(card.LipschitzRadius!.Value, exact * (1 - 1e-9), exact);
        Assert.Equal(exact, card.Score.Value, 1e-6);
        Assert.Equal(exact, card.SecondOrderScore!.Value, 1e-6);
        Assert.InRange(card.Distance!.Value, exact, exact * (1 + 2e-3));
        Assert.Empty(card.Remarks);
        Assert.Empty(card.Warnings);
    }

    [Theory]
    [InlineData("digits-plain.onnx", Norm.L1, 20)]
    [InlineData("digits-plain.onnx", Norm.L2, 5)]
    [InlineData("digits-robust.onnx", Norm.Linf, 2)]
    public void Of_digits_what_is_proved_lies_below_what_refutes_it(string file, Norm norm, double radius)
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", file));
        var digit = CsvSamples.Read(Path.Combine(Repository.Root, "samples", "Digits", "Digits", "digits.csv"), new CsvSelection { Label = "label", Count = 1 }).Samples[0];
        var question = Few with { Norm = norm, Radius = radius, Label = (int)digit.Label!, Domain = InputRegion.Box(new double[64], [.. Enumerable.Repeat(16.0, 64)]) };
        float[] input = [.. digit.Values.Select(value => (float)value)];

        var card = RadiusComparison.Compare(new Verifier(model), digit.Name, input, question);

        Assert.InRange(card.CertifiedRadius, 0.1 * radius, card.Distance!.Value);
        Assert.InRange(card.LipschitzRadius!.Value, 0.1 * radius, card.Distance.Value);
        Assert.InRange(card.Score.Value, 0.1 * radius, radius);
        Assert.Contains("ReLU", Assert.Single(card.Remarks), StringComparison.Ordinal);
        Assert.Null(card.SecondOrderScore);
        var counterexample = card.Counterexample!.Input.AsSpan();
        Assert.True(question.Domain.Contains(counterexample));
        Assert.NotEqual(card.Label, Array.IndexOf(model.Runtime.Run(counterexample), model.Runtime.Run(counterexample).Max()));
        Assert.True(InputRegion.Ball(Array.ConvertAll(input, x => (double)x), card.Distance.Value * (1 + 1e-12), norm).Contains(counterexample));
    }

    [Theory]
    [InlineData("dy1.onnx", Norm.L1)]
    [InlineData("dy1.onnx", Norm.L2)]
    [InlineData("dy1.onnx", Norm.Linf)]
    [InlineData("iris.onnx", Norm.L1)]
    [InlineData("iris.onnx", Norm.L2)]
    [InlineData("iris.onnx", Norm.Linf)]
    public void Of_random_inputs_nothing_contradicts_anything(string file, Norm norm)
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", file));
        var random = new Random(73);
        for (var trial = 0; trial < 5; trial++)
        {
            float[] input = [.. Enumerable.Range(0, model.Network.Input.Size).Select(_ => (float)(8 * random.NextDouble()))];

            var card = RadiusComparison.Compare(new Verifier(model), "row 1", input, Few with { Norm = norm });

            // A contradiction is an error; what is left to see is that there is something on the card.
            Assert.All(card.Warnings, warning => Assert.Contains("CLEVER", warning, StringComparison.Ordinal));
            Assert.InRange(card.CertifiedRadius, 1e-6, card.Distance ?? double.MaxValue);
            Assert.InRange(card.LipschitzRadius!.Value, 1e-6, card.Distance ?? Few.Radius);
            Assert.InRange(card.Score.Value, 1e-6, Few.Radius);
        }
    }

    [Fact]
    public void A_score_that_missed_the_steepest_gradients_is_warned_of()
    {
        // Nearly flat as far as samples of the ball go, for its points are far from every single axis; steep further along one.
        const int Inputs = 100;
        var builder = new ModelBuilder();
        var along = new double[2 * Inputs];
        (along[0], along[1]) = (1, 1);
        var hidden = builder.Node("Gemm", [builder.Input([-1, Inputs]), builder.Floats([Inputs, 2], along), builder.Floats([2], 0, -0.5)]);
        builder.Node("Gemm", [builder.Node("Relu", [hidden]), builder.Floats([2, 2], -0.01, 0, -100, 0), builder.Floats([2], 1, 0)]);
        using var folder = new TemporaryFolder();
        using var model = DeployedModel.Load(builder.Save(folder));

        var card = RadiusComparison.Compare(new Verifier(model), "row 1", new float[Inputs], Few);

        Assert.Equal(1, card.Score.Value);
        Assert.InRange(card.Distance!.Value, 0.5, 0.52); // 0.5 + 0.995/100.01
        Assert.InRange(card.CertifiedRadius, 0.5, card.Distance.Value);
        Assert.InRange(card.LipschitzRadius!.Value, 0, card.Distance.Value);
        var warning = Assert.Single(card.Warnings);
        Assert.StartsWith("the CLEVER score, 1, exceeds the distance of a counterexample, 0.5", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_label_has_the_sample_itself_as_counterexample()
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "iris.onnx"));
        float[] input = [5.1f, 3.5f, 1.4f, 0.2f];
        var right = RadiusComparison.Compare(new Verifier(model), "row 1", input, Few);

        var wrong = RadiusComparison.Compare(new Verifier(model), "row 1", input, Few with { Label = (right.Label + 1) % 3 });

        Assert.Equal((0, 0, 0, 0), (wrong.CertifiedRadius, wrong.LipschitzRadius, wrong.Score.Value, wrong.Distance));
        Assert.Empty(wrong.Warnings);
        Assert.True(right.CertifiedRadius > 0);
    }
}
