using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Batch, instance and layer normalisation.</summary>
internal static class Normalisation
{
    public static readonly OperatorFamily Operators = new()
    {
        { "BatchNormalization", BatchNormalization },
        { "InstanceNormalization", InstanceNormalization },
        { "LayerNormalization", LayerNormalization },
    };

    // With the statistics of training it is one scale and one shift per channel.
    private static Value BatchNormalization(Operation op)
    {
        if (op.Integer("training_mode", 0) != 0 || op.Integer("spatial", 1) == 0)
            throw op.Unsupported("in training mode or with statistics per element", "inference with statistics per channel");
        var x = op[0];
        var (scale, shift, mean, variance) = (op.Known(1), op.Known(2), op.Known(3), op.Known(4));
        var channels = x.Rank > 1 ? x.Shape[1] : 1;
        if (new[] { scale, shift, mean, variance }.Any(p => p.Size != channels))
            throw new InvalidModelException($"{op.Name}: {channels} channels need as many scales, shifts, means and variances");
        if (variance.Data.Any(v => v < 0)) throw new InvalidModelException($"{op.Name}: a variance is negative");
        var epsilon = op.Number("epsilon", 1e-5);
        int[] shape = [channels, .. Enumerable.Repeat(1, Math.Max(0, x.Rank - 2))];
        var (factors, centres) = (new double[channels], new double[channels]);
        for (var c = 0; c < channels; c++)
        {
            factors[c] = scale.Data[c] / Math.Sqrt(variance.Data[c] + epsilon);
            centres[c] = mean.Data[c] * factors[c];
        }

        return op.Sum((1, op.Product(x, new Constant(factors, shape))), (1, shift.Reshape(shape)), (-1, new Constant(centres, shape)));
    }

    private static Value InstanceNormalization(Operation op)
    {
        var x = op[0];
        int[] perChannel = [x.Shape[1], .. Enumerable.Repeat(1, x.Rank - 2)];
        var flat = x.Reshape(x.Shape[0], x.Shape[1], Shapes.Size(x.Shape.AsSpan(2..)));
        var normal = Normalise(op, flat, op.Number("epsilon", 1e-5)).Reshape(x.Shape);
        return op.Sum((1, op.Product(normal, op[1].Reshape(perChannel))), (1, op[2].Reshape(perChannel)));
    }

    private static Value LayerNormalization(Operation op)
    {
        if (op.OutputCount > 1) throw op.Unsupported("with its statistics as outputs", "the normalised tensor alone");
        var x = op[0];
        var (outer, inner) = Shapes.Split(x.Shape, op.Axis(-1, x.Rank));
        var normal = op.Product(Normalise(op, x.Reshape(outer, inner), op.Number("epsilon", 1e-5)).Reshape(x.Shape), op[1]);
        return op.Optional(2) is { } shift ? op.Sum((1, normal), (1, shift)) : normal;
    }

    // (x − mean) / √(variance + ε) over the last axis.
    private static Value Normalise(Algebra algebra, Value x, double epsilon)
    {
        var length = x.Shape[^1];
        Value Mean(Value v)
        {
            var mean = algebra.Sum((1.0 / length, algebra.SumOverLast(v)));
            return mean.Reshape([.. mean.Shape, 1]);
        }

        var centred = algebra.Sum((1, x), (-1, Mean(x)));
        var variance = algebra.Sum((1, Mean(algebra.Product(centred, centred))), (1, new Constant([epsilon], [])));
        return algebra.Quotient(centred, algebra.Apply(variance, Power.Sqrt));
    }
}
