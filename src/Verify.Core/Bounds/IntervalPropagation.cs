using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>Interval bounds of every node.</summary>
/// <remarks>
/// Requires bounded regions. Returns, per region and element, an interval that contains every value it takes over the
/// region, rounded outward. Sound, not complete. One pass, cost of two evaluations.
/// Source: Gowal et al. 2018, arXiv 1810.12715.
/// </remarks>
public static class IntervalPropagation
{
    /// <summary>Bounds every node of a network over a batch of regions.</summary>
    public static NodeBounds Propagate(Network network, ImmutableArray<InputRegion> regions, Semantics semantics = Semantics.Real)
    {
        var bounds = new NodeBounds(network, regions, semantics);
        foreach (var node in network.Nodes) Through(node, bounds);
        return bounds;
    }

    /// <summary>Bounds one node from the bounds of its sources.</summary>
    internal static void Through(Node node, NodeBounds bounds)
    {
        switch (node)
        {
            case AffineNode affine: Through(affine, bounds); break;
            case ElementwiseNode elementwise: Through(elementwise, bounds); break;
            case ProductNode product: Through(product, bounds); break;
        }

        if (bounds.Semantics == Semantics.Float32 && Float32Errors.Of(node, bounds) is { } errors) bounds.Widen(node, errors);

        // In float32 the sum is rounded.
        if (node.Simplex == 0 || bounds.Semantics == Semantics.Float32) return;
        var (low, high) = (bounds.Lower(node).ToArray(), bounds.Upper(node).ToArray());
        Simplex.Intersect(node.Simplex, low, high);
        bounds.Set(node, low, high);
    }

    /// <summary>y ∈ L c + b ± |L| r for x ∈ c ± r.</summary>
    /// <remarks>
    /// Computing L c + b is off by at most γ(|L||c| + |b|), and |L| r by at most γ|L| r. Both are covered by adding 2γ(|c| + r)
    /// to r before the map is applied, at no further cost. A product that underflows is off by the smallest number at most.
    /// </remarks>
    private static void Through(AffineNode node, NodeBounds bounds)
    {
        var regions = bounds.Regions.Length;
        var low = new double[regions * node.Size];
        var high = new double[regions * node.Size];
        for (var r = 0; r < regions; r++) node.Bias.CopyTo(low.AsSpan(r * node.Size));
        var chain = node.Terms.Sum(term => term.Map.LongestInnerProduct) + node.Terms.Length + 4;
        var gamma = 2 * Rounding.Gamma(chain);
        var radii = new List<double[]>(node.Terms.Length);
        foreach (var (source, map) in node.Terms)
        {
            var from = bounds.Lower(source);
            var to = bounds.Upper(source);
            var (center, radius) = (new double[from.Length], new double[from.Length]);
            for (var i = 0; i < from.Length; i++)
            {
                if (from[i] == to[i])
                {
                    (center[i], radius[i]) = (from[i], from[i] == 0 ? 0 : gamma * Math.Abs(from[i]) + double.Epsilon);
                    continue;
                }

                var middle = from[i] / 2 + to[i] / 2;
                center[i] = middle;
                radius[i] = Math.BitIncrement(Math.Max(to[i] - middle, middle - from[i]));
                radius[i] += gamma * (Math.Abs(middle) + radius[i]) + double.Epsilon;
            }

            map.Accumulate<double>(center, low, regions);
            map.Abs.Accumulate<double>(radius, high, regions);
            radii.Add(radius);
        }

        // A radius that is zero may have underflowed: only what no weight carries a radius to is a constant.
        var reached = high;
        if (high.Contains(0))
        {
            reached = new double[high.Length];
            foreach (var (term, radius) in node.Terms.Zip(radii))
                term.Map.Abs.Accumulate<double>(Array.ConvertAll(radius, r => r > 0 ? 1.0 : 0), reached, regions);
        }

        for (var i = 0; i < low.Length; i++)
        {
            var (center, radius) = (low[i], high[i]);
            if (reached[i] > 0) radius = Math.BitIncrement(radius + gamma * Math.Abs(node.Bias[i % node.Size]) + double.Epsilon * chain);
            (low[i], high[i]) = Ordered(
                radius > 0 ? Math.BitDecrement(center - radius) : center - radius,
                radius > 0 ? Math.BitIncrement(center + radius) : center + radius);
        }

        bounds.Set(node, low, high);
    }

    private static void Through(ElementwiseNode node, NodeBounds bounds)
    {
        var from = bounds.Lower(node.Source);
        var to = bounds.Upper(node.Source);
        var (low, high) = (new double[from.Length], new double[from.Length]);
        for (var i = 0; i < from.Length; i++)
        {
            // Where the function may be undefined nothing is known of its value.
            (low[i], high[i]) = node.Activation.IsDefinedOn(from[i], to[i])
                ? Slir.Range(node.Activation, from[i], to[i])
                : (double.NegativeInfinity, double.PositiveInfinity);
            (low[i], high[i]) = Ordered(low[i], high[i]);
        }

        bounds.Set(node, low, high);
    }

    private static void Through(ProductNode node, NodeBounds bounds)
    {
        var lowLeft = bounds.Lower(node.Left);
        var highLeft = bounds.Upper(node.Left);
        var lowRight = bounds.Lower(node.Right);
        var highRight = bounds.Upper(node.Right);
        var regions = bounds.Regions.Length;
        var (low, high) = (new double[regions * node.Size], new double[regions * node.Size]);
        var gamma = Rounding.Gamma(node.Inner + 4);
        var next = 0;
        for (var b = 0; b < regions * node.Batch; b++)
        {
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++, next++)
                {
                    var (least, most, magnitude) = (0.0, 0.0, 0.0);
                    for (var k = 0; k < node.Inner; k++)
                    {
                        var x = (b * node.Rows + i) * node.Inner + k;
                        var y = (b * node.Inner + k) * node.Columns + j;
                        var (p, q) = (lowLeft[x] * lowRight[y], lowLeft[x] * highRight[y]);
                        var (s, t) = (highLeft[x] * lowRight[y], highLeft[x] * highRight[y]);
                        var (from, to) = (Math.Min(Math.Min(p, q), Math.Min(s, t)), Math.Max(Math.Max(p, q), Math.Max(s, t)));
                        least += from;
                        most += to;
                        magnitude += Math.Max(Math.Abs(from), Math.Abs(to));
                    }

                    var error = gamma * magnitude + double.Epsilon * node.Inner;
                    (low[next], high[next]) = Ordered(least - error, most + error);
                }
            }
        }

        bounds.Set(node, low, high);
    }

    /// <summary>An interval that overflowed says nothing, and must not look as if it did.</summary>
    private static (double Low, double High) Ordered(double low, double high) => low <= high
        ? (low, high)
        : (double.NegativeInfinity, double.PositiveInfinity);
}
