using System.Numerics.Tensors;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>Every neuron as an affine function of the inputs that vary, give or take a constant, carried forwards.</summary>
/// <remarks>
/// <para>
/// y ∈ k + Σ cᵢξᵢ ± e, where an input is its center plus ξᵢ. An affine node maps k and every c, and the absolute values of its
/// map take e; a function becomes the middle of two parallel lines around it; a product keeps its interval alone. What
/// float32 adds to a node where bounds are of that is added to e. Where it is asked for (<see cref="Tracking"/>), how far such a line
/// is from its function becomes a ξ of its own, so that neurons which share it stay related, and a product lies between parallel planes.
/// </para>
/// <para>
/// Requires bounded regions. Returns intervals, sound and never wider than those before; costs as many evaluations as there are
/// ξ, and two. Where these are few, it decides most neurons for next to nothing and leaves few to backward rows,
/// which are tighter. Source: affine arithmetic (Stolfi and de Figueiredo 1997); with one error for every neuron, or, where they
/// are tracked, as in Singh et al. 2018 (DeepZ).
/// </para>
/// </remarks>
internal sealed class AffineForms
{
    /// <summary>More inputs than that are not worth it.</summary>
    private const int MostInputs = 32;

    /// <summary>The most coefficients of a node where errors are tracked.</summary>
    private const int MostCoefficients = 1 << 25;

    private readonly NodeBounds bounds;
    private readonly double[] radii;
    private readonly int[] inputs;
    private readonly int mostSymbols;
    private readonly Dictionary<Node, Form> forms = [];
    private int symbols;

    /// <param name="bounds">The bounds of every node.</param>
    /// <param name="inputs">The inputs that have a ξ; what others vary by is an error.</param>
    /// <param name="mostSymbols">How many ξ there may be where errors are tracked; 0 where they are not.</param>
    private AffineForms(NodeBounds bounds, int[] inputs, int mostSymbols)
    {
        (this.bounds, this.inputs, this.mostSymbols, symbols) = (bounds, inputs, mostSymbols, inputs.Length);
        var input = bounds.Network.Input;
        var regions = bounds.Regions.Length;
        radii = new double[regions * inputs.Length];
        var form = forms[input] = new Form(regions, inputs.Length, input.Size);
        for (var r = 0; r < regions; r++)
        {
            for (var i = 0; i < input.Size; i++)
            {
                var (low, high) = (bounds.Lower(input)[r * input.Size + i], bounds.Upper(input)[r * input.Size + i]);
                var center = form.Constants[r * input.Size + i] = low == high ? low : low / 2 + high / 2;
                if (low < high) form.Errors[r * input.Size + i] = Math.BitIncrement(Math.Max(high - center, center - low));
            }

            for (var k = 0; k < inputs.Length; k++)
            {
                var at = r * input.Size + inputs[k];
                (radii[r * inputs.Length + k], form.Errors[at]) = (form.Errors[at], 0);
                form.Coefficients[(r * inputs.Length + k) * input.Size + inputs[k]] = 1;
            }
        }
    }

    /// <summary>Begins at the input, or returns null where too many inputs vary.</summary>
    public static AffineForms? Of(NodeBounds bounds)
    {
        var varying = Varying(bounds);
        return varying.Length is > 0 and <= MostInputs ? new(bounds, varying, 0) : null;
    }

    /// <summary>Begins at the input of one region, and gives every neuron on which a function is not linear a ξ of its own.</summary>
    /// <remarks>Where there would be too many, those of the largest effect on their own node have one, and the others add to its error.</remarks>
    public static AffineForms Tracking(NodeBounds bounds)
    {
        if (bounds.Regions.Length != 1) throw new ArgumentException("Errors are tracked of one region at a time.", nameof(bounds));
        var (region, most) = (bounds.Regions[0], Math.Max(1, MostCoefficients / bounds.Network.Nodes.Max(node => node.Size)));
        var widest = Varying(bounds).OrderByDescending(i => region.Upper[i] - region.Lower[i]).Take(most).Order().ToArray();
        return new(bounds, widest, most);
    }

    private static int[] Varying(NodeBounds bounds)
    {
        var input = bounds.Network.Input;
        var (low, high) = (bounds.Lower(input).ToArray(), bounds.Upper(input).ToArray());
        return [.. Enumerable.Range(0, low.Length).Where(i => low[i] < high[i]).Select(i => i % input.Size).Distinct().Order()];
    }

    /// <summary>What is known of a node of one region: constants, coefficients (ξ × size, each ξ from −1 to 1) and errors; null where nothing is.</summary>
    public (double[] Constants, double[] Coefficients, double[] Errors)? Of(Node node)
    {
        if (!forms.TryGetValue(node, out var form)) return null;
        var (coefficients, errors) = ((double[])form.Coefficients.Clone(), (double[])form.Errors.Clone());
        for (var i = 0; i < inputs.Length * node.Size; i++)
        {
            var radius = radii[i / node.Size];
            if (coefficients[i] == 0 || radius == 1) continue;
            coefficients[i] *= radius;
            errors[i % node.Size] += Math.Abs(coefficients[i]) * Rounding.Gamma(2) + 2 * double.Epsilon;
        }

        var gamma = Rounding.Gamma(inputs.Length + 2);
        for (var i = 0; i < errors.Length; i++) errors[i] += gamma * errors[i];
        return (form.Constants, coefficients, errors);
    }

    /// <summary>Finds the form of a node from those of its sources, and narrows the node's interval.</summary>
    public void Through(Node node)
    {
        if (node is InputNode || node.Sources.Any(source => !forms.ContainsKey(source))) return;
        var form = node switch
        {
            AffineNode affine => Of(affine),
            ElementwiseNode elementwise => Of(elementwise),
            ProductNode product when mostSymbols > 0 && bounds.Semantics == Semantics.Real => Of(product),
            _ => Constant(node),
        };
        if (form is null) return;
        if (bounds.Errors(node) is { } errors && node is not ProductNode)
        {
            if (!errors.All(double.IsFinite)) return;
            for (var i = 0; i < errors.Length; i++) form.Errors[i] = Math.BitIncrement(form.Errors[i] + errors[i]);
        }

        forms[node] = form;
        Narrow(node, form);
        if (mostSymbols == 0) return;
        // Of a large network, what no later node needs would fill the memory.
        foreach (var source in node.Sources.Where(source => bounds.Network.Nodes.Last(other => other.Sources.Contains(source)) == node)) forms.Remove(source);
    }

    private Form Of(AffineNode node)
    {
        var regions = bounds.Regions.Length;
        var form = new Form(regions, node.Terms.Select(term => forms[term.Source].Symbols).Append(inputs.Length).Max(), node.Size);
        for (var r = 0; r < regions; r++) node.Bias.CopyTo(form.Constants.AsSpan(r * node.Size));
        var chain = node.Terms.Sum(term => term.Map.LongestInnerProduct) + node.Terms.Length + 4;
        var gamma = 2 * Rounding.Gamma(chain);
        foreach (var (source, map) in node.Terms)
        {
            var from = forms[source];
            map.Accumulate<double>(from.Constants, form.Constants, regions);
            map.Accumulate<double>(from.Coefficients, form.Coefficients, regions * from.Symbols);

            // What is rounded here is relative to |L| m; widening the errors before the map is applied covers it.
            var errors = Reach(from, source.Size);
            for (var i = 0; i < errors.Length; i++)
                errors[i] = from.Errors[i] + gamma * (errors[i] + Math.Abs(from.Constants[i])) + double.Epsilon * (from.Symbols + 2);
            map.Abs.Accumulate<double>(errors, form.Errors, regions);
        }

        for (var i = 0; i < form.Errors.Length; i++)
            form.Errors[i] += gamma * (Math.Abs(node.Bias[i % node.Size]) + form.Errors[i]) + double.Epsilon * chain * (form.Symbols + 2);
        return form;
    }

    private Form? Of(ElementwiseNode node)
    {
        var regions = bounds.Regions.Length;
        var low = bounds.Lower(node.Source);
        var high = bounds.Upper(node.Source);
        var (from, lines, curved) = (forms[node.Source], new (double Slope, double Below, double Above)[low.Length], new List<int>());
        for (var i = 0; i < low.Length; i++)
        {
            if (!double.IsFinite(low[i]) || !double.IsFinite(high[i]) || !node.Activation.IsDefinedOn(low[i], high[i])) return null;
            lines[i] = Parallel(node.Activation, low[i], high[i]);
            if (mostSymbols > 0 && low[i] < high[i] && !node.Activation.IsLinearOn(low[i], high[i])) curved.Add(i);
        }

        curved = Foremost(curved, i => lines[i].Above - lines[i].Below);
        var form = new Form(regions, curved.Count == 0 ? from.Symbols : symbols + curved.Count, node.Size);
        var (reach, own) = (Reach(from, node.Size), 0);
        var gamma = 2 * Rounding.Gamma(from.Symbols + 8);
        for (var i = 0; i < low.Length; i++)
        {
            var (slope, below, above) = lines[i];
            var middle = below / 2 + above / 2;
            var gap = Math.Max(above - middle, middle - below);
            form.Constants[i] = slope * from.Constants[i] + middle;
            form.Errors[i] = Math.Abs(slope) * from.Errors[i];
            if (own < curved.Count && curved[own] == i) form.Coefficients[(symbols + own++) * node.Size + i] = gap;
            else form.Errors[i] += gap;
            var magnitude = Math.Abs(slope) * (Math.Abs(from.Constants[i]) + reach[i]) + Math.Abs(below) + Math.Abs(above);
            if ((slope, below, above) is not (0 or 1, 0, 0)) form.Errors[i] += gamma * magnitude + double.Epsilon * (from.Symbols + 8);
            if (!double.IsFinite(form.Errors[i] + form.Constants[i] + gap)) return null;
            for (var (k, at) = (0, i / node.Size * from.Symbols * node.Size + i % node.Size); k < from.Symbols; k++, at += node.Size) form.Coefficients[at] = slope * from.Coefficients[at];
        }

        symbols += curved.Count;
        return form;
    }

    /// <summary>A product through the planes of <see cref="ProductPlanes"/>, what these are off by as ξ of their own.</summary>
    private Form? Of(ProductNode node)
    {
        if (bounds.Magnitude(node.Left).Concat(bounds.Magnitude(node.Right)).Any(magnitude => !(magnitude < 1e100))) return Constant(node);
        var (left, right, planes) = (forms[node.Left], forms[node.Right], ProductPlanes.Of(node, bounds));
        var apart = Foremost([.. Enumerable.Range(0, node.Size).Where(i => planes.Radii[i] > 0)], i => planes.Radii[i]);
        var form = new Form(1, apart.Count == 0 ? Math.Max(left.Symbols, right.Symbols) : symbols + apart.Count, node.Size);
        planes.Offsets.CopyTo(form.Constants, 0);
        AddProduct(node, left.Constants, planes.RightCenters, form.Constants);
        AddProduct(node, planes.LeftCenters, right.Constants, form.Constants);
        for (var k = 0; k < left.Symbols; k++) AddProduct(node, left.Coefficients.AsSpan(k * node.Left.Size, node.Left.Size), planes.RightCenters, form.Coefficients.AsSpan(k * node.Size, node.Size));
        for (var k = 0; k < right.Symbols; k++) AddProduct(node, planes.LeftCenters, right.Coefficients.AsSpan(k * node.Right.Size, node.Right.Size), form.Coefficients.AsSpan(k * node.Size, node.Size));

        // As through an affine node, errors that are wider before the product cover what is rounded in it.
        var gamma = 2 * Rounding.Gamma(2 * node.Inner + 8);
        AddProduct(node, Widened(left, node.Left.Size), Array.ConvertAll(planes.RightCenters, Math.Abs), form.Errors);
        AddProduct(node, Array.ConvertAll(planes.LeftCenters, Math.Abs), Widened(right, node.Right.Size), form.Errors);
        for (var (i, own) = (0, 0); i < node.Size; i++)
        {
            if (own < apart.Count && apart[own] == i) form.Coefficients[(symbols + own++) * node.Size + i] = planes.Radii[i];
            else form.Errors[i] += planes.Radii[i];
            form.Errors[i] += gamma * (Math.Abs(planes.Offsets[i]) + form.Errors[i]) + double.Epsilon * (2 * node.Inner + 8) * (form.Symbols + 2);
        }

        symbols += apart.Count;
        return form;

        double[] Widened(Form from, int size)
        {
            var errors = Reach(from, size);
            for (var i = 0; i < errors.Length; i++) errors[i] = from.Errors[i] + gamma * (errors[i] + Math.Abs(from.Constants[i])) + double.Epsilon;
            return errors;
        }
    }

    private static void AddProduct(ProductNode node, ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> y)
    {
        if (node is { Rows: 1, Inner: 1, Columns: 1 })
        {
            TensorPrimitives.MultiplyAdd(left, right, y, y);
            return;
        }

        var (leftSize, rightSize, size) = (node.Rows * node.Inner, node.Inner * node.Columns, node.Rows * node.Columns);
        for (var b = 0; b < node.Batch; b++)
            MatrixProduct.Accumulate(left.Slice(b * leftSize, leftSize), right.Slice(b * rightSize, rightSize), y.Slice(b * size, size), node.Rows, node.Inner, node.Columns);
    }

    /// <summary>Those elements of a node that are given a ξ: all, or as many as there may be, of the largest effect.</summary>
    private List<int> Foremost(List<int> elements, Func<int, double> effect) => elements.Count == 0 || elements.Count <= mostSymbols - symbols
        ? elements
        : [.. elements.OrderByDescending(effect).Take(mostSymbols - symbols).Order()];

    /// <summary>A slope, and the offsets with which a line of it is below and above the function.</summary>
    private static (double Slope, double Below, double Above) Parallel(Activation activation, double low, double high)
    {
        if (activation is ReLU && low >= 0) return (1, 0, 0);
        if (activation is ReLU && high <= 0) return (0, 0, 0);
        var slope = (activation.Value(high) - activation.Value(low)) / (high - low);
        if (!double.IsFinite(slope) || Math.Abs(slope) > 1e100) slope = 0;
        return (slope, Slir.LowerShift(activation, low, high, slope).Offset, Slir.UpperShift(activation, low, high, slope).Offset);
    }

    /// <summary>The interval of a node, of which nothing more is known.</summary>
    private Form? Constant(Node node)
    {
        var form = new Form(bounds.Regions.Length, inputs.Length, node.Size);
        var low = bounds.Lower(node);
        var high = bounds.Upper(node);
        for (var i = 0; i < low.Length; i++)
        {
            form.Constants[i] = low[i] / 2 + high[i] / 2;
            form.Errors[i] = Math.BitIncrement(Math.Max(high[i] - form.Constants[i], form.Constants[i] - low[i]));
            if (!double.IsFinite(form.Errors[i])) return null;
        }

        return form;
    }

    /// <summary>How far a form may be from its constant, Σ |cᵢ| rᵢ + e, but for rounding.</summary>
    private double[] Reach(Form form, int size)
    {
        var reach = (double[])form.Errors.Clone();
        for (var row = 0; row < bounds.Regions.Length * form.Symbols; row++)
        {
            var radius = row < radii.Length ? radii[row] : 1;
            var target = reach.AsSpan(row / form.Symbols * size, size);
            for (var i = 0; i < size; i++) target[i] += radius * Math.Abs(form.Coefficients[row * size + i]);
        }

        return reach;
    }

    private void Narrow(Node node, Form form)
    {
        var (low, high) = (bounds.Lower(node).ToArray(), bounds.Upper(node).ToArray());
        var reach = Reach(form, node.Size);
        var gamma = 2 * Rounding.Gamma(form.Symbols + 4);
        for (var i = 0; i < low.Length; i++)
        {
            var far = reach[i] + gamma * (reach[i] + Math.Abs(form.Constants[i])) + double.Epsilon * (form.Symbols + 2);
            if (!double.IsFinite(far)) continue;
            (low[i], high[i]) = (Math.Max(low[i], form.Constants[i] - far), Math.Min(high[i], form.Constants[i] + far));
        }

        bounds.Set(node, low, high);
    }

    /// <summary>What is known of a node.</summary>
    private sealed class Form(int regions, int symbols, int size)
    {
        /// <summary>How many ξ there are; those that came later count for nothing here.</summary>
        public int Symbols => symbols;

        /// <summary>k: regions × size.</summary>
        public double[] Constants { get; } = new double[regions * size];

        /// <summary>c: regions × ξ × size.</summary>
        public double[] Coefficients { get; } = new double[regions * symbols * size];

        /// <summary>e: regions × size.</summary>
        public double[] Errors { get; } = new double[regions * size];
    }
}
