using System.Collections.Immutable;
using System.Numerics.Tensors;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>An interval for every element of every node over a part of a region, and the relaxations that follow from them.</summary>
/// <remarks>
/// One pass through the nodes in three cases: intervals of a node from those of its sources, rounded outward; then, where a
/// relaxation depends on them, backward rows of its neurons. Immutable once made; a part whose neuron was cut shares
/// with the part that it is cut from all but what the cut changes.
/// </remarks>
internal sealed class PartBounds
{
    // An interval so narrow is not worth a row.
    private const double Narrow = 1e-13;

    private readonly double[][] lower, upper;
    private readonly double[]?[] magnitudes, errors;
    private readonly Lines?[] lines;
    private readonly Planes?[] planes;
    private readonly double[] underflows;

    private PartBounds(Layout layout, ImmutableArray<SignedCut> cuts)
    {
        (Layout, Cuts) = (layout, cuts);
        var count = layout.Network.Nodes.Length;
        (lower, upper, magnitudes, lines, planes) = (new double[count][], new double[count][], new double[count][], new Lines[count], new Planes[count]);
        (underflows, errors) = (new double[count], new double[count][]);
    }

    private PartBounds(PartBounds wider, ImmutableArray<SignedCut> cuts)
    {
        (Layout, Cuts) = (wider.Layout, cuts);
        (lower, upper) = ((double[][])wider.lower.Clone(), (double[][])wider.upper.Clone());
        (magnitudes, lines, planes) = (wider.magnitudes, (Lines?[])wider.lines.Clone(), (Planes?[])wider.planes.Clone());
        (underflows, errors, IsEmpty) = (wider.underflows, wider.errors, wider.IsEmpty);
    }

    public Layout Layout { get; }

    /// <summary>What the part is told apart by, besides its box.</summary>
    public ImmutableArray<SignedCut> Cuts { get; }

    /// <summary>True where intervals that hold the same values have none in common: the part has no input.</summary>
    public bool IsEmpty { get; private set; }

    public double[] Lower(int node) => lower[node];

    public double[] Upper(int node) => upper[node];

    /// <summary>The largest magnitude of every element of a node.</summary>
    public double[] Largest(int node)
    {
        var magnitudes = new double[lower[node].Length];
        for (var i = 0; i < magnitudes.Length; i++) magnitudes[i] = Math.Max(Math.Abs(lower[node][i]), Math.Abs(upper[node][i]));
        return magnitudes;
    }

    /// <summary>How far a node's value may be from its function of the values of its sources; nothing in real arithmetic.</summary>
    public double[]? Errors(int node) => errors[node];

    /// <summary>Σ |L| m + |b| of an affine node.</summary>
    public double[] Magnitudes(int node) => magnitudes[node]!;

    /// <summary>The lines of an elementwise node.</summary>
    public Lines LinesOf(int node) => lines[node]!;

    /// <summary>The planes of a product node.</summary>
    public Planes PlanesOf(int node) => planes[node]!;

    /// <summary>What coefficients that underflow may add up to in a row from this node on, times 2¹⁰⁷⁴/n for n roundings.</summary>
    public double Underflow(int node) => underflows[node];

    /// <summary>Bounds a box anew.</summary>
    /// <param name="layout">The network.</param>
    /// <param name="low">The lower ends of the box.</param>
    /// <param name="high">Its upper ends.</param>
    /// <param name="wider">A part that the box lies in, whose bounds hold here as well, or null.</param>
    /// <param name="rows">Neurons that are bounded by lines of their own.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static PartBounds Over(
        Layout layout, double[] low, double[] high, PartBounds? wider, ImmutableArray<NeuronRow> rows, CancellationToken cancellation)
    {
        var bounds = new PartBounds(layout, wider?.Cuts ?? []);
        (bounds.lower[0], bounds.upper[0]) = (low, high);
        var forms = AffineForms.Of(layout, low, high);
        for (var i = 0; i < layout.Network.Nodes.Length && !bounds.IsEmpty; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            bounds.Through(i);
            forms?.Through(i, bounds.lower, bounds.upper, bounds.errors[i]);
            if (i > 0) bounds.Intersect(i, wider);
            bounds.Refine(i, [.. rows.Where(row => row.Node == i)], cancellation);
        }

        return bounds;
    }

    /// <summary>The same bounds over a part of the part, but for its box, the neuron that was cut and those that have lines of their own.</summary>
    /// <param name="low">The lower ends of the part's box.</param>
    /// <param name="high">Its upper ends.</param>
    /// <param name="cut">The cut, and on which side of it the part is.</param>
    /// <param name="rows">Neurons that are bounded by lines of their own.</param>
    /// <param name="cancellation">Ends the work.</param>
    public PartBounds Within(double[] low, double[] high, SignedCut cut, ImmutableArray<NeuronRow> rows, CancellationToken cancellation)
    {
        var bounds = new PartBounds(this, Cuts.Add(cut));
        (bounds.lower[0], bounds.upper[0]) = (low, high);
        var (least, most) = (bounds.lower[cut.Source][cut.Element], bounds.upper[cut.Source][cut.Element]);
        bounds.Set(cut.Source, [(cut.Element, cut.Sign > 0 ? Math.Max(least, cut.At) : least, cut.Sign > 0 ? most : Math.Min(most, cut.At))]);
        foreach (var group in rows.GroupBy(row => row.Node).OrderBy(group => group.Key))
        {
            if (bounds.IsEmpty) break;
            bounds.Tighten(group.Key, [.. group.Select(row => (row.Element, row.Sign, (RowLines?)row.Lines))], cancellation);
        }

        return bounds;
    }

    /// <summary>Intervals alone, and relaxations of all nodes by these.</summary>
    public static PartBounds Intervals(Layout layout, double[] low, double[] high)
    {
        var bounds = new PartBounds(layout, []);
        (bounds.lower[0], bounds.upper[0]) = (low, high);
        for (var i = 0; i < layout.Network.Nodes.Length; i++) bounds.Through(i);
        return bounds;
    }

    /// <summary>Why nothing is known of the output, or null: a function may be undefined, or a number overflow.</summary>
    public string? FirstUnknown()
    {
        for (var k = 1; k < lower.Length; k++)
        {
            var node = Layout.Network.Nodes[k];
            if (errors[k]?.Contains(double.PositiveInfinity) == true) return $"'{node.Name}' may overflow in float32, or how exactly it is computed is not known.";
            if (node is not ElementwiseNode { Activation: var activation } || activation.IsDefinedOn(double.NegativeInfinity, double.PositiveInfinity)) continue;
            var source = Layout.Sources[k][0];
            for (var i = 0; i < node.Size; i++)
            {
                if (!activation.IsDefinedOn(lower[source][i], upper[source][i])) return $"'{node.Name}' may be undefined on this part.";
            }
        }

        return null;
    }

    /// <summary>Bounds a node, and relaxes it, by the intervals of its sources.</summary>
    private void Through(int k)
    {
        switch (Layout.Network.Nodes[k])
        {
            case AffineNode affine: Through(k, affine); break;
            case ElementwiseNode elementwise: Through(k, elementwise); break;
            case ProductNode product:
                var (x, y) = (Interval(Layout.Sources[k][0]), Interval(Layout.Sources[k][1]));
                planes[k] = new Planes(product, x, y);
                (lower[k], upper[k]) = Planes.Range(product, x, y);
                break;
        }

        Widen(k);

        // In float32 a softmax does not sum to one.
        if (Layout.Network.Nodes[k].Simplex is > 0 and var length && Layout.Semantics == Semantics.Real) Simplex.Narrow(length, lower[k], upper[k]);

        // A coefficient of a source that underflows is off by the smallest number, and meets the source's magnitude.
        underflows[k] = k == 0 ? 0 : underflows[k - 1];
        foreach (var source in Layout.Sources[k])
        {
            for (var i = 0; i < lower[source].Length; i++) underflows[k] += Math.Max(Math.Abs(lower[source][i]), Math.Abs(upper[source][i]));
        }
    }

    /// <summary>Takes into a node's intervals what float32 may add; one that overflowed says nothing, and must not look as if it did.</summary>
    private void Widen(int k)
    {
        if (Layout.Semantics == Semantics.Float32) errors[k] = Float32Errors.Of(k, this);
        for (var i = 0; i < lower[k].Length; i++)
        {
            if (errors[k] is { } by && by[i] != 0)
                (lower[k][i], upper[k][i]) = (Math.BitDecrement(lower[k][i] - by[i]), Math.BitIncrement(upper[k][i] + by[i]));
            if (!(lower[k][i] <= upper[k][i])) (lower[k][i], upper[k][i]) = (double.NegativeInfinity, double.PositiveInfinity);
        }
    }

    /// <summary>y ∈ L c + b ± (|L| r + γ(|L| m + |b|)) for x ∈ c ± r with |x| ≤ m.</summary>
    private void Through(int k, AffineNode node)
    {
        var (center, radius, magnitude) = (node.Bias.ToArray(), new double[node.Size], new double[node.Size]);
        for (var i = 0; i < node.Size; i++) magnitude[i] = Math.Abs(center[i]);
        var chain = node.Terms.Length + 8;
        for (var t = 0; t < node.Terms.Length; t++)
        {
            var (from, to, map) = (lower[Layout.Sources[k][t]], upper[Layout.Sources[k][t]], node.Terms[t].Map);
            chain += map.LongestInnerProduct;
            var (c, r, m) = (new double[from.Length], new double[from.Length], new double[from.Length]);
            for (var i = 0; i < from.Length; i++)
            {
                c[i] = from[i] == to[i] ? from[i] : from[i] / 2 + to[i] / 2;
                r[i] = from[i] == to[i] ? 0 : Math.BitIncrement(Math.Max(to[i] - c[i], c[i] - from[i]));
                m[i] = Math.Max(Math.Abs(from[i]), Math.Abs(to[i]));
            }

            map.Accumulate<double>(c, center, 1);
            map.Abs.Accumulate<double>(r, radius, 1);
            map.Abs.Accumulate<double>(m, magnitude, 1);
        }

        // The center, the radius (at most the magnitude) and the magnitude itself are sums with as many roundings.
        var gamma = 3 * Rounding.Gamma(chain);
        var (low, high) = (new double[node.Size], new double[node.Size]);
        for (var i = 0; i < node.Size; i++)
        {
            var reach = radius[i] + gamma * magnitude[i] + 3 * chain * double.Epsilon;
            (low[i], high[i]) = (Math.BitDecrement(center[i] - reach), Math.BitIncrement(center[i] + reach));
        }

        (lower[k], upper[k], magnitudes[k]) = (low, high, magnitude);
    }

    private void Through(int k, ElementwiseNode node)
    {
        var (from, to) = Interval(Layout.Sources[k][0]);
        var (low, high) = (new double[node.Size], new double[node.Size]);
        for (var i = 0; i < node.Size; i++) (low[i], high[i]) = SoundLine.Range(node.Activation, from[i], to[i]);
        (lower[k], upper[k], lines[k]) = (low, high, Lines.LeastArea(node.Activation, from, to));
    }

    /// <summary>Narrows the intervals of a node by backward rows, where that matters to what lies above it.</summary>
    private void Refine(int k, NeuronRow[] own, CancellationToken cancellation)
    {
        var refines = Layout.IsRelaxed[k] && !Layout.IsExact[k];
        var rows = new List<(int Element, int Sign, RowLines? Lines)>();
        foreach (var sign in (ReadOnlySpan<int>)[-1, 1])
        {
            // The upper bounds first: what they show to be negative needs no lower one.
            rows.Clear();
            for (var i = 0; i < lower[k].Length && refines; i++)
            {
                if (IsUndecided(k, i)) rows.Add((i, sign, null));
            }

            rows.AddRange(own.Where(row => row.Sign == sign).Select(row => (row.Element, row.Sign, (RowLines?)row.Lines)));
            if (rows.Count > 0 && !IsEmpty) Narrower(k, rows, cancellation);
        }
    }

    private bool IsUndecided(int k, int i)
    {
        var (low, high) = (lower[k][i], upper[k][i]);
        return Layout.FeedsOnlyReLU[k] ? low < 0 && high > 0 : high - low > Narrow * Math.Max(Math.Abs(low), Math.Abs(high)) + 1e-300;
    }

    /// <summary>Intersects the intervals of a node, which nothing was made of yet, with the bounds of rows.</summary>
    private void Narrower(int k, List<(int Element, int Sign, RowLines? Lines)> rows, CancellationToken cancellation)
    {
        var results = BackwardRows.OfNeurons(this, k, rows, cancellation);
        for (var row = 0; row < rows.Count; row++)
        {
            var i = rows[row].Element;
            if (rows[row].Sign > 0) lower[k][i] = Math.Max(lower[k][i], results[row]);
            else upper[k][i] = Math.Min(upper[k][i], -results[row]);
            IsEmpty |= lower[k][i] > upper[k][i];
        }
    }

    private void Intersect(int k, PartBounds? wider)
    {
        if (wider is not null)
        {
            TensorPrimitives.Max<double>(lower[k], wider.lower[k], lower[k]);
            TensorPrimitives.Min<double>(upper[k], wider.upper[k], upper[k]);
        }

        for (var i = 0; i < lower[k].Length; i++) IsEmpty |= lower[k][i] > upper[k][i];
    }

    /// <summary>Narrows neurons of a node by rows, and what is made of them.</summary>
    private void Tighten(int k, List<(int Element, int Sign, RowLines? Lines)> rows, CancellationToken cancellation)
    {
        var results = BackwardRows.OfNeurons(this, k, rows, cancellation);
        var changes = new Dictionary<int, (double Low, double High)>();
        for (var row = 0; row < rows.Count; row++)
        {
            var (i, sign) = (rows[row].Element, rows[row].Sign);
            var (low, high) = changes.GetValueOrDefault(i, (lower[k][i], upper[k][i]));
            changes[i] = sign > 0 ? (Math.Max(low, results[row]), high) : (low, Math.Min(high, -results[row]));
        }

        Set(k, [.. changes.Select(change => (change.Key, change.Value.Low, change.Value.High))]);
    }

    /// <summary>Sets the intervals of some elements, and relaxes anew what is a function of them.</summary>
    private void Set(int k, List<(int Element, double Low, double High)> changes)
    {
        (lower[k], upper[k]) = ((double[])lower[k].Clone(), (double[])upper[k].Clone());
        foreach (var (i, low, high) in changes)
        {
            (lower[k][i], upper[k][i]) = (low, high);
            IsEmpty |= low > high;
        }

        if (IsEmpty) return;
        foreach (var consumer in Layout.Consumers[k])
        {
            switch (Layout.Network.Nodes[consumer])
            {
                case ElementwiseNode node: lines[consumer] = lines[consumer]!.With(changes.Select(change => change.Element), node.Activation, lower[k], upper[k]); break;
                case ProductNode node: planes[consumer] = new Planes(node, Interval(Layout.Sources[consumer][0]), Interval(Layout.Sources[consumer][1])); break;
            }
        }
    }

    private (double[] Lower, double[] Upper) Interval(int node) => (lower[node], upper[node]);
}
