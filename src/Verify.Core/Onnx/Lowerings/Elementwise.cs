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
        { "Sigmoid", op => op.Apply(op[0], Sigmoid.Instance) },
        { "Tanh", op => op.Apply(op[0], Tanh.Instance) },
        { "Exp", op => op.Apply(op[0], Exp.Instance) },
        { "Sqrt", op => op.Apply(op[0], Power.Sqrt) },
    };

    private static Constant Filled(double value) => new([value], []);

    // leaky(x) = a x + (1 − a) relu(x): one ReLU.
    private static Value Leaky(Operation op, Constant slope)
    {
        var rest = new Constant(Array.ConvertAll(slope.Data, a => 1 - a), slope.Shape);
        return op.Sum((1, op.Product(op[0], slope)), (1, op.Product(op.Apply(op[0], ReLU.Instance), rest)));
    }

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
