using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>A search for the lines with which each of some rows has the largest lower bound.</summary>
/// <remarks>
/// <para>
/// The bound of a row is what the chosen lines give at one point of the region. Carried back to the input, the row names
/// that point; carried forward from there through the same lines, the point's value is the bound, and the derivative of the
/// bound by a line's position is the row's coefficient times the change of the line at the value that reaches it. No tape
/// is needed. The derivative by the multiplier of s·(z − p) ≥ 0 is −s·(z − p) at that value, and that
/// by the weight of a constraint is by how much it is missed.
/// </para>
/// <para>
/// Everything here is in single precision, and proves nothing: the lines found are sound for themselves, and
/// <see cref="BackwardPass"/> bounds the rows with them.
/// Source: Xu et al. 2021, arXiv 2011.13824 for ReLU, and the shifting of Kern et al. 2026, arXiv 2606.20292, for the others.
/// </para>
/// </remarks>
internal sealed class SlopeSearch : IDisposable
{
    // Steps grow shorter from one to the next. A row that so many of them did not raise goes on from its best lines with
    // steps of a part of the length, and is done when they are too short to matter.
    private const float Decay = 0.985f;
    private const int Patience = 10;
    private const float Shrink = 0.4f;
    private const float Shortest = 0.02f;

    // A step that is the only one is longer than the first of many.
    private const float OnlyLength = 2;

    private readonly NodeBounds bounds;
    private readonly BackwardPass pass;
    private readonly Dictionary<Node, RowSlopes> slopes = [];
    private readonly Dictionary<Node, RowMultipliers> multipliers = [];
    private readonly Dictionary<Node, LinearizedProduct> products = [];
    private readonly Dictionary<Node, float[]> biases = [];
    private readonly Dictionary<Node, float[]> common = [];
    private readonly Dictionary<Node, (float[] Seeds, float[] Coefficients, float[] Values)> rows = [];
    private readonly List<Node> passed = [];
    private readonly float[] lower, upper;
    private readonly int[] regionOf;
    private readonly RowWeights? weights;
    private readonly Pooled pool = new();

    // What a row's bound is beside its coefficients times the target's values.
    private readonly double[] constants;

    // For each row that is still searched, where it was at first.
    private int[] original;

    /// <param name="bounds">The bounds of every node that the rows pass.</param>
    /// <param name="pass">The lines and planes to begin with.</param>
    /// <param name="slopesOf">Makes what is searched at an elementwise node, for rows over these regions, of borrowed arrays.</param>
    /// <param name="target">The node that the rows are functions of.</param>
    /// <param name="seeds">The rows, not yet carried anywhere.</param>
    /// <param name="weights">Makes what the rows are the sums of, where these are searched as well.</param>
    public SlopeSearch(
        NodeBounds bounds,
        BackwardPass pass,
        Func<ElementwiseNode, int[], Pooled, RowSlopes> slopesOf,
        Node target,
        BackwardRows seeds,
        Func<Pooled, RowWeights>? weights = null)
    {
        this.weights = weights?.Invoke(pool);
        (this.bounds, this.pass, regionOf, constants) = (bounds, pass, seeds.RegionOf, new double[seeds.Count]);
        (lower, upper) = (Single(bounds.Lower(bounds.Network.Input)), Single(bounds.Upper(bounds.Network.Input)));
        original = [.. Enumerable.Range(0, seeds.Count)];
        var reached = new HashSet<Node>();
        for (var i = bounds.Network.IndexOf(target); i >= 0; i--)
        {
            var node = bounds.Network.Nodes[i];
            var seed = seeds.Peek(i, node.Size);
            if (seed.IsEmpty && !reached.Contains(node)) continue;
            passed.Add(node);
            reached.UnionWith(node.Sources);
            rows[node] = (seed.IsEmpty ? [] : Single(seed), pool.Any(seeds.Count * node.Size), pool.Any(seeds.Count * node.Size));
            if (node.Simplex > 0) common[node] = pool.Any(seeds.Count * node.Size);
            switch (node)
            {
                case AffineNode affine: biases[node] = Single(affine.Bias); break;
                case ElementwiseNode elementwise:
                    slopes[node] = slopesOf(elementwise, seeds.RegionOf, pool);
                    if (seeds.Multipliers.TryGetValue(elementwise, out var start)) multipliers[node] = new RowMultipliers(start);
                    break;
                case ProductNode product: products[node] = new LinearizedProduct(product, pass.PlanesOf(product)); break;
            }
        }
    }

    /// <summary>The positions of every row's lines at every node: the best, once they are searched for.</summary>
    public IReadOnlyDictionary<ElementwiseNode, float[]> Positions
    {
        get => slopes.Values.ToDictionary(node => node.Node, node => node.BestPositions.ToArray());
        set
        {
            foreach (var node in slopes.Values)
            {
                if (value.TryGetValue(node.Node, out var positions)) node.Begin(positions);
            }
        }
    }

    /// <summary>Gives back what was borrowed; the best lines were taken before.</summary>
    public void Dispose() => pool.Dispose();

    /// <summary>What is searched at a node; null where the rows do not pass it.</summary>
    public RowSlopes? SlopesAt(ElementwiseNode node) => slopes.GetValueOrDefault(node);

    /// <summary>The lines of every row after one step, for better or worse.</summary>
    public Dictionary<ElementwiseNode, ElementwiseLines> Next()
    {
        Back();
        Forward();
        var lengths = new float[original.Length];
        Array.Fill(lengths, OnlyLength);
        foreach (var node in slopes.Values)
        {
            node.Move(rows[node.Node].Coefficients, rows[node.Node.Source].Values, 0, lengths);
            for (var row = 0; row < original.Length; row++) node.Keep(row, row);
        }

        return Lines();
    }

    /// <summary>The best multipliers of every row, at the nodes that are split.</summary>
    public IReadOnlyDictionary<ElementwiseNode, Multipliers> Multipliers =>
        multipliers.ToDictionary(pair => (ElementwiseNode)pair.Key, pair => pair.Value.Best());

    /// <summary>For each row, the bound that its best lines give but for rounding.</summary>
    public double[] Bounds { get; private set; } = [];

    /// <summary>The best lines of every row, after so many steps at most.</summary>
    /// <param name="offsets">What each row's bound is without its coefficients.</param>
    /// <param name="iterations">The number of steps.</param>
    /// <param name="enough">For each row, the bound above which it needs no better lines.</param>
    /// <param name="inPairs">Of two rows in succession, one above that is enough for both.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public Dictionary<ElementwiseNode, ElementwiseLines> Best(
        ReadOnlySpan<double> offsets, int iterations, ReadOnlySpan<double> enough, bool inPairs, CancellationToken cancellation)
    {
        Run(offsets, iterations, enough, inPairs, cancellation);
        return Lines();
    }

    /// <summary>Searches for them only.</summary>
    /// <inheritdoc cref="Best"/>
    public void Run(
        ReadOnlySpan<double> offsets, int iterations, ReadOnlySpan<double> enough, bool inPairs, CancellationToken cancellation)
    {
        var best = Bounds = new double[offsets.Length];
        Array.Fill(best, double.NegativeInfinity);
        var raised = new int[offsets.Length];
        var lengths = new float[offsets.Length];
        Array.Fill(lengths, 1);
        var isDone = new bool[offsets.Length];
        for (var step = 0; original.Length > 0; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Back();
            Forward();
            for (var row = 0; row < original.Length; row++)
            {
                var bound = offsets[original[row]] + constants[row] + Bound(row);
                if (!(bound > best[original[row]])) continue;
                (best[original[row]], raised[original[row]]) = (bound, step);
                foreach (var node in slopes.Values) node.Keep(row, original[row]);
                foreach (var node in multipliers.Values) node.Keep(original[row]);
                weights?.Keep(original[row]);
            }

            if (step == iterations) break;
            var steps = Array.ConvertAll(original, row => lengths[row] *= Decay);
            foreach (var node in slopes.Values) node.Move(rows[node.Node].Coefficients, rows[node.Node.Source].Values, step, steps);
            Move(step, steps);
            for (var row = 0; row < original.Length; row++)
            {
                if (step - raised[original[row]] < Patience) continue;
                (lengths[original[row]], raised[original[row]]) = (lengths[original[row]] * Shrink, step);
                Restore(row);
            }

            for (var row = 0; row < best.Length; row++) isDone[row] |= best[row] > enough[row] || lengths[row] < Shortest;
            for (var row = 0; row < best.Length && inPairs; row++) isDone[row] |= best[row ^ 1] > enough[row ^ 1];
            Retain(isDone);
        }
    }

    /// <summary>The best lines of every row.</summary>
    public Dictionary<ElementwiseNode, ElementwiseLines> Lines() => slopes.Values.ToDictionary(node => node.Node, node => node.Best());

    /// <summary>What a row multiplies the elements of a node by, with the lines that it begins with.</summary>
    /// <remarks>After no steps.</remarks>
    /// <param name="node">A node that the rows pass.</param>
    /// <param name="row">The row.</param>
    public ReadOnlySpan<float> Coefficients(Node node, int row) => Row(rows[node].Coefficients, row, node);

    /// <summary>The values of a node at the point where the row is least, as its lines have them.</summary>
    /// <inheritdoc cref="Coefficients"/>
    public ReadOnlySpan<float> Values(Node node, int row) => Row(rows[node].Values, row, node);

    private void Move(int step, float[] lengths)
    {
        for (var row = 0; row < original.Length && weights is not null; row++)
            weights.Move(original[row], Values(passed[0], row), step, lengths[row]);
        foreach (var (node, some) in multipliers)
        {
            for (var row = 0; row < original.Length; row++)
            {
                var source = node.Sources[0];
                some.Move(original[row], Coefficients(node, row), Coefficients(source, row), Values(source, row), step, lengths[row]);
            }
        }
    }

    private void Restore(int row)
    {
        foreach (var node in slopes.Values) node.Restore(row, original[row]);
        foreach (var node in multipliers.Values) node.Restore(original[row]);
        weights?.Restore(original[row]);
    }

    private void Back()
    {
        var count = original.Length;
        Array.Clear(constants);
        for (var row = 0; row < count && weights is not null; row++)
            constants[row] -= weights.Seed(original[row], Row(rows[passed[0]].Seeds, row, passed[0]));
        foreach (var node in passed)
        {
            var (seeds, coefficients, _) = rows[node];
            if (seeds.Length == 0) Array.Clear(coefficients, 0, count * node.Size);
            else seeds.AsSpan(0, count * node.Size).CopyTo(coefficients);
        }

        foreach (var node in passed)
        {
            var a = rows[node].Coefficients;
            if (node.Simplex > 0) Center(node, a);
            switch (node)
            {
                case AffineNode affine:
                    for (var i = 0; i < affine.Terms.Length; i++)
                    {
                        var result = rows[affine.Terms[i].Source].Coefficients;
                        // Every element of the node that the rows are functions of counts.
                        if (node == passed[0]) affine.Terms[i].Map.Transpose.Accumulate<float>(a, result, count);
                        else pass.TermsOf(affine)[i].Backward<float>(a, result, count);
                    }

                    break;
                case ElementwiseNode elementwise:
                    slopes[node].Back(a, rows[elementwise.Source].Coefficients);
                    if (!multipliers.TryGetValue(node, out var taken)) break;
                    for (var row = 0; row < count; row++)
                        taken.Back(original[row], Row(rows[elementwise.Source].Coefficients, row, node));
                    break;
                case ProductNode product:
                    for (var row = 0; row < count; row++)
                    {
                        products[node].Back(
                            regionOf[original[row]], Row(a, row, node), Row(rows[product.Left].Coefficients, row, product.Left), Row(rows[product.Right].Coefficients, row, product.Right));
                    }

                    break;
            }
        }
    }

    private void Forward()
    {
        var count = original.Length;
        for (var i = passed.Count - 1; i >= 0; i--)
        {
            var node = passed[i];
            var (_, a, y) = rows[node];
            switch (node)
            {
                case InputNode:
                    for (var row = 0; row < count; row++) Corner(Row(a, row, node), regionOf[original[row]], Row(y, row, node));
                    break;
                case AffineNode affine:
                    for (var row = 0; row < count; row++) biases[node].CopyTo(Row(y, row, node));
                    for (var k = 0; k < affine.Terms.Length; k++)
                    {
                        var x = rows[affine.Terms[k].Source].Values;
                        if (node == passed[0]) affine.Terms[k].Map.Accumulate<float>(x, y, count);
                        else pass.TermsOf(affine)[k].Forward<float>(x, y, count);
                    }

                    break;
                case ElementwiseNode elementwise:
                    slopes[node].Forward(a, rows[elementwise.Source].Values, y);
                    if (!multipliers.TryGetValue(node, out var taken)) break;
                    for (var row = 0; row < count; row++)
                        constants[row] -= taken.Cost(original[row], Row(rows[elementwise.Source].Values, row, node));
                    break;
                case ProductNode product:
                    for (var row = 0; row < count; row++)
                    {
                        products[node].Forward(
                            regionOf[original[row]], Row(a, row, node), Row(rows[product.Left].Values, row, product.Left), Row(rows[product.Right].Values, row, product.Right), Row(y, row, node));
                    }

                    break;
            }

            if (node.Simplex == 0) continue;
            for (var row = 0; row < count; row++)
            {
                var left = Row(common[node], row, node);
                var values = Row(y, row, node);
                for (var k = 0; k < left.Length; k++) constants[row] -= (double)left[k] * values[k];
            }
        }
    }

    /// <summary>Takes what the elements of a softmax have in common out of the coefficients, as the proof does.</summary>
    private void Center(Node node, float[] a)
    {
        var centered = new double[node.Size];
        for (var row = 0; row < original.Length; row++)
        {
            var coefficients = Row(a, row, node);
            var left = Row(common[node], row, node);
            for (var i = 0; i < centered.Length; i++) centered[i] = coefficients[i];
            var at = regionOf[original[row]] * node.Size;
            constants[row] += Simplex.Center(
                node.Simplex, centered, bounds.Lower(node).Slice(at, node.Size), bounds.Upper(node).Slice(at, node.Size)).Sum;
            for (var i = 0; i < centered.Length; i++)
                (left[i], coefficients[i]) = (coefficients[i] - (float)centered[i], (float)centered[i]);
        }
    }

    /// <summary>The point of a region where a row is least.</summary>
    private void Corner(ReadOnlySpan<float> a, int region, Span<float> x)
    {
        if (bounds.Regions[region].IsBox)
        {
            var first = region * a.Length;
            for (var i = 0; i < a.Length; i++) x[i] = a[i] >= 0 ? lower[first + i] : upper[first + i];
            return;
        }

        var (coefficients, point) = (new double[a.Length], new double[a.Length]);
        for (var i = 0; i < a.Length; i++) coefficients[i] = a[i];
        Concretization.Minimizer(coefficients, bounds.Regions[region], point);
        for (var i = 0; i < a.Length; i++) x[i] = (float)point[i];
    }

    private double Bound(int row)
    {
        var sum = 0.0;
        foreach (var node in passed)
        {
            var (seeds, _, values) = rows[node];
            if (seeds.Length == 0) continue;
            var a = Row(seeds, row, node);
            var y = Row(values, row, node);
            for (var i = 0; i < a.Length; i++) sum += (double)a[i] * y[i];
        }

        return sum;
    }

    /// <summary>Goes on with the rows whose bounds are not enough yet.</summary>
    private void Retain(bool[] isDone)
    {
        var kept = Enumerable.Range(0, original.Length).Where(row => !isDone[original[row]]).ToArray();
        if (kept.Length == original.Length) return;
        foreach (var node in slopes.Values) node.Retain(kept);
        foreach (var node in passed)
        {
            var seeds = rows[node].Seeds;
            if (seeds.Length == 0) continue;
            for (var i = 0; i < kept.Length; i++) Row(seeds, kept[i], node).CopyTo(Row(seeds, i, node));
        }

        original = [.. kept.Select(row => original[row])];
    }

    private static Span<float> Row(float[] values, int row, Node node) => values.AsSpan(row * node.Size, node.Size);

    private static float[] Single(ReadOnlySpan<double> values)
    {
        var result = new float[values.Length];
        for (var i = 0; i < values.Length; i++) result[i] = (float)values[i];
        return result;
    }
}
