using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx;

/// <summary>What lowering is written in: sums, products, linear maps and functions of tensors, known ones folded.</summary>
/// <param name="name">The name of the nodes that are made.</param>
internal class Algebra(string name)
{
    // A product of so many factors is rounded in float32 as often as its power is said to be.
    private const int LargestDegree = 6;

    /// <summary>The name of the nodes that are made, and what messages call them.</summary>
    public string Name { get; } = name;

    /// <summary>Σ factor · tensor, with broadcasting.</summary>
    public Value Sum(params ReadOnlySpan<(double Factor, Value Value)> terms)
    {
        var shape = terms[0].Value.Shape;
        foreach (var (_, value) in terms) shape = Shapes.Broadcast(shape, value.Shape);
        var size = Shapes.Size(shape);
        var (bias, biasMagnitude) = (new double[size], new double[size]);
        var isInteger = true;
        var computed = new List<AffineTerm>();
        foreach (var (factor, value) in terms)
        {
            if (value.BroadcastTo(shape) is Computed { Node: var node })
            {
                computed.Add(new AffineTerm(node, factor == 1 ? SelectionMap.Identity(size) : ScaleMap.Uniform(size, factor)));
            }
            else
            {
                var constant = (Constant)value.BroadcastTo(shape);
                for (var i = 0; i < size; i++)
                {
                    bias[i] += factor * constant.Data[i];
                    biasMagnitude[i] += Math.Abs(factor * constant.Data[i]);
                }

                isInteger &= constant.IsInteger;
            }
        }

        if (computed.Count == 0) return new Constant(bias, shape, isInteger);
        var unchanged = computed is [{ Map: SelectionMap }] && biasMagnitude.All(b => b == 0);
        return new Computed(unchanged ? computed[0].Source : new AffineNode([.. computed], Finite(bias), biasMagnitude, Name), shape);
    }

    /// <summary>The elementwise product, with broadcasting.</summary>
    public Value Product(Value left, Value right)
    {
        var shape = Shapes.Broadcast(left.Shape, right.Shape);
        if (left is Constant) (left, right) = (right, left);
        var (x, y) = (left.BroadcastTo(shape), right.BroadcastTo(shape));
        return (x, y) switch
        {
            (Constant a, Constant b) =>
                new Constant([.. a.Data.Zip(b.Data, (p, q) => p * q)], shape, a.IsInteger && b.IsInteger),
            (Computed, Constant factors) => Map(x, new ScaleMap(Finite(factors.Data)), shape),
            (Computed { Node: var p }, Computed { Node: var q })
                when Degree(p) is var (origin, m) && Degree(q) is var (other, n) && origin == other && m + n <= LargestDegree =>
                Apply(new Computed(origin, shape), m + n == 2 ? Quadratic.Square : Power.Of(m + n)),
            _ => new Computed(new ProductNode(((Computed)x).Node, ((Computed)y).Node, Name), shape),
        };
    }

    // x, x² and xⁿ as powers of x: a product of powers is one function, which bounds see as such.
    private static (Node Origin, int Degree) Degree(Node node) => node switch
    {
        ElementwiseNode { Activation: var f } square when ReferenceEquals(f, Quadratic.Square) => (square.Source, 2),
        ElementwiseNode { Activation: Power { Exponent: >= 2 and <= LargestDegree and var exponent } } power
            when double.IsInteger(exponent) => (power.Source, (int)exponent),
        _ => (node, 1),
    };

    /// <summary>The elementwise quotient, with broadcasting.</summary>
    public Value Quotient(Value left, Value right)
    {
        if (left is Constant { IsInteger: true } a && right is Constant { IsInteger: true } b)
        {
            var shape = Shapes.Broadcast(a.Shape, b.Shape);
            var (x, y) = ((Constant)a.BroadcastTo(shape), (Constant)b.BroadcastTo(shape));
            if (y.Data.Contains(0)) throw new InvalidModelException($"{Name}: division by zero");
            return new Constant([.. x.Data.Zip(y.Data, (p, q) => Math.Truncate(p / q))], shape, isInteger: true);
        }

        if (right is not Constant divisor) return Product(left, Apply(right, Power.Reciprocal));
        if (divisor.Data.Contains(0)) throw new InvalidModelException($"{Name}: division by zero");
        return Product(left, new Constant(Array.ConvertAll(divisor.Data, value => 1 / value), divisor.Shape));
    }

    /// <summary>f of every element.</summary>
    public Value Apply(Value x, Activation activation) => x is Computed { Node: var node }
        ? new Computed(new ElementwiseNode(node, activation, Name), x.Shape)
        : new Constant(Array.ConvertAll(((Constant)x).Data, activation.Value), x.Shape);

    /// <summary>bias + map x.</summary>
    public Value Map(Value x, LinearMap map, int[] shape, double[]? bias = null)
    {
        if (x is Computed { Node: var node }) return new Computed(new AffineNode(node, map, bias is null ? null : Finite(bias), Name), shape);
        var y = bias is null ? new double[map.OutputSize] : (double[])bias.Clone();
        map.Accumulate(((Constant)x).Data, y, 1);
        return new Constant(y, shape);
    }

    /// <summary>bias + one map of each of the consecutive blocks of x; the results lie one after another.</summary>
    public Value MapBlocks(Value x, ReadOnlySpan<LinearMap> maps, int[] shape)
    {
        if (maps.Length == 1) return Map(x, maps[0], shape);
        var sum = default(Value);
        var (inputs, outputs) = (maps[0].InputSize, maps[0].OutputSize);
        for (var i = 0; i < maps.Length; i++)
        {
            var block = x.Select([inputs], [.. Enumerable.Range(i * inputs, inputs)]);
            var part = Map(
                Map(block, maps[i], [outputs]),
                SelectionMap.Embedding(outputs, i * outputs, outputs * maps.Length),
                shape);
            sum = sum is null ? part : Sum((1, sum), (1, part));
        }

        return sum!;
    }

    /// <summary>The larger of two tensors, max(a, b) = b + relu(a − b), with broadcasting.</summary>
    public Value Max(Value left, Value right)
    {
        if (left is Constant a && right is Constant b)
        {
            var shape = Shapes.Broadcast(a.Shape, b.Shape);
            var (x, y) = ((Constant)a.BroadcastTo(shape), (Constant)b.BroadcastTo(shape));
            return new Constant([.. x.Data.Zip(y.Data, Math.Max)], shape, a.IsInteger && b.IsInteger);
        }

        // The side that stands alone is the known one, if any: then one ReLU and a bias are all.
        if (left is Constant) (left, right) = (right, left);
        return Sum((1, Apply(Sum((1, left), (-1, right)), ReLU.Instance)), (1, right));
    }

    /// <summary>The smaller of two tensors, min(a, b) = −max(−a, −b).</summary>
    public Value Min(Value left, Value right) => Sum((-1, Max(Sum((-1, left)), Sum((-1, right)))));

    /// <summary>The largest element along the last axis, which is removed: a balanced tree of <see cref="Max(Value, Value)"/>.</summary>
    public Value MaxOverLast(Value x)
    {
        var length = x.Shape[^1];
        var shape = x.Shape[..^1];
        var candidates = Enumerable.Range(0, length)
            .Select(k => x.Select(shape, [.. Enumerable.Range(0, x.Size / length).Select(i => i * length + k)]))
            .ToArray();
        return Max(candidates);
    }

    /// <summary>The largest of several tensors: a balanced tree of <see cref="Max(Value, Value)"/>.</summary>
    public Value Max(ReadOnlySpan<Value> values) => values.Length == 1
        ? values[0]
        : Max(Max(values[..(values.Length / 2)]), Max(values[(values.Length / 2)..]));

    /// <summary>The sum over the last axis, which is removed.</summary>
    public Value SumOverLast(Value x)
    {
        var length = x.Shape[^1];
        var outer = x.Size / length;
        return Map(x, new BlockSumMap(outer, [.. Enumerable.Range(0, x.Size).Select(i => i / length)]), x.Shape[..^1]);
    }

    /// <summary>Tensors one after another along an axis.</summary>
    public Value Concatenate(IReadOnlyList<Value> values, int axis)
    {
        var parts = values.Where(value => value.Size > 0).ToArray();
        if (parts.Length == 0) return values[0];
        var shape = (int[])parts[0].Shape.Clone();
        shape[axis] = 0;
        foreach (var part in parts)
        {
            if (part.Rank != shape.Length || part.Shape.Where((d, i) => i != axis && d != shape[i]).Any())
                throw new InvalidModelException($"{Name}: shapes {Shapes.Text(parts[0].Shape)} and {Shapes.Text(part.Shape)} cannot be concatenated along axis {axis}");
            shape[axis] += part.Shape[axis];
        }

        var strides = Shapes.Strides(shape);
        var size = Shapes.Size(shape);
        var data = new double[size];
        var terms = new List<AffineTerm>();
        var start = 0;
        foreach (var part in parts)
        {
            var places = Shapes.Places(part.Shape, strides, start * strides[axis]);
            start += part.Shape[axis];
            if (part is Computed { Node: var node })
            {
                var indices = new int[size];
                Array.Fill(indices, -1);
                for (var i = 0; i < places.Length; i++) indices[places[i]] = i;
                terms.Add(new AffineTerm(node, new SelectionMap(node.Size, indices)));
            }
            else
            {
                var constant = (Constant)part;
                for (var i = 0; i < places.Length; i++) data[places[i]] = constant.Data[i];
            }
        }

        return terms.Count == 0
            ? new Constant(data, shape, parts.All(part => part is Constant { IsInteger: true }))
            : new Computed(new AffineNode([.. terms], Finite(data), Name), shape);
    }

    /// <summary>The matrix product over the last two axes, the others broadcast.</summary>
    public Value MatrixProduct(Value left, Value right)
    {
        if (left.Rank == 0 || right.Rank == 0) throw new InvalidModelException($"{Name}: a scalar is no matrix");
        if (left.Rank == 1)
        {
            var row = MatrixProduct(left.Reshape(1, left.Size), right);
            return row.Reshape(right.Rank == 1 ? [] : [.. row.Shape[..^2], row.Shape[^1]]);
        }

        if (right.Rank == 1)
        {
            var column = MatrixProduct(left, right.Reshape(right.Size, 1));
            return column.Reshape(column.Shape[..^1]);
        }

        var (rows, inner, columns) = (left.Shape[^2], left.Shape[^1], right.Shape[^1]);
        if (right.Shape[^2] != inner)
            throw new InvalidModelException($"{Name}: matrices of shapes {Shapes.Text(left.Shape)} and {Shapes.Text(right.Shape)} cannot be multiplied");
        var outer = Shapes.Broadcast(left.Shape[..^2], right.Shape[..^2]);
        var batch = Shapes.Size(outer);
        int[] shape = [.. outer, rows, columns];

        if (right is Constant matrix && matrix.Size == inner * columns && left.Size == batch * rows * inner)
            return Map(left, Dense(Transposed(matrix.Data, inner, columns), columns, inner, batch * rows), shape);
        if (left is Constant && right is Computed && columns > 1)
        {
            // (A X)ᵀ = Xᵀ Aᵀ, where the known matrix stands on the right.
            return SwapLast(MatrixProduct(SwapLast(right), SwapLast(left)));
        }

        var x = left.BroadcastTo([.. outer, rows, inner]);
        var y = right.BroadcastTo([.. outer, inner, columns]);
        if (x is Constant a)
        {
            // One column, or nothing but known numbers.
            var maps = new LinearMap[batch];
            if (y is Computed)
            {
                for (var b = 0; b < batch; b++)
                    maps[b] = Dense(a.Data[(b * rows * inner)..((b + 1) * rows * inner)], rows, inner, 1);
                return MapBlocks(y, maps, shape);
            }

            var product = new double[batch * rows * columns];
            for (var b = 0; b < batch; b++)
            {
                Numerics.MatrixProduct.Accumulate(
                    a.Data.AsSpan(b * rows * inner, rows * inner),
                    ((Constant)y).Data.AsSpan(b * inner * columns, inner * columns),
                    product.AsSpan(b * rows * columns, rows * columns), rows, inner, columns);
            }

            return new Constant(product, shape, a.IsInteger);
        }

        if (y is Constant w)
        {
            var maps = new LinearMap[batch];
            for (var b = 0; b < batch; b++)
            {
                var block = w.Data[(b * inner * columns)..((b + 1) * inner * columns)];
                maps[b] = Dense(Transposed(block, inner, columns), columns, inner, rows);
            }

            return MapBlocks(x, maps, shape);
        }

        return new Computed(
            new ProductNode(((Computed)x).Node, ((Computed)y).Node, batch, rows, inner, columns, Name), shape);
    }

    private static Value SwapLast(Value x) =>
        x.Transpose([.. Enumerable.Range(0, x.Rank - 2), x.Rank - 1, x.Rank - 2]);

    private DenseMap Dense(double[] matrix, int rows, int columns, int blocks) => new(Finite(matrix), rows, columns, blocks);

    private static double[] Transposed(double[] matrix, int rows, int columns)
    {
        var transposed = new double[matrix.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                transposed[j * rows + i] = matrix[i * columns + j];
        return transposed;
    }

    /// <summary>The numbers, which become part of the network, if all are finite.</summary>
    protected double[] Finite(double[] values) => values.All(double.IsFinite)
        ? values
        : throw new InvalidModelException($"{Name}: an infinite or undefined number is used as a weight");
}
