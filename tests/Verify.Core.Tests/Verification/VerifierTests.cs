using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Onnx.Format;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Specifications;
using RobustVerify.Core.Verification;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Tests.Verification;

public sealed class VerifierTests
{
    private static readonly Budget Small = Budget.Default with { AttackRestarts = 8, AttackSteps = 20 };

    [Theory]
    [InlineData("dy1.onnx", 1, true, Verdict.Verified)]
    [InlineData("dy2.onnx", 1, false, Verdict.Falsified)]
    public void The_sign_of_an_output_of_a_dyadic_network_is_decided_as_enumeration_decides_it(
        string file, int output, bool positive, Verdict expected)
    {
        using var model = Load(file);
        var size = model.Network.Input.Size;
        var requirement = positive
            ? OutputProperty.WithinRange(output, model.Network.Output.Size, 0, double.PositiveInfinity)
            : OutputProperty.WithinRange(output, model.Network.Output.Size, double.NegativeInfinity, 0);
        var box = InputRegion.Box(Enumerable.Repeat(-1.0, size).ToArray(), Enumerable.Repeat(1.0, size).ToArray());
        var property = new Property("sign", box, requirement);
        var certificate = new Verifier(model).Verify(property, Budget.Default);

        // The exact minimum of output 1 of DY1 is 0.0999, which no linear bound of the whole box reaches.
        Assert.Equal(expected, certificate.Verdict);
        if (certificate.Counterexample is { } counterexample) AssertConfirmed(model, property, counterexample);
    }

    [Fact]
    public void What_bounds_leave_open_is_decided_by_a_search()
    {
        using var model = Load("dy1.onnx");
        var box = InputRegion.Box(Enumerable.Repeat(-1.0, model.Network.Input.Size).ToArray(), Enumerable.Repeat(1.0, model.Network.Input.Size).ToArray());
        Property Above(double least) => new("least", box, OutputProperty.WithinRange(1, model.Network.Output.Size, least, double.PositiveInfinity));

        // 0.0999 is the exact minimum of output 1 over the box, to four digits.
        var withoutAttack = Budget.Default with { AttackRestarts = 0 };
        var bounds = new Verifier(model).Verify(Above(0.0998), withoutAttack with { Subproblems = 0 });
        Assert.Equal(Verdict.Unknown, bounds.Verdict);
        var proof = new Verifier(model).Verify(Above(0.0998), withoutAttack);
        Assert.Equal((Verdict.Verified, "branch and bound"), (proof.Verdict, proof.Method));
        Assert.Null(proof.Margin);
        var refutation = new Verifier(model).Verify(Above(0.1001), withoutAttack);
        Assert.Equal((Verdict.Falsified, "branch and bound"), (refutation.Verdict, refutation.Method));
        AssertConfirmed(model, Above(0.1001), refutation.Counterexample!);
        var tooFew = new Verifier(model).Verify(Above(0.0998), withoutAttack with { Subproblems = 2 });
        Assert.Equal(Verdict.Unknown, tooFew.Verdict);
        Assert.Contains("2 parts", tooFew.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iris.onnx")]
    [InlineData("tumour.onnx")]
    [InlineData("digits-robust.onnx")]
    [InlineData("digits-cnn.onnx")]
    [InlineData("digits-gelu.onnx")]
    [InlineData("digits-sigmoid.onnx")]
    public void No_sampled_point_contradicts_a_verdict(string file)
    {
        using var model = Load(file);
        var verifier = new Verifier(model);
        var random = new Random(7);
        var verdicts = new HashSet<Verdict>();
        for (var trial = 0; trial < 12; trial++)
        {
            var scale = file.StartsWith("digits", StringComparison.Ordinal) ? 16 : 5;
            var center = Enumerable.Range(0, model.Network.Input.Size).Select(_ => (double)(float)(scale * random.NextDouble())).ToArray();
            var outputs = model.Runtime.Run(Array.ConvertAll(center, value => (float)value));
            var radius = scale * Math.Pow(10, -3 + trial % 4 * 0.8);
            var region = InputRegion.Ball(center, radius, (Norm)(trial % 3));
            var property = new Property($"{trial}", region, OutputProperty.SameLabel(outputs.IndexOf(outputs.Max()), outputs.Length));
            var certificate = verifier.Verify(property, Small);
            verdicts.Add(certificate.Verdict);
            if (certificate.Counterexample is { } counterexample) AssertConfirmed(model, property, counterexample);
            if (certificate.Verdict != Verdict.Verified) continue;
            Assert.True(certificate.Margin > 0);
            var points = Sampling.Points(region, 500, random);
            var answers = model.Network.Evaluate<double>(points, 500);
            for (var row = 0; row < 500; row++)
            {
                var answer = answers.AsSpan(row * outputs.Length, outputs.Length);
                Assert.False(property.Output.IsViolatedBy(answer), $"Sampled point {row} violates a verified property: {string.Join(' ', answer.ToArray())}");
            }
        }

        Assert.Contains(Verdict.Verified, verdicts);
        Assert.Contains(Verdict.Falsified, verdicts);
    }

    [Fact]
    public void The_same_run_gives_the_same_certificates()
    {
        using var model = Load("digits-plain.onnx");
        var specification = Digits(model, radius: 0.4, samples: 4);
        var (first, second) = (new Verifier(model).Verify(specification), new Verifier(model).Verify(specification));
        Assert.Equal(ReportJson.Write(first), ReportJson.Write(second));
    }

    [Fact]
    public void A_cancelled_run_keeps_what_it_has_decided_and_says_that_it_is_incomplete()
    {
        using var model = Load("digits-robust.onnx");
        using var cancellation = new CancellationTokenSource();
        var progress = new CancelAfter(2, cancellation);
        var report = new Verifier(model).Verify(Digits(model, radius: 0.1, samples: 5), progress, cancellation.Token);
        Assert.False(report.Complete);
        Assert.Equal(2, report.Certificates.Length);
    }

    [Fact]
    public void A_limit_in_seconds_gives_unknown_and_says_so()
    {
        using var model = Load("digits-robust.onnx");
        var property = Digits(model, radius: 0.1, samples: 1).Properties(model).Single();
        var certificate = new Verifier(model).Verify(property, Budget.Default with { Seconds = 0 });
        Assert.Equal(Verdict.Unknown, certificate.Verdict);
        Assert.Contains("limit", certificate.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void The_certified_radius_is_verified_and_below_the_attacked_one(Norm norm)
    {
        using var model = Load("digits-robust.onnx");
        var verifier = new Verifier(model);
        var specification = Digits(model, radius: 1, samples: 3) with { Norm = norm, MeasureRadius = true, Budget = Small };
        var report = verifier.Verify(specification);
        for (var sample = 0; sample < 3; sample++)
        {
            var certificate = report.Certificates[sample];
            Assert.True(certificate.CertifiedRadius > 0);
            Assert.True(certificate.CertifiedRadius <= certificate.AttackedRadius, $"{certificate.CertifiedRadius} > {certificate.AttackedRadius}");
            var at = specification.PropertyAt(model, sample, certificate.CertifiedRadius!.Value);
            Assert.Equal(Verdict.Verified, verifier.Verify(at, Small).Verdict);
        }
    }

    [Fact]
    public void Nothing_is_proved_where_a_function_inside_the_network_has_no_value()
    {
        // Bounded after the logarithm, but not a number for x < 0.
        var builder = new ModelBuilder();
        var logarithm = builder.Node("Log", [builder.Input([1, 1])]);
        builder.Node("Sigmoid", [logarithm]);
        using var folder = new TemporaryFolder();
        using var model = DeployedModel.Load(builder.Save(folder));
        var verifier = new Verifier(model);
        var bounded = OutputProperty.WithinRange(0, 1, -1, 2);

        Assert.Equal(Verdict.Verified, verifier.Verify(new Property("inside", InputRegion.Box([1], [2]), bounded), Small).Verdict);
        Assert.Equal(Verdict.Unknown, verifier.Verify(new Property("outside", InputRegion.Box([-2], [-1]), bounded), Small).Verdict);
    }

    [Fact]
    public void A_property_of_another_number_of_outputs_is_refused()
    {
        using var model = Load("iris.onnx");
        var property = new Property("iris", InputRegion.Box(new double[4], new double[4]), OutputProperty.WithinRange(0, 6, -1, 1));
        var exception = Assert.Throws<ArgumentException>(() => new Verifier(model).Verify(property, Small with { AttackRestarts = 0 }));
        Assert.Contains("6 outputs", exception.Message, StringComparison.Ordinal);
    }

    [OnnxRuntimeFact]
    public void An_answer_in_double_that_is_a_tie_only_in_float32_is_no_counterexample()
    {
        var builder = new ModelBuilder { OutputType = DataType.Double };
        var offsets = new TensorProto { Name = "offsets", DataType = DataType.Double, Dims = { 2 }, DoubleData = { 1 + 1e-9, 1 } };
        builder.Model.Graph.Initializer.Add(offsets);
        builder.Node("Add", [builder.Input([1, 1], type: DataType.Double), offsets.Name]);
        using var folder = new TemporaryFolder();
        using var model = DeployedModel.Load(builder.Save(folder));
        var property = new Property("tie", InputRegion.Box([0], [1]), OutputProperty.SameLabel(0, 2));
        Assert.NotEqual(Verdict.Falsified, new Verifier(model).Verify(property, Small).Verdict);
    }

    private static void AssertConfirmed(DeployedModel model, Property property, Counterexample counterexample)
    {
        Assert.True(property.Region.Contains(counterexample.Input.AsSpan()), "The counterexample lies outside the region.");
        var outputs = model.Runtime.Run(counterexample.Input.AsSpan());
        Assert.Equal(counterexample.Output.ToArray(), outputs);
        Assert.True(property.Output.IsViolatedBy(Array.ConvertAll(outputs, value => (double)value)), "The counterexample violates nothing.");
    }

    private static Specification Digits(DeployedModel model, double radius, int samples)
    {
        var random = new Random(11);
        return new Specification
        {
            Name = "digits",
            ModelPath = model.Path,
            Radius = radius,
            DomainLower = 0,
            DomainUpper = 16,
            Requirement = new SameLabel(Predicted: true),
            Samples =
            [
                .. Enumerable.Range(0, samples).Select(i => new Sample(
                    $"sample {i}", [.. Enumerable.Range(0, 64).Select(_ => (double)random.Next(17))], null)),
            ],
        };
    }

    private static DeployedModel Load(string file) =>
        DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", file));

    private sealed class CancelAfter(int count, CancellationTokenSource cancellation) : IProgress<Certificate>
    {
        private int seen;

        public void Report(Certificate value)
        {
            if (++seen == count) cancellation.Cancel();
        }
    }
}
