using RobustVerify.Core.Networks.Activations;
using static RobustVerify.Core.Tests.Networks.Activations.Real;

namespace RobustVerify.Core.Tests.Networks.Activations;

/// <summary>One row per activation; every test runs over all of them.</summary>
public static class ActivationTable
{
    /// <summary>
    /// The activation, where to sample it, its definition with many digits, and a bound of its second derivative there
    /// (infinite where it has kinks).
    /// </summary>
    public sealed record Row(Activation Activation, double From, double To, Func<Real, Real> Truth, double Bend);

    private static readonly Row[] All =
    [
        new(ReLU.Instance, -9, 9, z => z.Sign > 0 ? z : 0, double.PositiveInfinity),
        new(PiecewiseLinear.LeakyReLU(0.1), -9, 9, z => z.Sign > 0 ? z : (Real)0.1 * z, double.PositiveInfinity),
        new(PiecewiseLinear.Clip(-0.5, 2), -9, 9, z => Clamp(z, -0.5, 2), double.PositiveInfinity),
        new(PiecewiseLinear.HardTanh, -9, 9, z => Clamp(z, -1, 1), double.PositiveInfinity),
        new(PiecewiseLinear.HardSigmoid(0.25, 0.5), -9, 9, z => Clamp((Real)0.25 * z + 0.5, 0, 1), double.PositiveInfinity),
        new(PiecewiseLinear.Sign, -9, 9, z => z.Sign, double.PositiveInfinity),
        new(PiecewiseLinear.Step, -9, 9, z => z.Sign > 0 ? 1 : 0, double.PositiveInfinity),
        new(Fraction.Instance, -9, 9, z => z - Math.Floor((double)z), double.PositiveInfinity),
        new(PiecewiseLinear.ThresholdedReLU(0.75), -9, 9, z => (z - 0.75).Sign > 0 ? z : 0, double.PositiveInfinity),
        new(Tanh.Instance, -9, 9, z => 1 - 2 / (1 + Exp(2 * z)), 0.769800359),
        new(Sigmoid.Instance, -18, 18, Logistic, 0.096225045),
        new(Softplus.Instance, -18, 18, z => Log(1 + Exp(z)), 0.25),
        new(ExponentialUnit.Elu(1), -9, 9, z => z.Sign > 0 ? z : Exp(z) - 1, 1),
        new(ExponentialUnit.Elu(0.7), -9, 9, z => z.Sign > 0 ? z : (Real)0.7 * (Exp(z) - 1), double.PositiveInfinity),
        new(ExponentialUnit.Elu(-0.5), -9, 9, z => z.Sign > 0 ? z : (Real)(-0.5) * (Exp(z) - 1), double.PositiveInfinity),
        new(ExponentialUnit.CreateSelu(1.75, 1.0625), -9, 9, z => z.Sign > 0 ? (Real)1.0625 * z : (Real)1.0625 * (Real)1.75 * (Exp(z) - 1), double.PositiveInfinity),
        new(ExponentialUnit.Celu(2), -9, 9, z => z.Sign > 0 ? z : 2 * (Exp(z / 2) - 1), 0.5),
        new(Gelu.Instance, -9, 9, z => z * (1 + ErrorFunction(z / Sqrt(2))) / 2, 0.797884561),
        new(SigmoidGate.GeluTanh, -7, 7, z => z * Logistic(2 * Sqrt(2 / Pi) * (z + (Real)0.044715 * z * z * z)), 0.797884561),
        new(SigmoidGate.Silu, -18, 18, z => z * Logistic(z), 0.5),
        new(SigmoidGate.Swish(1.75), -12, 12, z => z * Logistic((Real)1.75 * z), 0.875),
        new(Mish.Instance, -18, 18, z => z * (1 - 2 / (1 + (1 + Exp(z)) * (1 + Exp(z)))), 0.64422),
        new(HardSwish.Instance, -9, 9, z => z * Clamp((Real)(1 / 6.0) * z + 0.5, 0, 1), double.PositiveInfinity),
        new(Softsign.Instance, -30, 30, z => z / (1 + Abs(z)), 2),
        new(Atan.Instance, -30, 30, ArcTangent, 0.649519053),
        new(Erf.Instance, -5, 5, ErrorFunction, 0.967882899),
        new(Sine.Sin, -20, 20, Sin, 1),
        new(Sine.Cos, -20, 20, z => Sin(z + Pi / 2), 1),
        new(Exp1, -5, 5, Exp, 149),
        new(RobustVerify.Core.Networks.Activations.Log.Instance, 0.05, 20, Log, 400),
        new(Power.Sqrt, 0.05, 20, Sqrt, 23),
        new(Power.Reciprocal, 0.1, 20, z => 1 / z, 2000),
        new(Power.Reciprocal, -20, -0.1, z => 1 / z, 2000),
        new(Quadratic.Square, -6, 6, z => z * z, 2),
        new(Power.Of(3), -6, 6, z => z * z * z, 36),
        new(Power.Of(4), -6, 6, z => z * z * z * z, 432),
        new(Power.Of(2.5), 0.05, 9, z => z * z * Sqrt(z), 11.25),
        new(Power.Of(-2), 0.2, 9, z => 1 / (z * z), 3750),
    ];

    private static Activation Exp1 => RobustVerify.Core.Networks.Activations.Exp.Instance;

    /// <summary>Every row by its number, the activation's name for the reader, and the order of the derivative.</summary>
    public static TheoryData<int, string, int> Derivatives
    {
        get
        {
            var data = new TheoryData<int, string, int>();
            for (var row = 0; row < All.Length; row++)
            {
                for (var order = 0; order <= 2; order++) data.Add(row, All[row].Activation.Name, order);
            }

            return data;
        }
    }

    /// <summary>Every row by its number, and the activation's name for the reader.</summary>
    public static TheoryData<int, string> Rows
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (var row = 0; row < All.Length; row++) data.Add(row, All[row].Activation.Name);
            return data;
        }
    }

    public static Row At(int row) => All[row];

    /// <summary>An activation's derivative of some order.</summary>
    public static Activation Derivative(int row, int order)
    {
        var activation = All[row].Activation;
        for (var i = 0; i < order; i++) activation = activation.Derivative;
        return activation;
    }

    /// <summary>Random points, some of them very near the ends of the pieces.</summary>
    public static IEnumerable<double> Points(Activation activation, Row row, int count, Random random)
    {
        for (var i = 0; i < count; i++)
        {
            var z = row.From + random.NextDouble() * (row.To - row.From);
            yield return z;
            var end = activation.PieceAt(z).End;
            var near = end + (random.NextDouble() - 0.5) * Math.Pow(10, -random.Next(1, 9));
            if (near > row.From && near < row.To) yield return near;
        }
    }

    private static Real Logistic(Real z) => 1 / (1 + Exp(-z));

    private static Real Clamp(Real z, double low, double high) => (z - low).Sign < 0 ? low : (z - high).Sign > 0 ? high : z;
}
