using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Sums, means and extremes over axes, and softmax.</summary>
internal static class Reductions
{
    /// <summary>The longest axis whose softmax is written with all pairs of its elements.</summary>
    private const int LongestPaired = 64;

    public static readonly OperatorFamily Operators = new()
    {
        { "ReduceSum", op => Reduce(op, op[0], op.SumOverLast) },
        { "ReduceMean", op => Reduce(op, op[0], x => op.Sum((1.0 / x.Shape[^1], op.SumOverLast(x)))) },
        { "ReduceMax", op => Reduce(op, op[0], op.MaxOverLast) },
        { "ReduceMin", op => op.Sum((-1, Reduce(op, op.Sum((-1, op[0])), op.MaxOverLast))) },
        { "ReduceSumSquare", op => Reduce(op, op.Product(op[0], op[0]), op.SumOverLast) },
        { "ReduceL1", op => Reduce(op, Arithmetic.Abs(op), op.SumOverLast) },
        { "ReduceL2", op => op.Apply(Reduce(op, op.Product(op[0], op[0]), op.SumOverLast), Power.Sqrt) },
        { "Softmax", op => OverAxis(op, Softmax) },
        { "LogSoftmax", op => OverAxis(op, LogSoftmax) },
    };

    private static Value Reduce(Operation op, Value x, Func<Value, Value> overLast)
    {
        var given = op.IntegersFrom("axes", 1);
        if (given is null or [] && op.Integer("noop_with_empty_axes", 0) != 0) return x;
        var axes = given is null or []
            ? [.. Enumerable.Range(0, x.Rank)]
            : Array.ConvertAll(given, axis => Shapes.Axis(axis, x.Rank));
        int[] kept = [.. Enumerable.Range(0, x.Rank).Except(axes)];
        int[] shape = [.. kept.Select(axis => x.Shape[axis])];
        var ordered = x.Transpose([.. kept, .. axes]).Reshape([.. shape, axes.Aggregate(1, (size, axis) => size * x.Shape[axis])]);
        var reduced = overLast(ordered);
        return op.Integer("keepdims", 1) == 0
            ? reduced
            : reduced.Reshape([.. x.Shape.Select((d, axis) => axes.Contains(axis) ? 1 : d)]);
    }

    // Up to operator set 12 the axes from the given one on are one axis.
    private static Value OverAxis(Operation op, Func<Algebra, Value, Value> overLast)
    {
        var x = op[0];
        var axis = op.Axis(op.Opset < 13 ? 1 : -1, x.Rank);
        if (op.Opset >= 13) return overLast(op, x.MoveToEnd(axis)).MoveFromEnd(axis);
        var (outer, inner) = Shapes.Split(x.Shape, axis);
        return overLast(op, x.Reshape(outer, inner)).Reshape(x.Shape);
    }

    /// <summary>softmax(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) over the last axis.</summary>
    /// <remarks>
    /// Short axes are written 1 / (1 + Σ exp(xⱼ − xᵢ)), j ≠ i: it cannot overflow to an undefined value, every element
    /// is one monotone function of a sum, and bounds are much tighter, at the price of n² exponentials.
    /// </remarks>
    public static Value Softmax(Algebra algebra, Value x)
    {
        var length = x.Shape[^1];
        if (length == 1) return new Constant([.. Enumerable.Repeat(1.0, x.Size)], x.Shape);
        if (length == 2) return OnSimplex(algebra.Apply(LessOther(algebra, x), Sigmoid.Instance));
        if (length <= LongestPaired) return OnSimplex(algebra.Apply(SumOfPairs(algebra, x), Power.Reciprocal));
        var (powers, sum) = Exponentials(algebra, x);
        return OnSimplex(algebra.Product(powers, algebra.Apply(sum, Power.Reciprocal)));
    }

    // The same, known to sum to one over the last axis.
    private static Value OnSimplex(Value softmax) => softmax is not Computed { Node: var node } ? softmax : new Computed(
        node switch
        {
            ElementwiseNode function => new ElementwiseNode(function.Source, function.Activation, function.Name) { Simplex = softmax.Shape[^1] },
            ProductNode product => new ProductNode(product.Left, product.Right, product.Name) { Simplex = softmax.Shape[^1] },
            _ => node,
        },
        softmax.Shape);

    private static Value LogSoftmax(Algebra algebra, Value x)
    {
        var length = x.Shape[^1];
        if (length == 1) return new Constant(new double[x.Size], x.Shape);
        if (length <= LongestPaired) return algebra.Sum((-1, algebra.Apply(SumOfPairs(algebra, x), Log.Instance)));
        var (_, sum) = Exponentials(algebra, x);
        return algebra.Sum((1, Centred(algebra, x)), (-1, algebra.Apply(sum, Log.Instance)));
    }

    // 1 + Σ exp(xⱼ − xᵢ), j ≠ i.
    private static Value SumOfPairs(Algebra algebra, Value x)
    {
        // Each difference is there once, xᵢ − xⱼ for i < j, with a sum that it goes to and one that its negative goes to.
        var length = x.Shape[^1];
        var pairs = Enumerable.Range(0, x.Size / length)
            .SelectMany(row => Enumerable.Range(0, length * length).Select(k => (I: k / length, J: k % length))
                .Where(pair => pair.I < pair.J)
                .Select(pair => (I: row * length + pair.I, J: row * length + pair.J)))
            .ToArray();
        int[] shape = [pairs.Length];
        var differences = algebra.Sum(
            (1, x.Select(shape, [.. pairs.Select(pair => pair.I)])),
            (-1, x.Select(shape, [.. pairs.Select(pair => pair.J)])));
        Value Total(Activation power, IEnumerable<int> sums) =>
            algebra.Map(algebra.Apply(differences, power), new BlockSumMap(x.Size, [.. sums]), x.Shape);
        return algebra.Sum(
            (1, Total(Exp.Instance, pairs.Select(pair => pair.J))),
            (1, Total(Exp.Reciprocal, pairs.Select(pair => pair.I))),
            (1, new Constant([1], [])));
    }

    // x₀ − x₁ and x₁ − x₀.
    private static Value LessOther(Algebra algebra, Value x) =>
        algebra.Sum((1, x), (-1, x.Select(x.Shape, [.. Enumerable.Range(0, x.Size).Select(i => i ^ 1)])));

    // exp(x − mean x) and its sums: any shift gives the same quotient, this one keeps the powers small.
    private static (Value Powers, Value Sum) Exponentials(Algebra algebra, Value x)
    {
        var powers = algebra.Apply(Centred(algebra, x), Exp.Instance);
        var sum = algebra.SumOverLast(powers);
        return (powers, sum.Reshape([.. sum.Shape, 1]));
    }

    private static Value Centred(Algebra algebra, Value x)
    {
        var mean = algebra.Sum((1.0 / x.Shape[^1], algebra.SumOverLast(x)));
        return algebra.Sum((1, x), (-1, mean.Reshape([.. mean.Shape, 1])));
    }
}
