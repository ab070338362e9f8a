using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Onnx;

/// <summary>Rewrites a graph to fewer nodes that compute the same.</summary>
/// <remarks>
/// An affine node takes in the affine nodes before it where nothing else uses them and no work is added; composed
/// activations become one (<see cref="ComposedActivations"/>). A rewriting may allow another, so it is repeated until
/// nothing changes.
/// </remarks>
/// <param name="keepsArithmetic">
/// Whether the graph is to stay what a runtime computes, operator by operator: then one node stands for several only where
/// nothing is multiplied in between, so that no number that the runtime meets is larger, or vanishes sooner, than those that the
/// node shows.
/// </param>
internal sealed class Simplification(bool keepsArithmetic)
{
    /// <summary>What biases may cancel to, as a part of their magnitudes, and still be added up front.</summary>
    private const double LeastRemainder = 1.0 / (1 << 16);

    private readonly Dictionary<Node, Node> simplified = [];
    private readonly Dictionary<Node, int> uses = [];

    /// <summary>The simplified node.</summary>
    public static Node Simplify(InputNode input, Node output, bool keepsArithmetic = false)
    {
        while (true)
        {
            var pass = new Simplification(keepsArithmetic);
            var next = pass.Run(input, output);
            if (next == output) return output;
            output = next;
        }
    }

    private Node Run(InputNode input, Node output)
    {
        var nodes = new Network(input, output).Nodes;
        foreach (var source in nodes.SelectMany(node => node.Sources)) uses[source] = uses.GetValueOrDefault(source) + 1;
        foreach (var node in nodes)
        {
            simplified[node] = node switch
            {
                AffineNode affine => Simplify(affine),
                ElementwiseNode elementwise => Simplify(elementwise),
                ProductNode product => Simplify(product),
                _ => node,
            };
        }

        return simplified[output];
    }

    private Node Simplify(AffineNode node)
    {
        var terms = ImmutableArray.CreateBuilder<AffineTerm>();
        var (bias, biasMagnitude, roundings) = (node.Bias.ToArray(), node.BiasMagnitude.ToArray(), 0);
        var changed = false;
        foreach (var term in node.Terms)
        {
            var source = simplified[term.Source];
            changed |= source != term.Source;
            if (source is AffineNode inner && CanTakeIn(term.Map, inner, uses[term.Source]) && TryAdd(term.Map, inner, bias, biasMagnitude))
            {
                changed = true;
                roundings = Math.Max(roundings, inner.Roundings);
                foreach (var (origin, map) in inner.Terms) Add(terms, new AffineTerm(origin, Composition.Of(term.Map, map)));
            }
            else
            {
                changed |= !Add(terms, new AffineTerm(source, term.Map));
            }
        }

        // What is added and taken away again may take a small number with it.
        var added = keepsArithmetic ? biasMagnitude : bias;
        if (terms is [var only] && Composition.IsIdentity(only.Map) && !added.AsSpan().ContainsAnyExcept(0)) return only.Source;
        if (!changed) return node;
        return keepsArithmetic
            ? new AffineNode(terms.ToImmutable(), bias, biasMagnitude, node.Name, node.Roundings + roundings)
            : new AffineNode(terms.ToImmutable(), bias, node.Name);
    }

    // Adds a bias to a bias, unless a runtime that adds one after the other would lose what is left where they cancel.
    private bool TryAdd(LinearMap map, AffineNode inner, double[] bias, double[] biasMagnitude)
    {
        if (!inner.BiasMagnitude.ContainsAnyExcept(0)) return true;
        var (sum, magnitude) = ((double[])bias.Clone(), (double[])biasMagnitude.Clone());
        map.Accumulate(inner.Bias, sum, 1);
        if (keepsArithmetic)
        {
            map.Abs.Accumulate(inner.BiasMagnitude, magnitude, 1);
            for (var i = 0; i < sum.Length; i++)
                if (Math.Abs(sum[i]) < magnitude[i] * LeastRemainder) return false;
        }

        sum.CopyTo(bias, 0);
        magnitude.CopyTo(biasMagnitude, 0);
        return true;
    }

    // A selection of nothing adds nothing.
    private static bool Add(ImmutableArray<AffineTerm>.Builder terms, AffineTerm term)
    {
        if (term.Map is SelectionMap selection && !selection.Indices.ContainsAnyExcept(-1)) return false;
        terms.Add(term);
        return true;
    }

    private bool CanTakeIn(LinearMap map, AffineNode inner, int uses)
    {
        if (keepsArithmetic && inner.Roundings > 0 && !OnlyAdds(map)) return false;

        // A constant, and what only moves or scales elements, is as cheap in every place that uses it.
        static bool KeepsElements(LinearMap map) => map is SelectionMap or ScaleMap;
        if (inner.Terms.IsEmpty || (KeepsElements(map) && inner.Terms is [var only] && KeepsElements(only.Map))) return true;
        if (map is SelectionMap && inner.Terms.All(term => term.Map is SelectionMap)) return true;
        return uses == 1 && (inner.Terms.Length == 1 || Composition.IsCheap(map));
    }

    private static bool OnlyAdds(LinearMap map) => map switch
    {
        SelectionMap or BlockSumMap => true,
        ScaleMap scale => !scale.Factors.ContainsAnyExcept(1, -1),
        CompositionMap pair => OnlyAdds(pair.Outer) && OnlyAdds(pair.Inner),
        _ => false,
    };

    private Node Simplify(ElementwiseNode node)
    {
        var source = simplified[node.Source];
        var next = source == node.Source
            ? node
            : new ElementwiseNode(source, node.Activation, node.Name) { Simplex = node.Simplex, Written = node.Written };
        return ComposedActivations.Recognise(next, keepsArithmetic) ?? next;
    }

    private Node Simplify(ProductNode node)
    {
        var (left, right) = (simplified[node.Left], simplified[node.Right]);
        var next = left == node.Left && right == node.Right
            ? node
            : new ProductNode(left, right, node.Batch, node.Rows, node.Inner, node.Columns, node.Name) { Simplex = node.Simplex };
        return ComposedActivations.Recognise(next, keepsArithmetic) ?? next;
    }
}
