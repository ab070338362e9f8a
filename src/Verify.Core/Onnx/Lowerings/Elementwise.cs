using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Functions of every element.</summary>
internal static class Elementwise
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Relu", op => op.Apply(op[0], ReLU.Instance) },
        { "LeakyRelu", op => Leaky(op, Filled(op.Number("alpha", 0.01))) },
        { "PRelu", op => Leaky(op, op.Known(1)) },
        { "ThresholdedRelu", op => op.Apply(op[0], PiecewiseLinear.ThresholdedReLU(op.Number("alpha", 1))) },
        { "Clip", Clip },
        { "Sign", op => op.Apply(op[0], PiecewiseLinear.Sign) },
        { "HardSigmoid", op => op.Apply(op[0], PiecewiseLinear.HardSigmoid(op.Number("alpha", 0.2), op.Number("beta", 0.5))) },
        { "HardSwish", op => op.Apply(op[0], HardSwish.Instance) },
        { "Sigmoid", op => op.Apply(op[0], Sigmoid.Instance) },
        { "Tanh", op => op.Apply(op[0], Tanh.Instance) },
        { "Softplus", op => op.Apply(op[0], Softplus.Instance) },
        { "Softsign", op => op.Apply(op[0], Softsign.Instance) },
        { "Elu", op => op.Apply(op[0], ExponentialUnit.Elu(op.Number("alpha", 1))) },
        { "Celu", op => op.Apply(op[0], ExponentialUnit.Celu(op.Number("alpha", 1))) },
        { "Selu", op => op.Apply(op[0], Selu(op)) },
        { "Gelu", op => op.Apply(op[0], op.Word("approximate", "none") == "tanh" ? SigmoidGate.GeluTanh : Gelu.Instance) },
        { "Mish", op => op.Apply(op[0], Mish.Instance) },
        { "Erf", op => op.Apply(op[0], Erf.Instance) },
        { "Exp", op => op.Apply(op[0], Exp.Instance) },
        { "Log", op => op.Apply(op[0], Log.Instance) },
        { "Sqrt", op => op.Apply(op[0], Power.Sqrt) },
        { "Sin", op => op.Apply(op[0], Sine.Sin) },
        { "Cos", op => op.Apply(op[0], Sine.Cos) },
        { "Floor", op => Floor(op, op[0]) },
        { "Ceil", op => op.Sum((-1, Floor(op, op.Sum((-1, op[0]))))) },
        { "Atan", op => op.Apply(op[0], Atan.Instance) },
    };

    private static Constant Filled(double value) => new([value], []);

    // leaky(x) = a x + (1 − a) relu(x): one ReLU.
    private static Value Leaky(Operation op, Constant slope)
    {
        var rest = new Constant(Array.ConvertAll(slope.Data, a => 1 - a), slope.Shape);
        return op.Sum((1, op.Product(op[0], slope)), (1, op.Product(op.Apply(op[0], ReLU.Instance), rest)));
    }

    private static Activation Selu(Operation op) => op.Has("alpha") || op.Has("gamma")
        ? ExponentialUnit.CreateSelu(op.Number("alpha", 1.67326319217681884765625), op.Number("gamma", 1.05070102214813232421875))
        : ExponentialUnit.Selu;

    // ⌊x⌋ is x without its fraction, which, unlike the steps, repeats itself.
    private static Value Floor(Algebra algebra, Value x) => x is Constant { Data: var data }
        ? new Constant(Array.ConvertAll(data, Math.Floor), x.Shape)
        : algebra.Sum((1, x), (-1, algebra.Apply(x, Fraction.Instance)));

    private static Value Clip(Operation op)
    {
        // float's extremes are how exporters write «no limit».
        var low = op.OptionalKnown(1)?.Data[0] ?? op.Number("min", double.NegativeInfinity);
        var high = op.OptionalKnown(2)?.Data[0] ?? op.Number("max", double.PositiveInfinity);
        if (low <= float.MinValue) low = double.NegativeInfinity;
        if (high >= float.MaxValue) high = double.PositiveInfinity;
        if (op[0] is Constant known)
            return new Constant(Array.ConvertAll(known.Data, x => Math.Min(Math.Max(x, low), high)), known.Shape, known.IsInteger);
        if (low >= high) return new Constant([.. Enumerable.Repeat(high, op[0].Size)], op[0].Shape);
        return (double.IsFinite(low), double.IsFinite(high)) switch
        {
            (false, false) => op[0],
            (true, false) => op.Max(op[0], Filled(low)),
            (false, true) => op.Min(op[0], Filled(high)),
            _ => op.Apply(op[0], PiecewiseLinear.Clip(low, high)),
        };
    }
}
