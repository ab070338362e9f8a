using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx;

/// <summary>
/// Recognises one activation in the several nodes that exporters write for it: GELU with erf or with tanh, SiLU and Swish
/// of any steepness, Mish, hard swish, softplus, sigmoid.
/// </summary>
/// <remarks>
/// A part of the graph that applies one function to every element of a vector is compared with the known activations by
/// its values, since exporters write a form in many ways, and all have the same values. What is compared is composed of the
/// functions that the activation is written with, each at most once, by sums and as few products: with so few constants it
/// cannot agree with the activation at all of the points and differ between them. In particular nothing is left that a
/// bump between two points could be made of. Constants that were rounded to float32 are the only difference allowed.
/// </remarks>
internal static class ComposedActivations
{
    private const int MostNodes = 16;
    private const int Deepest = 10;

    /// <summary>Beyond this, exp overflows.</summary>
    private const double LargestExponent = 700;

    private static readonly string[] Gate = [Sigmoid.Instance.Name, Exp.Instance.Name, Power.Reciprocal.Name];

    /// <summary>The activations, what they are written with beside functions that are linear in pieces, and how many products.</summary>
    private static readonly (Activation Activation, string[] Parts, int Products)[] Known =
    [
        (Gelu.Instance, [Erf.Instance.Name], 1),
        (SigmoidGate.GeluTanh, [Tanh.Instance.Name, Power.Of(3).Name, Quadratic.Square.Name], 2),
        (SigmoidGate.Silu, Gate, 1),
        (Mish.Instance, [Tanh.Instance.Name, Softplus.Instance.Name, Exp.Instance.Name, Log.Instance.Name], 1),
        (HardSwish.Instance, [], 1),
        (Softplus.Instance, [Exp.Instance.Name, Log.Instance.Name], 0),
        (Sigmoid.Instance, [Exp.Instance.Name, Power.Reciprocal.Name], 0),
    ];

    private static readonly double[] Points =
    [
        .. Enumerable.Range(-40, 81).Select(i => i / 5.0 + 0.01),
        .. new[] { 10, 13, 20, 50, 100, 1e3, 1e4, 1e5 }.SelectMany(z => new[] { z, -z }),
    ];

    /// <summary>The one activation, scaled, that a node and those before it amount to, or null.</summary>
    /// <param name="node">The node.</param>
    /// <param name="keepsArithmetic">Whether the activation keeps the nodes that it stands for.</param>
    public static Node? Recognise(Node node, bool keepsArithmetic)
    {
        if (node is not (ProductNode { Rows: 1, Inner: 1, Columns: 1 } or ElementwiseNode { Activation: Log or Power })) return null;
        foreach (var origin in Origins(node))
        {
            var form = new Form();
            if (FunctionOf(node, origin, Deepest, form) is not { } function) continue;
            foreach (var (activation, parts, products) in Known.Append((Swish(function), Gate, 1)))
            {
                if (form.Kinks > (activation == HardSwish.Instance ? 2 : 0) || form.Products > products) continue;
                if (form.Parts.Except(parts).Any() || form.Parts.Distinct().Count() < form.Parts.Count) continue;
                if (Factor(function, activation) is not { } factor) continue;
                var recognised = new ElementwiseNode(origin, activation, node.Name) { Written = keepsArithmetic ? Written(node, origin, factor) : null };
                return factor == 1 ? recognised : new AffineNode(recognised, ScaleMap.Uniform(node.Size, factor), name: node.Name);
            }
        }

        return null;
    }

    // The network of the nodes from the origin to a node, and of what makes up for the factor.
    private static Network Written(Node node, Node origin, double factor)
    {
        var input = new InputNode(origin.Size);
        var copies = new Dictionary<Node, Node> { [origin] = input };
        var output = Copy(node);
        return new Network(input, factor == 1 ? output : new AffineNode(output, ScaleMap.Uniform(node.Size, 1 / factor)));

        Node Copy(Node of) => copies.TryGetValue(of, out var known) ? known : copies[of] = of switch
        {
            AffineNode affine => affine.Over([.. affine.Terms.Select(term => Copy(term.Source))]),
            ElementwiseNode elementwise =>
                new ElementwiseNode(Copy(elementwise.Source), elementwise.Activation, of.Name) { Written = elementwise.Written },
            ProductNode product => new ProductNode(Copy(product.Left), Copy(product.Right), of.Name),
            _ => throw new InvalidOperationException($"{of} is no function of {origin}."),
        };
    }

    // The nodes before a node that it might be a function of, the nearest first.
    private static List<Node> Origins(Node node)
    {
        var origins = new List<Node>(node.Sources);
        for (var i = 0; i < origins.Count && origins.Count < MostNodes; i++)
            origins.AddRange(origins[i].Sources.Where(source => source.Size == node.Size && !origins.Contains(source)));
        return origins;
    }

    // The function of one number that a node applies to every element of its origin; what it is made of is added to the form.
    private static Func<double, double>? FunctionOf(Node node, Node origin, int depth, Form form)
    {
        if (node == origin) return z => z;
        if (depth-- == 0) return null;
        switch (node)
        {
            case ElementwiseNode { Activation: var activation } elementwise:
                if (FunctionOf(elementwise.Source, origin, depth, form) is not { } inner) return null;
                if (activation is ReLU) form.Kinks++;
                else if (activation is PiecewiseLinear pieces) form.Kinks += pieces.Breakpoints.Length;
                else form.Parts.Add(activation.Name);
                return z => activation.Value(inner(z));

            case ProductNode { Rows: 1, Inner: 1, Columns: 1 } product:
                if (FunctionOf(product.Left, origin, depth, form) is not { } f) return null;
                if (FunctionOf(product.Right, origin, depth, form) is not { } g) return null;
                form.Products++;
                return z => f(z) * g(z);

            case AffineNode affine when Uniform(affine.Bias) is { } bias:
                Func<double, double> sum = _ => bias;
                foreach (var (source, map) in affine.Terms)
                {
                    if (Uniform(map) is not { } factor || FunctionOf(source, origin, depth, form) is not { } part) return null;
                    var others = sum;
                    sum = z => others(z) + factor * part(z);
                }

                return sum;

            default:
                return null;
        }
    }

    // z·σ(βz) with the β that the function's value at 1, as a part of its growth, calls for.
    private static Activation Swish(Func<double, double> function)
    {
        var gate = function(1) / (function(100) / 100);
        var steepness = Math.Log(gate / (1 - gate));
        return SigmoidGate.Swish(double.IsFinite(steepness) ? steepness : 1);
    }

    private static double? Uniform(LinearMap map) =>
        Composition.IsIdentity(map) ? 1 : map is ScaleMap scale ? Uniform(scale.Factors) : null;

    private static double? Uniform(ReadOnlySpan<double> values) =>
        values.ContainsAnyExcept(values[0]) ? null : values[0];

    // The k for which the function is k times the activation, or null.
    private static double? Factor(Func<double, double> function, Activation activation)
    {
        var factor = function(4) / activation.Value(4);
        if (!double.IsFinite(factor) || factor == 0) return null;

        // Exporters' halves and doubles are exact but for the rounding of other constants.
        var rounded = Math.ScaleB(Math.Round(Math.ScaleB(factor, 10)), -10);
        if (Math.Abs(rounded - factor) <= Tolerance * Math.Abs(factor)) factor = rounded;
        foreach (var z in Points)
        {
            var (value, expected) = (function(z), factor * activation.Value(z));

            // Written out, some forms overflow where the function does not.
            if (!double.IsFinite(value) && Math.Abs(z) > LargestExponent) continue;
            if (!(Math.Abs(value - expected) <= Tolerance * Math.Abs(factor) * Math.Max(1, Math.Abs(z)))) return null;
        }

        return factor;
    }

    /// <inheritdoc cref="Activation.WrittenTolerance"/>
    private const double Tolerance = Activation.WrittenTolerance;

    /// <summary>What a function is made of, counted once for every place that it stands in.</summary>
    private sealed class Form
    {
        /// <summary>The names of the functions that are curved.</summary>
        public List<string> Parts { get; } = [];

        /// <summary>The kinks of all others, at most.</summary>
        public int Kinks { get; set; }

        /// <summary>Products of two tensors.</summary>
        public int Products { get; set; }
    }
}
