using System.Numerics.Tensors;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>Every element of every node as an affine function of the inputs that vary, k + Σ cᵢξᵢ ± e with |ξᵢ| ≤ rᵢ.</summary>
/// <remarks>
/// One pass forwards, in three cases: an affine node maps k and c and, by the absolute values of its maps, e; an activation lies between
/// two parallel lines; of a product only the interval is kept. Worth it where few inputs vary.
/// Source: affine arithmetic (Stolfi and de Figueiredo 1997), as in Singh et al. 2018 (DeepZ), with one error for each element.
/// </remarks>
internal sealed class AffineForms
{
    private const int MostInputs = 32;

    private readonly Layout layout;
    private readonly double[] radii;
    private readonly Form?[] forms;

    private AffineForms(Layout layout, double[] lower, double[] upper, int[] varying)
    {
        (this.layout, radii, forms) = (layout, new double[varying.Length], new Form[layout.Network.Nodes.Length]);
        var input = forms[0] = new Form(varying.Length, lower.Length);
        for (var i = 0; i < lower.Length; i++) input.Constants[i] = lower[i] == upper[i] ? lower[i] : lower[i] / 2 + upper[i] / 2;
        for (var k = 0; k < varying.Length; k++)
        {
            var center = input.Constants[varying[k]];
            radii[k] = Math.BitIncrement(Math.Max(upper[varying[k]] - center, center - lower[varying[k]]));
            input.Coefficients[k * lower.Length + varying[k]] = 1;
        }
    }

    /// <summary>The forms of a box's inputs, or null where too many of them vary.</summary>
    public static AffineForms? Of(Layout layout, double[] lower, double[] upper)
    {
        var varying = Enumerable.Range(0, lower.Length).Where(i => lower[i] < upper[i]).ToArray();
        return varying.Length is > 0 and <= MostInputs ? new(layout, lower, upper, varying) : null;
    }

    /// <summary>Finds the forms of a node from those of its sources, and narrows its intervals by them.</summary>
    /// <param name="node">The index of the node.</param>
    /// <param name="lower">The lower bounds of this node and of all before it.</param>
    /// <param name="upper">Their upper bounds.</param>
    /// <param name="errors">How far the node may be from its function of its sources, if it may.</param>
    public void Through(int node, double[][] lower, double[][] upper, double[]? errors)
    {
        if (node == 0 || layout.Sources[node].Any(source => forms[source] is null)) return;
        var form = layout.Network.Nodes[node] switch
        {
            AffineNode affine => Through(node, affine),
            ElementwiseNode elementwise => Through(node, elementwise, lower[layout.Sources[node][0]], upper[layout.Sources[node][0]]),
            _ => Constant(lower[node], upper[node]),
        };
        for (var i = 0; i < form.Errors.Length && errors is not null && layout.Network.Nodes[node] is not ProductNode; i++)
            form.Errors[i] = Math.BitIncrement(form.Errors[i] + errors[i]);
        if (!TensorPrimitives.IsFiniteAll<double>(form.Errors) || !TensorPrimitives.IsFiniteAll<double>(form.Constants)) return;
        forms[node] = form;
        var (reach, gamma) = (Reach(form), 2 * Rounding.Gamma(radii.Length + 8));
        for (var i = 0; i < reach.Length; i++)
        {
            var far = reach[i] + gamma * (reach[i] + Math.Abs(form.Constants[i])) + (radii.Length + 2) * double.Epsilon;
            lower[node][i] = Math.Max(lower[node][i], form.Constants[i] - far);
            upper[node][i] = Math.Min(upper[node][i], form.Constants[i] + far);
        }
    }

    private Form Through(int index, AffineNode node)
    {
        var form = new Form(radii.Length, node.Size);
        node.Bias.CopyTo(form.Constants);
        var chain = node.Terms.Sum(term => term.Map.LongestInnerProduct) + node.Terms.Length + 8;
        var gamma = 2 * Rounding.Gamma(chain);
        for (var t = 0; t < node.Terms.Length; t++)
        {
            var (from, map) = (forms[layout.Sources[index][t]]!, node.Terms[t].Map);
            map.Accumulate<double>(from.Constants, form.Constants, 1);
            map.Accumulate<double>(from.Coefficients, form.Coefficients, radii.Length);

            // What is rounded is relative to |L|(|k| + Σ |c|r + e): as if the errors were larger by that before they are mapped.
            var errors = Reach(from);
            for (var i = 0; i < errors.Length; i++)
                errors[i] = from.Errors[i] + gamma * (errors[i] + Math.Abs(from.Constants[i])) + (radii.Length + 2) * double.Epsilon;
            map.Abs.Accumulate<double>(errors, form.Errors, 1);
        }

        for (var i = 0; i < node.Size; i++)
            form.Errors[i] += gamma * (Math.Abs(node.Bias[i]) + form.Errors[i]) + chain * (radii.Length + 2) * double.Epsilon;
        return form;
    }

    private Form Through(int index, ElementwiseNode node, double[] lower, double[] upper)
    {
        var (from, form) = (forms[layout.Sources[index][0]]!, new Form(radii.Length, node.Size));
        var (reach, slopes, gamma) = (Reach(from), new double[node.Size], 2 * Rounding.Gamma(radii.Length + 8));
        for (var i = 0; i < node.Size; i++)
        {
            var (slope, below, above) = Parallel(node.Activation, lower[i], upper[i]);
            var middle = below / 2 + above / 2;
            slopes[i] = slope;
            form.Constants[i] = slope * from.Constants[i] + middle;
            form.Errors[i] = Math.Abs(slope) * from.Errors[i] + Math.Max(above - middle, middle - below);
            if ((slope, below, above) == (1, 0, 0)) continue;
            form.Errors[i] += gamma * (Math.Abs(slope) * (Math.Abs(from.Constants[i]) + reach[i]) + Math.Abs(below) + Math.Abs(above)) + (radii.Length + 8) * double.Epsilon;
        }

        for (var k = 0; k < radii.Length; k++)
            TensorPrimitives.Multiply(from.Coefficients.AsSpan(k * node.Size, node.Size), slopes, form.Coefficients.AsSpan(k * node.Size, node.Size));
        return form;
    }

    /// <summary>The slope of the chord, and the offsets with which lines of it are below and above the function.</summary>
    private static (double Slope, double Below, double Above) Parallel(Activation activation, double lower, double upper)
    {
        if (activation is ReLU && (lower >= 0 || upper <= 0)) return (lower >= 0 ? 1 : 0, 0, 0);
        var slope = activation.IsDefinedOn(lower, upper) ? (activation.Value(upper) - activation.Value(lower)) / (upper - lower) : 0;
        if (!(Math.Abs(slope) < 1e100)) slope = 0;
        return (slope, SoundLine.Of(activation, lower, upper, slope, -1).Offset, SoundLine.Of(activation, lower, upper, slope, 1).Offset);
    }

    private Form Constant(double[] lower, double[] upper)
    {
        var form = new Form(radii.Length, lower.Length);
        for (var i = 0; i < lower.Length; i++)
        {
            form.Constants[i] = lower[i] / 2 + upper[i] / 2;
            form.Errors[i] = Math.BitIncrement(Math.Max(upper[i] - form.Constants[i], form.Constants[i] - lower[i]));
        }

        return form;
    }

    /// <summary>Σ |c|r + e, but for rounding.</summary>
    private double[] Reach(Form form)
    {
        var reach = (double[])form.Errors.Clone();
        for (var k = 0; k < radii.Length; k++)
        {
            for (var i = 0; i < reach.Length; i++) reach[i] += radii[k] * Math.Abs(form.Coefficients[k * reach.Length + i]);
        }

        return reach;
    }

    /// <summary>k and e of every element, and c: inputs × size.</summary>
    private sealed class Form(int inputs, int size)
    {
        public double[] Constants { get; } = new double[size];

        public double[] Coefficients { get; } = new double[inputs * size];

        public double[] Errors { get; } = new double[size];
    }
}
