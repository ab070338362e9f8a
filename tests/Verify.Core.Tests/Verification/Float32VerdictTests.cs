using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Specifications;
using RobustVerify.Core.Verification;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Tests.Verification;

/// <summary>
/// Models that are right in real arithmetic and wrong in float32, after the recipes of Zombori et al. 2021 and of Jia and
/// Rinard 2021, arXiv 2003.03021: a number that is large hides a small one behind its rounding.
/// </summary>
public sealed class Float32VerdictTests
{
    // Without an attack: it would find what the proof overlooks.
    private static readonly Budget Proof = Budget.Default with { AttackRestarts = 0 };

    // Constants are added up during import, where the managed runtime finds them.
    private static readonly string[] RightWhereConstantsAreFolded = ["a sum of a tensor and constants", "a constant that is computed"];

    /// <summary>Models whose first output is above all others for every x in [0.25, 0.75], in real arithmetic.</summary>
    private static readonly Dictionary<string, Action<ModelBuilder>> Fooling = new()
    {
        // relu(x + 2²⁵) − 2²⁵ − 0.1
        ["a large neuron"] = m =>
        {
            var large = m.Node("Relu", [m.Node("Gemm", ["x", m.Floats([1, 1], 1), m.Floats([1], 1 << 25)])]);
            Above(m, m.Node("Gemm", [large, m.Floats([1, 1], 1), m.Floats([1], -(1 << 25))]), 0.1);
        },
        ["large weights that cancel"] = m =>
        {
            var both = m.Node("Relu", [m.Node("Gemm", ["x", m.Floats([1, 2], 1 << 26, (1 << 26) + 8), m.Floats([2], 1 << 26, 1 << 26)])]);
            Above(m, m.Node("Gemm", [both, m.Floats([2, 1], -1 / 8.0, 1 / 8.0)]), 0.1);
        },
        ["a large sum and difference"] = m =>
            Above(m, m.Node("Sub", [m.Node("Add", ["x", m.Floats([], 1e8)]), m.Floats([], 1e8)]), 0.1),
        ["a sum of a tensor and constants"] = m =>
            Beside(m, m.Node("Sum", [m.Floats([], 1), m.Node("Mul", ["x", m.Floats([], Math.ScaleB(1, -26))]), m.Floats([], -1)])),
        ["a large mean"] = m =>
        {
            var large = m.Node("Relu", [m.Node("Gemm", ["x", m.Floats([1, 1], 1), m.Floats([1], 1 << 25)])]);
            Above(m, m.Node("BatchNormalization", [large, m.Floats([1], 1), m.Floats([1], 0), m.Floats([1], 1 << 25), m.Floats([1], 1)]), 0.1);
        },
        ["factors that underflow"] = m =>
        {
            var x = "x";
            foreach (var factor in new[] { 1e-30, 1e-20, 1e30, 1e20 }) x = m.Node("Mul", [x, m.Floats([], factor)]);
            Above(m, x, 0.1);
        },
        ["factors that overflow"] = m =>
        {
            var x = "x";
            foreach (var factor in new[] { 1e30, 1e20, 1e-30, 1e-20 }) x = m.Node("Mul", [x, m.Floats([], factor)]);
            Above(m, m.Node("Neg", [x]), -1);
        },
        ["a constant that is computed"] = m =>
        {
            var nothing = m.Node("Sub", [m.Node("Add", [m.Floats([1], 1), m.Floats([1], Math.ScaleB(1, -26))]), m.Floats([1], 1)]);
            Beside(m, m.Node("Mul", ["x", nothing]));
        },
        ["a step behind a large number"] = m =>
        {
            var large = m.Node("Relu", [m.Node("Gemm", ["x", m.Floats([1, 1], 1), m.Floats([1], 1 << 25)])]);
            Above(m, m.Node("Sign", [m.Node("Sub", [large, m.Floats([], 1 << 25)])]), 0.5);
        },
        ["an activation written with large numbers"] = m =>
        {
            var same = m.Node("Sub", [m.Node("Add", ["x", m.Floats([], 1e8)]), m.Floats([], 1e8)]);
            Above(m, m.Node("Mul", [same, m.Node("Sigmoid", [same])]), 0.1);
        },
        ["a sigmoid that saturates"] = m => m.Node("Sigmoid", [Pair(m, m.Node("Add", ["x", m.Floats([], 20)]), 20)]),
        ["a softmax that cannot tell"] = m => m.Node("Softmax", [Pair(m, m.Node("Mul", ["x", m.Floats([], 1e-9)]), 0)]),
        ["a log-softmax that cannot tell"] = m => m.Node("LogSoftmax", [Pair(m, m.Node("Mul", ["x", m.Floats([], 1e-9)]), 0)]),
    };

    public static TheoryData<string> Names => [.. Fooling.Keys];

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void What_float32_gets_wrong_is_verified_for_real_numbers_only(string name)
    {
        using var folder = new TemporaryFolder();
        using var model = Load(Fooling[name], folder);
        var property = new Property(name, InputRegion.Box([0.25], [0.75]), OutputProperty.SameLabel(0, model.Network.Output.Size));
        using var managed = new ManagedRuntime(model.Model);
        foreach (var runtime in RightWhereConstantsAreFolded.Contains(name) ? [model.Runtime] : new[] { model.Runtime, managed })
        {
            Assert.True(
                property.Output.IsViolatedBy(runtime.RunExactly([0.5f])),
                $"{runtime.Name} answers rightly: {string.Join(' ', runtime.Run([0.5f]))}");
        }

        var verifier = new Verifier(model);
        var real = verifier.Verify(property, Proof);
        Assert.Equal((Verdict.Verified, Semantics.Real), (real.Verdict, real.Semantics));
        var deployed = verifier.Verify(property with { Semantics = Semantics.Float32 }, Proof);
        Assert.Equal((Verdict.Unknown, Semantics.Float32), (deployed.Verdict, deployed.Semantics));
        Assert.NotNull(deployed.Reason);
    }

    [Theory]
    [InlineData("iris.onnx", 0.02)]
    [InlineData("tumour.onnx", 0.02)]
    [InlineData("digits-robust.onnx", 0.1)]
    [InlineData("digits-cnn.onnx", 0.02)]
    [InlineData("digits-gelu.onnx", 0.02)]
    [InlineData("digits-sigmoid.onnx", 0.02)]
    public void A_trained_network_is_verified_for_float32_by_almost_the_same_margin(string file, double radius)
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", file));
        var random = new Random(2);
        var verified = 0;
        for (var trial = 0; trial < 5; trial++)
        {
            var scale = file.StartsWith("digits", StringComparison.Ordinal) ? 16 : 5;
            var center = Enumerable.Range(0, model.Network.Input.Size).Select(_ => (double)(float)(scale * random.NextDouble())).ToArray();
            var outputs = model.Runtime.Run(Array.ConvertAll(center, value => (float)value));
            var property = new Property(
                $"{trial}", InputRegion.Ball(center, radius, Norm.Linf), OutputProperty.SameLabel(outputs.IndexOf(outputs.Max()), outputs.Length));
            var verifier = new Verifier(model);
            var real = verifier.Verify(property, Proof);
            var deployed = verifier.Verify(property with { Semantics = Semantics.Float32 }, Proof);
            if (real.Verdict != Verdict.Verified || real.Margin < 0.01) continue;
            Assert.Equal(Verdict.Verified, deployed.Verdict);
            Assert.InRange(deployed.Margin!.Value, 0.95 * real.Margin!.Value - 1e-3, real.Margin.Value);
            verified++;
        }

        Assert.True(verified > 0, "Nothing was verified.");
    }

    [Fact]
    public void A_final_softmax_needs_a_difference_that_it_cannot_lose()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(m => m.Node("Softmax", [Pair(m, "x", 0)]), folder);
        var property = new Property("softmax", InputRegion.Box([0.25], [0.75]), OutputProperty.SameLabel(0, 2)) { Semantics = Semantics.Float32 };
        var certificate = new Verifier(model).Verify(property, Proof);
        Assert.Equal(Verdict.Verified, certificate.Verdict);
        Assert.InRange(certificate.Margin!.Value, 0.2499, 0.25);
    }

    [Fact]
    public void A_softmax_within_the_network_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(m => Pair(m, m.Node("ReduceSum", [m.Node("Softmax", [Pair(m, "x", 0)]), m.Integers(1)]), 0), folder);
        var property = new Property("softmax", InputRegion.Box([0.25], [0.75]), OutputProperty.SameLabel(0, 2)) { Semantics = Semantics.Float32 };
        var certificate = new Verifier(model).Verify(property, Proof);
        Assert.Equal(Verdict.Unknown, certificate.Verdict);
        Assert.Contains("Softmax", certificate.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_overflow_is_named()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(Fooling["factors that overflow"], folder);
        var property = new Property("overflow", InputRegion.Box([0.25], [0.75]), OutputProperty.SameLabel(0, 2)) { Semantics = Semantics.Float32 };
        Assert.Contains("Mul", new Verifier(model).Verify(property, Proof).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_ArgMax_chooses_is_proved_and_nothing_else_of_it()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(m =>
        {
            m.OutputType = DataType.Int64;
            m.Node("ArgMax", [Pair(m, "x", 0)], ("axis", 1));
        }, folder);
        var box = InputRegion.Box([0.25], [0.75]);
        var chosen = new Property("chosen", box, OutputProperty.SameLabel(0, 2)) { Semantics = Semantics.Float32 };
        Assert.Equal(Verdict.Verified, new Verifier(model).Verify(chosen, Proof).Verdict);
        var scores = new Property("scores", box, OutputProperty.WithinRange(0, 2, 0, 1)) { Semantics = Semantics.Float32 };
        Assert.Throws<NotSupportedException>(() => new Verifier(model).Verify(scores, Proof));
    }

    private static DeployedModel Load(Action<ModelBuilder> build, TemporaryFolder folder)
    {
        var builder = new ModelBuilder();
        builder.Input([1, 1]);
        build(builder);
        return DeployedModel.Load(builder.Save(folder));
    }

    private static string Pair(ModelBuilder m, string first, double second) =>
        m.Node("Concat", [first, m.Floats([1, 1], second)], ("axis", 1));

    // Beside 0, and −1, which makes the difference one that a faithful import may have.
    private static void Beside(ModelBuilder m, string value) =>
        m.Node("Concat", [value, m.Floats([1, 2], 0, -1)], ("axis", 1));

    private static void Above(ModelBuilder m, string value, double threshold) =>
        Pair(m, m.Node("Sub", [value, m.Floats([], threshold)]), 0);
}
