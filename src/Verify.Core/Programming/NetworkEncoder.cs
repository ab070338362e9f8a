using System.Runtime.InteropServices;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Programming;

/// <summary>Makes the <see cref="NetworkProgram"/> of a network, node by node.</summary>
/// <remarks>
/// A variable's bounds are those of its neuron. Variables come in the order of the network, and those of a layer side by side, so
/// that the rows of the next layer run through them.
/// </remarks>
internal sealed partial class NetworkEncoder
{
    private readonly NodeBounds bounds;
    private readonly Network network;
    private readonly int region;
    private readonly bool hasBinaries;
    private readonly LinearProgramBuilder builder = new();
    private readonly int[][] columns, rows;
    private readonly List<EncodedReLU> relus = [];
    private readonly List<Action<Evaluation<double>, double[]>> completions = [];
    private readonly List<int> lowerRows = [], upperRows = [];
    private readonly List<(int, int, int, int, int)> binaries = [];
    private readonly HashSet<int> zeroOrOne = [];
    private readonly List<Term> terms = [];
    private readonly List<double> magnitudes = [];
    private bool isExact = true;

    public NetworkEncoder(NodeBounds bounds, int region, bool hasBinaries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(region);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(region, bounds.Regions.Length);
        (this.bounds, network, this.region, this.hasBinaries) = (bounds, bounds.Network, region, hasBinaries);
        (columns, rows) = (new int[network.Nodes.Length][], new int[network.Nodes.Length][]);
        Array.Fill(rows, []);
    }

    public NetworkProgram Encode()
    {
        for (var n = 0; n < network.Nodes.Length; n++)
        {
            var node = network.Nodes[n];
            Check(node);
            columns[n] = new int[node.Size];
            Array.Fill(columns[n], -1);
            switch (node)
            {
                case InputNode: Input(columns[n]); break;
                case AffineNode affine: Affine(affine, columns[n], rows[n] = new int[node.Size]); break;
                case ElementwiseNode elementwise: Elementwise(elementwise, columns[n]); break;
                case ProductNode product: Product(product, columns[n]); break;
            }
        }

        return new(
            network, builder.Build(), columns, rows, [.. relus], isExact, [.. completions],
            new StartingBasis([.. lowerRows], [.. upperRows], [.. binaries]));
    }

    private ReadOnlySpan<double> Lower(Node node) => bounds.Lower(node).Slice(region * node.Size, node.Size);

    private ReadOnlySpan<double> Upper(Node node) => bounds.Upper(node).Slice(region * node.Size, node.Size);

    /// <summary>How far a computed value may be from the function of the values before it.</summary>
    private double Error(Node node, int element) => bounds.Errors(node) is { } errors ? errors[region * node.Size + element] : 0;

    private int[] Columns(Node node) => columns[network.IndexOf(node)];

    private void Check(Node node)
    {
        var low = Lower(node);
        var high = Upper(node);
        for (var i = 0; i < low.Length; i++)
        {
            if (!double.IsFinite(low[i]) || !double.IsFinite(high[i]) || !double.IsFinite(Error(node, i)))
                throw new ArgumentException($"Element {i} of {node} lies in [{low[i]}, {high[i]}]; a program needs finite bounds.");
        }
    }

    private int Variable(double low, double high, bool isInteger = false)
    {
        lowerRows.Add(-1);
        upperRows.Add(-1);
        magnitudes.Add(Math.Max(Math.Abs(low), Math.Abs(high)));
        return builder.Variable(low, high, isInteger: isInteger);
    }

    private void Input(int[] own)
    {
        var place = bounds.Regions[region];
        for (var i = 0; i < own.Length; i++) own[i] = Variable(place.Lower[i], place.Upper[i]);
        if (!place.IsBox) Ball(place, own);
    }

    /// <summary>Σ tⱼ ≤ 1 with rⱼ tⱼ ≥ |xⱼ − cⱼ|; in an l2 ball the sum is at most √n.</summary>
    private void Ball(InputRegion ball, int[] inputs)
    {
        var shares = new List<Term>();
        for (var i = 0; i < inputs.Length; i++)
        {
            var (center, radius) = (ball.Center[i], ball.Radii[i]);
            if (radius == 0) continue; // The box says it already.
            var share = Variable(0, 1);
            shares.Add(new(share, 1));
            builder.AtLeast([new(share, radius), new(inputs[i], -1)], -center);
            builder.AtLeast([new(share, radius), new(inputs[i], 1)], center);
            var input = inputs[i];
            completions.Add((_, values) => values[share] = Math.Abs(values[input] - center) / radius);
        }

        isExact &= ball.Norm == Norm.L1;
        builder.AtMost([.. shares], ball.Norm == Norm.L1 ? 1 : Rounding.Up(Math.Sqrt(shares.Count)));
    }

    private void Affine(AffineNode node, int[] own, int[] ownRows)
    {
        var (low, high) = (Lower(node).ToArray(), Upper(node).ToArray());
        var onlyReLU = node != network.Output && network.Nodes
            .Where(consumer => consumer.Sources.Contains(node)).All(consumer => consumer is ElementwiseNode { Activation: ReLU });
        Array.Fill(ownRows, -1);

        // What a ReLU cuts off no one needs. What it passes on as it is comes last, beside the ReLU's own variables.
        var order = Enumerable.Range(0, node.Size).Where(i => !(onlyReLU && high[i] <= 0)).OrderBy(i => onlyReLU && low[i] >= 0).ToArray();
        foreach (var i in order) own[i] = Variable(low[i], high[i]);
        var entries = new (double[] Row, double[] Magnitude)[node.Terms.Length];
        for (var t = 0; t < entries.Length; t++) entries[t] = (new double[node.Terms[t].Source.Size], new double[node.Terms[t].Source.Size]);
        foreach (var i in order)
        {
            terms.Clear();
            terms.Add(new(own[i], -1));
            var slack = Error(node, i);
            for (var t = 0; t < entries.Length; t++)
            {
                var (source, map) = node.Terms[t];
                var row = entries[t].Row;
                Array.Clear(row);
                map.AccumulateRow(i, row);
                slack += Rounded(map, i, source, entries[t].Magnitude);
                var from = Columns(source);
                for (var j = 0; j < row.Length; j++)
                {
                    if (row[j] != 0 && from[j] >= 0) terms.Add(new(from[j], row[j]));
                }
            }

            slack += Merge();
            ownRows[i] = Equal(-node.Bias[i], slack);
            lowerRows[own[i]] = upperRows[own[i]] = ownRows[i];
        }
    }

    /// <summary>Adds the row Σ terms = value, give or take a slack.</summary>
    private int Equal(double value, double slack)
    {
        var span = CollectionsMarshal.AsSpan(terms);
        return slack == 0 ? builder.Equal(span, value) : builder.Row(Rounding.Down(value - slack), span, Rounding.Up(value + slack));
    }

    /// <summary>How far a row is off because the map computes its entries: only compositions do.</summary>
    private double Rounded(LinearMap map, int element, Node source, double[] magnitude)
    {
        if (map is not CompositionMap) return 0;
        Array.Clear(magnitude);
        map.Abs.AccumulateRow(element, magnitude);
        var low = Lower(source);
        var high = Upper(source);
        var sum = 0.0;
        for (var j = 0; j < magnitude.Length; j++) sum += magnitude[j] * Math.Max(Math.Abs(low[j]), Math.Abs(high[j]));
        return Rounding.SumError(2 * (map.LongestInnerProduct + 2), 2 * sum);
    }

    /// <summary>Adds up terms of the same variable, and returns how far rounding may move the row.</summary>
    private double Merge()
    {
        terms.Sort((a, b) => a.Column.CompareTo(b.Column));
        var (count, slack) = (0, 0.0);
        for (var k = 0; k < terms.Count; k++)
        {
            if (count == 0 || terms[count - 1].Column != terms[k].Column)
            {
                terms[count++] = terms[k];
                continue;
            }

            // The error of a rounded sum is itself a number.
            var (column, a, b) = (terms[k].Column, terms[count - 1].Coefficient, terms[k].Coefficient);
            var (sum, shifted) = (a + b, a + b - a);
            terms[count - 1] = new(column, sum);
            slack += Math.Abs((a - (sum - shifted)) + (b - shifted)) * magnitudes[column] * (1 + 1e-15);
        }

        terms.RemoveRange(count, terms.Count - count);
        return slack == 0 ? 0 : slack * (1 + 1e-12) + double.Epsilon;
    }

    /// <summary>The elements of a softmax add up to one; parts in 10¹² stand for the rounding of the file's constants.</summary>
    private void Sums(Node node, int[] own)
    {
        for (var first = 0; first < own.Length; first += node.Simplex)
            builder.Row(1 - 1e-12, [.. own.AsSpan(first, node.Simplex).ToArray().Where(y => y >= 0).Select(y => new Term(y, 1))], 1 + 1e-12);
    }

    private void Product(ProductNode node, int[] own)
    {
        var (left, right) = (Columns(node.Left), Columns(node.Right));
        for (var i = 0; i < own.Length; i++)
        {
            var (b, row, column) = (i / (node.Rows * node.Columns), i / node.Columns % node.Rows, i % node.Columns);
            var products = new List<int>();
            for (var k = 0; k < node.Inner; k++)
            {
                var x = (b * node.Rows + row) * node.Inner + k;
                var w = (b * node.Inner + k) * node.Columns + column;
                if (left[x] >= 0 && right[w] >= 0) products.Add(Product(node, x, w, left[x], right[w]));
            }

            if (products.Count == 0 && Error(node, i) == 0) continue;
            if (products.Count == 1 && Error(node, i) == 0)
            {
                own[i] = products[0];
                continue;
            }

            own[i] = Variable(Lower(node)[i], Upper(node)[i]);
            terms.Clear();
            terms.Add(new(own[i], -1));
            foreach (var product in products) terms.Add(new(product, 1));
            lowerRows[own[i]] = upperRows[own[i]] = Equal(0, Error(node, i));
        }

        if (node.Simplex > 0 && bounds.Semantics == Semantics.Real) Sums(node, own);
    }

    /// <summary>p = x·w between McCormick's planes, which meet where x or w is at a bound.</summary>
    private int Product(ProductNode node, int x, int w, int xColumn, int wColumn)
    {
        var (xLow, xHigh, wLow, wHigh) = (Lower(node.Left)[x], Upper(node.Left)[x], Lower(node.Right)[w], Upper(node.Right)[w]);
        ReadOnlySpan<(double X, double W)> corners = [(xLow, wLow), (xHigh, wHigh), (xLow, wHigh), (xHigh, wLow)];
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var corner in corners)
        {
            least = Math.Min(least, -Rounding.ProductUp(-corner.X, corner.W));
            most = Math.Max(most, Rounding.ProductUp(corner.X, corner.W));
        }

        var p = Variable(least, most);
        completions.Add((evaluation, values) => values[p] = evaluation[node.Left][x] * evaluation[node.Right][w]);
        for (var k = 0; k < corners.Length; k++)
        {
            // p − wₖ x − xₖ w is at least −xₖ wₖ at the corners of equal ends, at most at the others.
            var corner = corners[k];
            terms.Clear();
            terms.AddRange([new(p, 1), new(xColumn, -corner.W), new(wColumn, -corner.X)]);
            var slack = Merge();
            Term[] row = [.. terms];
            if (k < 2)
            {
                var added = builder.AtLeast(row, -Rounding.SumUp(Rounding.ProductUp(corner.X, corner.W), slack));
                if (k == 0) lowerRows[p] = added;
            }
            else
            {
                var added = builder.AtMost(row, Rounding.SumUp(Rounding.ProductUp(-corner.X, corner.W), slack));
                if (k == 2) upperRows[p] = added;
            }
        }

        isExact &= xLow == xHigh || wLow == wHigh || zeroOrOne.Contains(xColumn) || zeroOrOne.Contains(wColumn);
        return p;
    }
}
