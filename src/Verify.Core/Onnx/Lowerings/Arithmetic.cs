using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Sums, products and powers of tensors.</summary>
internal static class Arithmetic
{
    public static readonly OperatorFamily Operators = new()
    {
        { "Add", op => op.Sum((1, op[0]), (1, op[1])) },
        { "Sub", op => op.Sum((1, op[0]), (-1, op[1])) },
        { "Sum", op => op.Sum([.. op.Inputs.Select(x => (1.0, x))]) },
        { "Mean", op => op.Sum([.. op.Inputs.Select(x => (1.0 / op.Inputs.Length, x))]) },
        { "Neg", op => op.Sum((-1, op[0])) },
        { "Mul", op => op.Product(op[0], op[1]) },
        { "Div", op => op.Quotient(op[0], op[1]) },
        { "Reciprocal", op => op.Apply(op[0], Power.Reciprocal) },
        { "Pow", Pow },
        { "Max", op => op.Max(op.Inputs) },
        { "Min", op => op.Sum((-1, op.Max([.. op.Inputs.Select(x => op.Sum((-1, x)))]))) },
        { "Abs", Abs },
    };

    /// <summary>|x| = 2 relu(x) − x: one ReLU.</summary>
    public static Value Abs(Operation op) => Abs(op, op[0]);

    /// <inheritdoc cref="Abs(Operation)"/>
    public static Value Abs(Algebra algebra, Value x) => x is Constant constant
        ? new Constant(Array.ConvertAll(constant.Data, Math.Abs), x.Shape, constant.IsInteger)
        : algebra.Sum((2, algebra.Apply(x, ReLU.Instance)), (-1, x));

    private static Value Pow(Operation op)
    {
        var exponents = op.Known(1);
        if (op[0] is Constant x)
        {
            var shape = Shapes.Broadcast(x.Shape, exponents.Shape);
            var (a, b) = ((Constant)x.BroadcastTo(shape), (Constant)exponents.BroadcastTo(shape));
            return new Constant([.. a.Data.Zip(b.Data, Math.Pow)], shape, x.IsInteger);
        }

        var distinct = exponents.Data.Distinct().ToArray();
        if (distinct.Length == 1)
            return Pow(op, op[0].BroadcastTo(Shapes.Broadcast(op[0].Shape, exponents.Shape)), distinct[0]);

        // Elements with the same exponent are taken out together, raised, and put back.
        var all = Shapes.Broadcast(op[0].Shape, exponents.Shape);
        var perElement = ((Constant)exponents.BroadcastTo(all)).Data;
        var order = new List<int>();
        var parts = new List<Value>();
        foreach (var exponent in distinct)
        {
            int[] places = [.. Enumerable.Range(0, perElement.Length).Where(i => perElement[i] == exponent)];
            order.AddRange(places);
            parts.Add(Pow(op, op[0].BroadcastTo(all).Select([places.Length], places), exponent));
        }

        var back = new int[order.Count];
        for (var i = 0; i < back.Length; i++) back[order[i]] = i;
        return op.Concatenate(parts, 0).Select(all, back);
    }

    private static Value Pow(Operation op, Value x, double exponent) => exponent switch
    {
        0 => new Constant([.. Enumerable.Repeat(1.0, x.Size)], x.Shape),
        1 => x,
        _ => op.Apply(x, Power.Of(exponent)),
    };
}
