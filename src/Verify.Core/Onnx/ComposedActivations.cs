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
/// its values, since exporters write a form in many ways, and all have the same values. What is compared is composed of a
/// few analytic functions, and has no more kinks than the activation: it cannot agree with it at all of the points and
/// differ between them. Constants that were rounded to float32 are the only difference allowed.
/// </remarks>
internal static class ComposedActivations
{
    private const int MostNodes = 16;
    private const int Deepest = 10;

    /// <summary>Beyond this, exp overflows.</summary>
    private const double LargestExponent = 700;

    private static readonly Activation[] Known =
    [
        Gelu.Instance, SigmoidGate.GeluTanh, SigmoidGate.Silu, Mish.Instance, HardSwish.Instance, Softplus.Instance, Sigmoid.Instance,
    ];

    private static readonly double[] Points =
    [
        .. Enumerable.Range(-40, 81).Select(i => i / 5.0 + 0.01),
        .. new[] { 10, 13, 20, 50, 100, 1e3, 1e4, 1e5 }.SelectMany(z => new[] { z, -z }),
    ];

    /// <summary>The one activation, scaled, that a node and those before it amount to, or null.</summary>
    public static Node? Recognise(Node node)
    {
        if (node is not (ProductNode { Rows: 1, Inner: 1, Columns: 1 } or ElementwiseNode { Activation: Log or Power })) return null;
        foreach (var origin in Origins(node))
        {
            if (FunctionOf(node, origin, Deepest, out var kinks) is not { } function) continue;
            foreach (var activation in Known.Append(Swish(function)))
            {
                if (kinks > (activation == HardSwish.Instance ? 2 : 0) || Factor(function, activation) is not { } factor) continue;
                var recognised = new ElementwiseNode(origin, activation, node.Name);
                return factor == 1 ? recognised : new AffineNode(recognised, ScaleMap.Uniform(node.Size, factor), name: node.Name);
            }
        }

        return null;
    }

    // The nodes before a node that it might be a function of, the nearest first.
    private static List<Node> Origins(Node node)
    {
        var origins = new List<Node>(node.Sources);
        for (var i = 0; i < origins.Count && origins.Count < MostNodes; i++)
            origins.AddRange(origins[i].Sources.Where(source => source.Size == node.Size && !origins.Contains(source)));
        return origins;
    }

    // The function of one number that a node applies to every element of its origin, and how many kinks it may have.
    private static Func<double, double>? FunctionOf(Node node, Node origin, int depth, out int kinks)
    {
        kinks = 0;
        if (node == origin) return z => z;
        if (depth-- == 0) return null;
        switch (node)
        {
            case ElementwiseNode { Activation: var activation } elementwise:
                if (FunctionOf(elementwise.Source, origin, depth, out kinks) is not { } inner) return null;
                kinks += activation switch
                {
                    ReLU => 1,
                    PiecewiseLinear pieces => pieces.Breakpoints.Length,
                    Erf or Tanh or Sigmoid or Softplus or Exp or Log or Power or Quadratic => 0,
                    _ => int.MaxValue / MostNodes,
                };
                return z => activation.Value(inner(z));

            case ProductNode { Rows: 1, Inner: 1, Columns: 1 } product:
                if (FunctionOf(product.Left, origin, depth, out var left) is not { } f) return null;
                if (FunctionOf(product.Right, origin, depth, out var right) is not { } g) return null;
                kinks = left + right;
                return z => f(z) * g(z);

            case AffineNode affine when Uniform(affine.Bias) is { } bias:
                Func<double, double> sum = _ => bias;
                foreach (var (source, map) in affine.Terms)
                {
                    if (Uniform(map) is not { } factor || FunctionOf(source, origin, depth, out var more) is not { } part) return null;
                    kinks += more;
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

    /// <summary>A few units in the last place of float32.</summary>
    private const double Tolerance = 5e-7;
}
