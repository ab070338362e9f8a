using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Networks.Activations;

/// <summary>What ONNX Runtime computes is never further from a function than half of what is stated.</summary>
public sealed class Float32ErrorTests
{
    private const int Width = 4099; // no multiple of any vector's length
    private const int Runs = 100;

    private static readonly (string Operator, int Opset, (string, object)[] Attributes, Activation Activation)[] All =
    [
        ("Relu", 17, [], ReLU.Instance),
        ("Tanh", 17, [], Tanh.Instance),
        ("Sigmoid", 17, [], Sigmoid.Instance),
        ("Softplus", 17, [], Softplus.Instance),
        ("Softsign", 17, [], Softsign.Instance),
        ("Elu", 17, [("alpha", 0.7)], ExponentialUnit.Elu(0.7f)),
        ("Celu", 17, [("alpha", 0.7)], ExponentialUnit.Celu(0.7f)),
        ("Selu", 17, [], ExponentialUnit.Selu),
        ("Gelu", 20, [], Gelu.Instance),
        ("Gelu", 20, [("approximate", "tanh")], SigmoidGate.GeluTanh),
        ("Mish", 18, [], Mish.Instance),
        ("HardSwish", 17, [], HardSwish.Instance),
        ("HardSigmoid", 17, [("alpha", 0.3), ("beta", 0.4)], PiecewiseLinear.HardSigmoid(0.3f, 0.4f)),
        ("LeakyRelu", 17, [("alpha", 0.3)], PiecewiseLinear.LeakyReLU(0.3f)),
        ("ThresholdedRelu", 17, [("alpha", 0.4)], PiecewiseLinear.ThresholdedReLU(0.4f)),
        ("Sign", 17, [], PiecewiseLinear.Sign),
        ("Erf", 17, [], Erf.Instance),
        ("Exp", 17, [], Exp.Instance),
        ("Log", 17, [], Log.Instance),
        ("Sqrt", 17, [], Power.Sqrt),
        ("Reciprocal", 17, [], Power.Reciprocal),
        ("Pow 2", 17, [], Quadratic.Square),
        ("Pow 3", 17, [], Power.Of(3)),
        ("Pow -2", 17, [], Power.Of(-2)),
        ("Pow 2.5", 17, [], Power.Of(2.5)),
        ("Sin", 17, [], Sine.Sin),
        ("Cos", 17, [], Sine.Cos),
        ("Atan", 17, [], Atan.Instance),
    ];

    public static TheoryData<int, string, bool> Rows
    {
        get
        {
            var rows = new TheoryData<int, string, bool>();
            for (var row = 0; row < All.Length; row++)
            {
                rows.Add(row, All[row].Activation.Name, false);
                rows.Add(row, All[row].Activation.Name, true);
            }

            return rows;
        }
    }

    [OnnxRuntimeTheory]
    [MemberData(nameof(Rows))]
    public void ONNX_Runtime_is_off_by_at_most_half_of_the_stated_error(int row, string name, bool behindGemm)
    {
        var (op, opset, attributes, activation) = All[row];
        var builder = new ModelBuilder(opset);
        var source = behindGemm
            ? builder.Node("Gemm", [builder.Input([Width, 1]), builder.Floats([1, 1], 1), builder.Floats([1], 0)])
            : builder.Input([1, Width]);
        if (op.Split(' ') is [var pow, var exponent]) builder.Node(pow, [source, builder.Floats([], double.Parse(exponent))]);
        else builder.Node(op, [source], attributes);
        using var folder = new TemporaryFolder();
        using var model = DeployedModel.Load(builder.Save(folder));
        var random = new Random(row);
        for (var run = 0; run < Runs; run++)
        {
            var z = Points(random, run);
            var y = model.Runtime.Run(z);
            for (var i = 0; i < Width; i++)
            {
                var value = activation.Value(z[i]);
                if (!activation.IsDefinedOn(z[i], z[i]) || !(Math.Abs(value) < float.MaxValue)) continue;
                var stated = activation.Float32Error(z[i], z[i]);
                Assert.True(Math.Abs(y[i] - value) <= stated / 2, $"{name}({z[i]:R}) = {value:R}, computed as {y[i]:R}: {Math.Abs(y[i] - value) / stated:g3} of the stated error.");
            }
        }
    }

    [Fact]
    public void The_error_over_an_interval_covers_the_errors_at_its_points()
    {
        var random = new Random(5);
        foreach (var (_, _, _, activation) in All)
        {
            for (var trial = 0; trial < 300; trial++)
            {
                var (a, b) = (8 * random.NextDouble() - 4, 8 * random.NextDouble() - 4);
                var (lower, upper) = (Math.Min(a, b), Math.Max(a, b));
                if (!activation.IsDefinedOn(lower, upper)) continue;
                var all = activation.Float32Error(lower, upper);
                for (var k = 0; k <= 10; k++)
                {
                    var z = lower + k / 10.0 * (upper - lower);
                    Assert.True(activation.Float32Error(z, z) <= all * (1 + 1e-12), $"{activation.Name} at {z} in [{lower}, {upper}]");
                }
            }
        }
    }

    // All float32 numbers alike, subnormal and huge ones, and those that networks have.
    private static float[] Points(Random random, int run)
    {
        var z = new float[Width];
        for (var i = 0; i < Width; i++)
        {
            z[i] = run % 2 == 0
                ? BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32))
                : (float)((2 * random.NextDouble() - 1) * Math.Pow(10, random.Next(-3, 3)));
            if (!float.IsFinite(z[i])) z[i] = float.Epsilon;
        }

        return z;
    }
}
