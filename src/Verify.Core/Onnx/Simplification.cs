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
internal sealed class Simplification
{
    private readonly Dictionary<Node, Node> simplified = [];
    private readonly Dictionary<Node, int> uses = [];

    /// <summary>The simplified node.</summary>
    public static Node Simplify(InputNode input, Node output)
    {
        while (true)
        {
            var pass = new Simplification();
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
        var bias = node.Bias.ToArray();
        var changed = false;
        foreach (var term in node.Terms)
        {
            var source = simplified[term.Source];
            changed |= source != term.Source;
            if (source is AffineNode inner && CanTakeIn(term.Map, inner, uses[term.Source]))
            {
                changed = true;
                term.Map.Accumulate(inner.Bias, bias, 1);
                foreach (var (origin, map) in inner.Terms) Add(terms, new AffineTerm(origin, Composition.Of(term.Map, map)));
            }
            else
            {
                changed |= !Add(terms, new AffineTerm(source, term.Map));
            }
        }

        if (terms is [var only] && Composition.IsIdentity(only.Map) && !bias.AsSpan().ContainsAnyExcept(0)) return only.Source;
        return changed ? new AffineNode(terms.ToImmutable(), bias, node.Name) : node;
    }

    // A selection of nothing adds nothing.
    private static bool Add(ImmutableArray<AffineTerm>.Builder terms, AffineTerm term)
    {
        if (term.Map is SelectionMap selection && !selection.Indices.ContainsAnyExcept(-1)) return false;
        terms.Add(term);
        return true;
    }

    private static bool CanTakeIn(LinearMap map, AffineNode inner, int uses)
    {
        // A constant, and what only moves or scales elements, is as cheap in every place that uses it.
        static bool KeepsElements(LinearMap map) => map is SelectionMap or ScaleMap;
        if (inner.Terms.IsEmpty || (KeepsElements(map) && inner.Terms is [var only] && KeepsElements(only.Map))) return true;
        if (map is SelectionMap && inner.Terms.All(term => term.Map is SelectionMap)) return true;
        return uses == 1 && (inner.Terms.Length == 1 || Composition.IsCheap(map));
    }

    private Node Simplify(ElementwiseNode node)
    {
        var source = simplified[node.Source];
        var next = source == node.Source ? node : new ElementwiseNode(source, node.Activation, node.Name) { Simplex = node.Simplex };
        return ComposedActivations.Recognise(next) ?? next;
    }

    private Node Simplify(ProductNode node)
    {
        var (left, right) = (simplified[node.Left], simplified[node.Right]);
        var next = left == node.Left && right == node.Right
            ? node
            : new ProductNode(left, right, node.Batch, node.Rows, node.Inner, node.Columns, node.Name) { Simplex = node.Simplex };
        return ComposedActivations.Recognise(next) ?? next;
    }
}
