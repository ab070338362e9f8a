using System.Collections.Immutable;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Networks;

/// <summary>Derivatives of networks, which are networks themselves.</summary>
/// <remarks>
/// The chain rule, backwards, in three cases: an affine node passes the adjoint through its transposed maps, an elementwise
/// node multiplies it by the derivative, a product follows the product rule. At a kink the derivative is the one that
/// the activation states, so the result is the gradient wherever the network is differentiable.
/// </remarks>
public static class Differentiation
{
    /// <summary>The gradient of a linear function of the outputs: the network x ↦ J(x)ᵀ c.</summary>
    /// <param name="network">The network f, from n inputs to m outputs.</param>
    /// <param name="coefficients">c, one coefficient for each output.</param>
    /// <returns>A network from n inputs to n outputs that shares the nodes of <paramref name="network"/>.</returns>
    public static Network Gradient(Network network, ReadOnlySpan<double> coefficients)
    {
        if (coefficients.Length != network.Output.Size)
            throw new ArgumentException($"{coefficients.Length} coefficients for {network.Output.Size} outputs.", nameof(coefficients));
        var seed = new Adjoint(network.Output.Size);
        seed.Add(coefficients);
        return new Network(network.Input, Backward(network.Nodes, network.Output, network.Input, seed, new Derivatives()), network.Inputs, network.Inputs);
    }

    /// <summary>The gradient of one output: the network x ↦ ∇fᵢ(x).</summary>
    public static Network Gradient(Network network, int output)
    {
        var coefficients = new double[network.Output.Size];
        coefficients[output] = 1;
        return Gradient(network, coefficients);
    }

    /// <summary>The gradients of several linear functions of the outputs at once: the networks x ↦ J(x)ᵀ c, joined in what they share.</summary>
    /// <param name="network">The network f, from n inputs to m outputs.</param>
    /// <param name="functions">The coefficients c of each function.</param>
    /// <param name="derivative">The derivative of an activation, where it is not to be <see cref="Activation.Derivative"/>.</param>
    /// <returns>A network and the node of n elements in it that holds each gradient; its output, a zero, says nothing.</returns>
    public static (Network Network, ImmutableArray<Node> Gradients) Gradients(
        Network network, IReadOnlyList<double[]> functions, Func<Activation, Activation>? derivative = null)
    {
        var derivatives = new Derivatives(derivative);
        var gradients = ImmutableArray.CreateBuilder<Node>(functions.Count);
        foreach (var coefficients in functions)
        {
            var seed = new Adjoint(network.Output.Size);
            seed.Add(coefficients);
            gradients.Add(Backward(network.Nodes, network.Output, network.Input, seed, derivatives));
        }

        // What has no other consumer is a source with weight zero, so that it belongs to the network.
        var terms = gradients.Distinct().Select(gradient => new AffineTerm(gradient, new SelectionMap(gradient.Size, [-1])));
        return (new Network(network.Input, new AffineNode([.. terms], [0.0], "gradients")), gradients.MoveToImmutable());
    }

    /// <summary>The gradients of all linear functions of the outputs: the network (x, c) ↦ J(x)ᵀ c.</summary>
    /// <returns>
    /// A network from n + m inputs to n outputs, and the node of it that holds f(x): evaluating it gives both.
    /// </returns>
    public static (Network Network, Node Value) Pullback(Network network)
    {
        var (inputs, outputs) = (network.Input.Size, network.Output.Size);
        var both = new InputNode(inputs + outputs);
        var copies = Rebase(network, new AffineNode(both, SelectionMap.Slice(both.Size, 0, inputs), name: "x"));
        var seed = new Adjoint(outputs);
        seed.Add(both, SelectionMap.Slice(both.Size, inputs, outputs));
        var gradient = Backward(copies, copies[^1], copies[0], seed, new Derivatives());

        // The value is a source, with weight zero, so that it belongs to the network even where no derivative needs it.
        var nothing = Enumerable.Repeat(-1, inputs).ToArray();
        var output = new AffineNode(
            [new AffineTerm(gradient, SelectionMap.Identity(inputs)), new AffineTerm(copies[^1], new SelectionMap(outputs, nothing))],
            new double[inputs],
            "pullback");
        return (new Network(both, output), copies[^1]);
    }

    /// <summary>The nodes of a network, in its order, over another node in place of its input.</summary>
    internal static ImmutableArray<Node> Rebase(Network network, Node input)
    {
        var copies = ImmutableArray.CreateBuilder<Node>(network.Nodes.Length);
        foreach (var node in network.Nodes)
        {
            Node Copy(Node source) => copies[network.IndexOf(source)];
            copies.Add(node switch
            {
                AffineNode affine => new AffineNode(
                    [.. affine.Terms.Select(term => new AffineTerm(Copy(term.Source), term.Map))], affine.Bias.ToArray(), affine.Name),
                ElementwiseNode e => new ElementwiseNode(Copy(e.Source), e.Activation, e.Name) { Simplex = e.Simplex },
                ProductNode p => new ProductNode(Copy(p.Left), Copy(p.Right), p.Batch, p.Rows, p.Inner, p.Columns, p.Name) { Simplex = p.Simplex },
                _ => input,
            });
        }

        return copies.ToImmutable();
    }

    private static Node Backward(ImmutableArray<Node> nodes, Node output, Node input, Adjoint seed, Derivatives derivatives)
    {
        var adjoints = nodes.ToDictionary(node => node, node => new Adjoint(node.Size));
        adjoints[output] = seed;
        foreach (var node in nodes.Reverse())
        {
            if (node == input) continue;
            var adjoint = adjoints[node];
            if (adjoint.IsZero) continue;
            switch (node)
            {
                case AffineNode affine: Through(affine, adjoint, adjoints); break;
                case ElementwiseNode elementwise: Through(derivatives[elementwise], adjoint, adjoints[elementwise.Source]); break;
                case ProductNode product: Through(product, adjoint, adjoints); break;
            }
        }

        return adjoints[input].ToNode();
    }

    private static void Through(AffineNode node, Adjoint adjoint, Dictionary<Node, Adjoint> adjoints)
    {
        foreach (var (source, map) in node.Terms)
        {
            if (!adjoints.TryGetValue(source, out var target)) continue;
            if (adjoint.IsConstant) target.Add(map.Transpose.Apply(adjoint.Constant));
            else target.Add(adjoint.ToNode(), map.Transpose);
        }
    }

    private static void Through(ElementwiseNode derivative, Adjoint adjoint, Adjoint target)
    {
        if (adjoint.IsConstant) target.Add(derivative, new ScaleMap(adjoint.Constant.ToArray()));
        else target.Add(new ProductNode(adjoint.ToNode(), derivative), SelectionMap.Identity(derivative.Size));
    }

    private static void Through(ProductNode node, Adjoint adjoint, Dictionary<Node, Adjoint> adjoints)
    {
        var (left, right, upstream) = (node.Left, node.Right, adjoint.ToNode());
        var (batch, rows, inner, columns) = (node.Batch, node.Rows, node.Inner, node.Columns);
        adjoints[left].Add(
            new ProductNode(upstream, Transposed(right, batch, inner, columns), batch, rows, columns, inner),
            SelectionMap.Identity(left.Size));
        adjoints[right].Add(
            new ProductNode(Transposed(left, batch, rows, inner), upstream, batch, inner, rows, columns),
            SelectionMap.Identity(right.Size));
    }

    /// <summary>Every matrix of a batch, transposed.</summary>
    private static Node Transposed(Node node, int batch, int rows, int columns)
    {
        if (rows == 1 || columns == 1) return node;
        var indices = new int[node.Size];
        var next = 0;
        for (var b = 0; b < batch; b++)
        {
            for (var j = 0; j < columns; j++)
            {
                for (var i = 0; i < rows; i++) indices[next++] = (b * rows + i) * columns + j;
            }
        }

        return new AffineNode(node, new SelectionMap(node.Size, indices), name: "transposed");
    }

    /// <summary>The derivatives of elementwise nodes, each made once.</summary>
    private sealed class Derivatives(Func<Activation, Activation>? of = null)
    {
        private readonly Dictionary<ElementwiseNode, ElementwiseNode> made = [];

        public ElementwiseNode this[ElementwiseNode node]
        {
            get
            {
                if (!made.TryGetValue(node, out var derivative))
                    made.Add(node, derivative = new ElementwiseNode(node.Source, of?.Invoke(node.Activation) ?? node.Activation.Derivative));
                return derivative;
            }
        }
    }

    /// <summary>The derivative of the result with respect to a node: a constant and terms that are functions of the input.</summary>
    private sealed class Adjoint(int size)
    {
        private readonly List<AffineTerm> terms = [];
        private readonly double[] constant = new double[size];
        private Node? node;

        public bool IsConstant => terms.Count == 0;

        public bool IsZero => IsConstant && Constant.IndexOfAnyExcept(0.0) < 0;

        public ReadOnlySpan<double> Constant => constant;

        public void Add(ReadOnlySpan<double> values)
        {
            for (var i = 0; i < values.Length; i++) constant[i] += values[i];
        }

        public void Add(Node source, LinearMap map) => terms.Add(new AffineTerm(source, map));

        public Node ToNode() => node ??= this switch
        {
            { terms: [{ Map: SelectionMap { IsIdentity: true } } only] } when Constant.IndexOfAnyExcept(0.0) < 0 => only.Source,
            _ => new AffineNode([.. terms], constant, "adjoint"),
        };
    }
}
