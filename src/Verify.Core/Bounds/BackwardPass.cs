using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds;

/// <summary>Lower bounds of linear functions of a node, carried backwards to the input through linear relaxations.</summary>
/// <remarks>
/// <para>
/// A row a·y ≥ … of one node becomes a row over its sources: exactly through an affine node, by the line below (where its
/// coefficient is positive) or above (where it is negative) through an elementwise node, by planes through a product. What is
/// known of activations' arguments in a part enters with multipliers (<see cref="Multipliers"/>).
/// </para>
/// <para>
/// Rounding: every step computes a′ = a·W off by at most γ|a||W|, which moves the bound by at most γ|a|(|W|m) where |x| ≤ m.
/// The sums |a|(|W|m) of all steps are gathered in one magnitude a row, and γ times that magnitude is taken off the bound,
/// with the γ of the longest chain of operations of the whole pass.
/// </para>
/// </remarks>
internal sealed class BackwardPass
{
    // Coefficients of one node that are held at once; more rows than that go in chunks.
    private const int MostCoefficients = 1 << 17;

    private readonly Network network;
    private readonly NodeBounds bounds;
    private readonly double gamma;
    private readonly PerNode<double[]> magnitudes;
    private readonly PerNode<double[]> underflows;
    private readonly PerNode<LiveTerm[]> terms;
    private readonly PerNode<ElementwiseLines> lines;
    private readonly PerNode<ProductPlanes> planes;
    private readonly PerNode<SoftmaxPlanes?> softmaxes;

    /// <summary>A pass through the relaxations of a network, which may be used by several threads for rows of their own.</summary>
    /// <param name="bounds">Those of a node are used from when rows first pass it.</param>
    /// <param name="wider">
    /// A pass for bounds that these lie in: what it leaves out of the network counts nowhere here either, and of what counts there, multipliers may
    /// meet what does not count here.
    /// </param>
    public BackwardPass(NodeBounds bounds, BackwardPass? wider = null)
    {
        this.bounds = bounds;
        network = bounds.Network;
        gamma = Rounding.Gamma(LongestChain(network));
        magnitudes = new(network, Magnitude);
        underflows = new(network, Underflow);
        terms = wider?.terms ?? new(network, node => [.. ((AffineNode)node).Terms.Select(term => new LiveTerm((AffineNode)node, term, bounds))]);
        lines = new(network, node => ElementwiseLines.MinimumArea((ElementwiseNode)node, bounds));
        planes = new(network, node => ProductPlanes.Of((ProductNode)node, bounds));
        softmaxes = new(network, node => SoftmaxPlanes.Of(node, bounds, this));
    }

    /// <summary>Rows of a node: rows × size of the node, each over its region.</summary>
    public BackwardRows Seed(Node target, ReadOnlySpan<double> coefficients, int[] regionOf)
    {
        var rows = new BackwardRows(regionOf, network.Nodes.Length);
        coefficients.CopyTo(rows.Of(network.IndexOf(target), target.Size));
        return rows;
    }

    /// <summary>Two rows for every neuron, given as region · size + element: its value, and the negative of it.</summary>
    public BackwardRows Seed(Node target, ReadOnlySpan<int> neurons)
    {
        var rows = new (int Neuron, int Sign)[2 * neurons.Length];
        for (var i = 0; i < neurons.Length; i++) (rows[2 * i], rows[2 * i + 1]) = ((neurons[i], 1), (neurons[i], -1));
        return Seed(target, rows);
    }

    /// <summary>A row for every neuron, given as region · size + element, and sign: its value, or the negative of it.</summary>
    /// <remarks>Through an affine node they are rows of its maps, which is exact and needs no product.</remarks>
    public BackwardRows Seed(Node target, ReadOnlySpan<(int Neuron, int Sign)> neurons)
    {
        var regionOf = new int[neurons.Length];
        for (var i = 0; i < neurons.Length; i++) regionOf[i] = neurons[i].Neuron / target.Size;
        var state = new BackwardRows(regionOf, network.Nodes.Length);
        if (target is not AffineNode affine)
        {
            var units = state.Of(network.IndexOf(target), target.Size);
            for (var i = 0; i < neurons.Length; i++) units[i * target.Size + neurons[i].Neuron % target.Size] = neurons[i].Sign;
            return state;
        }

        var (magnitude, errors) = (magnitudes[affine], bounds.Errors(affine));
        for (var i = 0; i < neurons.Length; i++)
        {
            var (neuron, sign) = neurons[i];
            var error = errors?[neuron] ?? 0;
            state.Offsets[i] = sign * affine.Bias[neuron % affine.Size] - error;
            state.Magnitudes[i] = magnitude[neuron] + error;
        }

        foreach (var (source, map) in affine.Terms)
        {
            var coefficients = state.Of(network.IndexOf(source), source.Size);
            var row = new double[source.Size];
            for (var i = 0; i < neurons.Length; i++)
            {
                if (i == 0 || neurons[i].Neuron != neurons[i - 1].Neuron)
                {
                    Array.Clear(row);
                    map.AccumulateRow(neurons[i].Neuron % affine.Size, row);
                }

                var result = coefficients.Slice(i * source.Size, source.Size);
                if (neurons[i].Sign > 0) TensorPrimitives.Add(result, row, result);
                else TensorPrimitives.Subtract(result, row, result);
            }
        }

        return state;
    }

    /// <summary>Carries rows from a node to the input, and bounds them there.</summary>
    public void Descend(BackwardRows state, int from, Span<double> results, CancellationToken cancellation)
    {
        Carry(state, from, 0, cancellation);
        Conclude(state, results);
    }

    /// <summary>Carries rows from a node to the input, and tells what is left of each there: g·x + c, not above it on its region.</summary>
    /// <param name="state">The rows.</param>
    /// <param name="from">The index of the node.</param>
    /// <param name="gradients">The g of every row: rows × input size.</param>
    /// <param name="constants">The c of every row.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Descend(BackwardRows state, int from, Span<double> gradients, Span<double> constants, CancellationToken cancellation)
    {
        Carry(state, from, 0, cancellation);
        var size = network.Input.Size;
        gradients[..(state.Count * size)].Clear();
        state.Peek(0, size).CopyTo(gradients);
        for (var row = 0; row < state.Count; row++)
        {
            var inputs = magnitudes[network.Input].AsSpan(state.RegionOf[row] * size, size);
            var magnitude = state.Magnitudes[row] + Math.Abs(state.Offsets[row]) + Reduction.AbsDot(gradients.Slice(row * size, size), inputs);
            constants[row] = Concretization.RoundedDown(state.Offsets[row], gamma, magnitude);
        }

        if (state.Take(0) is { } input) BackwardRows.Release(input);
    }

    /// <summary>Carries rows from a node to an earlier one that all lies behind.</summary>
    public void Carry(BackwardRows state, int from, int to, CancellationToken cancellation = default)
    {
        for (var i = from; i > to; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            if (state.Take(i) is not { } taken) continue;
            var underflow = underflows[network.Nodes[i]];
            for (var row = 0; row < state.Count; row++) state.Magnitudes[row] += underflow[state.RegionOf[row]];
            var a = taken.AsSpan(0, state.Count * network.Nodes[i].Size);
            if (bounds.Errors(network.Nodes[i]) is { } errors) TakeOff(errors, a, state);
            if (network.Nodes[i].Simplex > 0 && bounds.Semantics == Semantics.Real) Center(network.Nodes[i], a, state);
            switch (network.Nodes[i])
            {
                case AffineNode affine: Through(affine, a, state, isTarget: i == from); break;
                case ElementwiseNode when state.HasSharedLines && softmaxes[network.Nodes[i]] is { } softmax: Through(softmax, a, state); break;
                case ElementwiseNode elementwise: Through(elementwise, a, state); break;
                case ProductNode product: Through(product, a, state); break;
            }

            BackwardRows.Release(taken);
        }
    }

    /// <summary>The lines of an elementwise node where no row has lines of its own.</summary>
    public ElementwiseLines LinesOf(ElementwiseNode node) => lines[node];

    /// <summary>The planes of a product node.</summary>
    public ProductPlanes PlanesOf(ProductNode node) => planes[node];

    /// <summary>The terms of an affine node, for rows of a later node.</summary>
    public ReadOnlySpan<LiveTerm> TermsOf(AffineNode node) => terms[node];

    /// <summary>How many rows go together, an even number.</summary>
    public int ChunkOf(Node target)
    {
        var widest = 1;
        for (var i = network.IndexOf(target); i >= 0; i--) widest = Math.Max(widest, network.Nodes[i].Size);
        return Math.Max(8, MostCoefficients / widest / 2 * 2);
    }

    /// <summary>The number of roundings behind any one number of a pass, at most.</summary>
    private static int LongestChain(Network network)
    {
        // Coefficients of a node are added up over all that it is a source of, one after another.
        var (longest, behind) = (network.Input.Size, new Dictionary<Node, int>());
        foreach (var node in network.Nodes)
        {
            var own = node switch
            {
                AffineNode affine =>
                    affine.Terms.Sum(term => term.Map.LongestInnerProduct + term.Map.Transpose.LongestInnerProduct) + node.Size,
                ProductNode product => 2 * (product.Inner + product.Rows + product.Columns) + node.Size,
                _ => node.Size,
            };
            longest = Math.Max(longest, own);
            foreach (var source in node.Sources) longest = Math.Max(longest, behind[source] = behind.GetValueOrDefault(source) + own + 1);
        }

        return longest + 3 * network.Nodes.Length + 16;
    }

    private void Through(SoftmaxPlanes softmax, ReadOnlySpan<double> a, BackwardRows state)
    {
        var scores = softmax.Scores;
        var size = a.Length / state.Count;
        var result = state.Of(network.IndexOf(scores), scores.Size);
        for (var row = 0; row < state.Count; row++)
        {
            var (offset, magnitude) = softmax.Through(a.Slice(row * size, size), state.RegionOf[row], result.Slice(row * scores.Size, scores.Size));
            state.Offsets[row] += offset;
            state.Magnitudes[row] += magnitude;
        }
    }

    private void Center(Node node, Span<double> a, BackwardRows state)
    {
        for (var row = 0; row < state.Count; row++)
        {
            var at = state.RegionOf[row] * node.Size;
            var (sum, magnitude) = Simplex.Center(
                node.Simplex,
                a.Slice(row * node.Size, node.Size),
                bounds.Lower(node).Slice(at, node.Size),
                bounds.Upper(node).Slice(at, node.Size));
            state.Offsets[row] += sum;
            state.Magnitudes[row] += magnitude;
        }
    }

    /// <summary>Takes off what a node's errors may take from the rows, Σ|a|e.</summary>
    private static void TakeOff(double[] errors, ReadOnlySpan<double> a, BackwardRows state)
    {
        var size = a.Length / state.Count;
        for (var row = 0; row < state.Count; row++)
        {
            var loss = Reduction.AbsDot(a.Slice(row * size, size), errors.AsSpan(state.RegionOf[row] * size, size));
            state.Offsets[row] -= loss;
            state.Magnitudes[row] += loss;
        }
    }

    private void Through(AffineNode node, ReadOnlySpan<double> a, BackwardRows state, bool isTarget)
    {
        var magnitude = magnitudes[node];
        for (var row = 0; row < state.Count; row++)
        {
            var (offset, size) = Weigh(
                a.Slice(row * node.Size, node.Size), node.Bias, magnitude.AsSpan(state.RegionOf[row] * node.Size, node.Size));
            state.Offsets[row] += offset;
            state.Magnitudes[row] += size;
        }

        for (var i = 0; i < node.Terms.Length; i++)
        {
            var (source, map) = node.Terms[i];
            var result = state.Of(network.IndexOf(source), source.Size);
            // Every element of the node that the rows are functions of counts.
            if (isTarget) map.Transpose.Accumulate(a, result, state.Count);
            else terms[node][i].Backward(a, result, state.Count);
        }
    }

    /// <summary>Σ a·b and Σ |a|·m for one row.</summary>
    /// <remarks>
    /// Eight lanes whatever the machine has, so that sums have one order everywhere; the remainder follows one by one. Where
    /// all eight coefficients are zero, which most are behind a convolution, there is nothing to read.
    /// </remarks>
    private static (double Offset, double Magnitude) Weigh(
        ReadOnlySpan<double> a, ReadOnlySpan<double> bias, ReadOnlySpan<double> magnitudes)
    {
        var (offset, magnitude) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var whole = a.Length & ~7;
        for (var i = 0; i < whole; i += 8)
        {
            var coefficient = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(a), (nuint)i);
            if (Vector512.EqualsAll(coefficient, Vector512<double>.Zero)) continue;
            offset = Vector512.FusedMultiplyAdd(
                coefficient, Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(bias), (nuint)i), offset);
            magnitude = Vector512.FusedMultiplyAdd(
                Vector512.Abs(coefficient), Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(magnitudes), (nuint)i), magnitude);
        }

        var (offsets, sizes) = (Reduction.Sum(offset), Reduction.Sum(magnitude));
        for (var i = whole; i < a.Length; i++)
        {
            offsets += a[i] * bias[i];
            sizes += Math.Abs(a[i]) * magnitudes[i];
        }

        return (offsets, sizes);
    }

    /// <summary>What stands in the magnitude for coefficients of a node's sources that underflow, for every region.</summary>
    /// <remarks>
    /// Each is off by n times the smallest positive number ε = u·2⁻¹⁰²¹ at most, where γ ≥ n u; a large value may follow it.
    /// </remarks>
    private double[] Underflow(Node node)
    {
        var result = new double[bounds.Regions.Length];
        foreach (var source in node.Sources)
        {
            var magnitude = bounds.Magnitude(source);
            for (var i = 0; i < magnitude.Length; i++) result[i / source.Size] += Math.ScaleB(magnitude[i], -1021);
        }

        return result;
    }

    /// <summary>What the rounding error of a row's step through a node is relative to, for every region and element.</summary>
    private double[] Magnitude(Node node) => node switch
    {
        AffineNode affine => Magnitude(affine),
        ElementwiseNode elementwise => bounds.Magnitude(elementwise.Source),
        ProductNode product => Magnitude(product, planes[product]),
        _ => bounds.Magnitude(node),
    };

    /// <summary>Σ |L| m + |b|, for every region.</summary>
    private double[] Magnitude(AffineNode node)
    {
        var regions = bounds.Regions.Length;
        var result = new double[regions * node.Size];
        for (var i = 0; i < result.Length; i++) result[i] = Math.Abs(node.Bias[i % node.Size]);
        foreach (var (source, map) in node.Terms) map.Abs.Accumulate<double>(bounds.Magnitude(source), result, regions);
        return result;
    }

    private void Through(ElementwiseNode node, ReadOnlySpan<double> a, BackwardRows state)
    {
        var own = state.Lines.GetValueOrDefault(node);
        var line = own ?? LinesOf(node);
        var magnitude = magnitudes[node];
        var result = state.Of(network.IndexOf(node.Source), node.Size);
        for (var row = 0; row < state.Count; row++)
        {
            var at = (own is null ? state.RegionOf[row] : row) * node.Size;
            var (offset, size) = Relax(
                a.Slice(row * node.Size, node.Size),
                line.LowerSlopes.AsSpan(at, node.Size),
                line.LowerOffsets.AsSpan(at, node.Size),
                line.UpperSlopes.AsSpan(at, node.Size),
                line.UpperOffsets.AsSpan(at, node.Size),
                magnitude.AsSpan(state.RegionOf[row] * node.Size, node.Size),
                result.Slice(row * node.Size, node.Size));
            state.Offsets[row] += offset;
            state.Magnitudes[row] += size;
            if (own is not null)
                state.Used?.Note(node, row, a.Slice(row * node.Size, node.Size), own, at, LinesOf(node), state.RegionOf[row] * node.Size);
        }

        if (!state.Multipliers.TryGetValue(node, out var multipliers)) return;
        for (var row = 0; row < state.Count; row++)
        {
            var (offset, size) = multipliers.TakeOff(
                row, result.Slice(row * node.Size, node.Size), magnitude.AsSpan(state.RegionOf[row] * node.Size, node.Size));
            state.Offsets[row] += offset;
            state.Magnitudes[row] += size;
        }
    }

    /// <summary>One row through the lines of an elementwise node: result += a ⊙ slope; returns Σ a·offset and the magnitude.</summary>
    /// <remarks>In the order of <see cref="Weigh"/>.</remarks>
    private static (double Offset, double Magnitude) Relax(
        ReadOnlySpan<double> a,
        ReadOnlySpan<double> lowerSlopes,
        ReadOnlySpan<double> lowerOffsets,
        ReadOnlySpan<double> upperSlopes,
        ReadOnlySpan<double> upperOffsets,
        ReadOnlySpan<double> magnitudes,
        Span<double> result)
    {
        var (offset, magnitude) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var whole = a.Length & ~7;
        for (var i = 0; i < whole; i += 8)
        {
            var coefficient = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(a), (nuint)i);
            if (Vector512.EqualsAll(coefficient, Vector512<double>.Zero)) continue;
            var positive = Vector512.Max(coefficient, Vector512<double>.Zero);
            var negative = Vector512.Min(coefficient, Vector512<double>.Zero);
            var constant = positive * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(lowerOffsets), (nuint)i)
                + negative * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(upperOffsets), (nuint)i);
            var slope = positive * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(lowerSlopes), (nuint)i)
                + negative * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(upperSlopes), (nuint)i);
            offset += constant;
            magnitude += Vector512.Abs(constant)
                + Vector512.Abs(slope) * Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(magnitudes), (nuint)i);
            (Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(result), (nuint)i) + slope)
                .StoreUnsafe(ref MemoryMarshal.GetReference(result), (nuint)i);
        }

        var (offsets, sizes) = (Reduction.Sum(offset), Reduction.Sum(magnitude));
        for (var i = whole; i < a.Length; i++)
        {
            var (slope, constant) = a[i] >= 0
                ? (a[i] * lowerSlopes[i], a[i] * lowerOffsets[i])
                : (a[i] * upperSlopes[i], a[i] * upperOffsets[i]);
            offsets += constant;
            sizes += Math.Abs(constant) + Math.Abs(slope) * magnitudes[i];
            result[i] += slope;
        }

        return (offsets, sizes);
    }

    private void Through(ProductNode node, ReadOnlySpan<double> a, BackwardRows state)
    {
        var plane = PlanesOf(node);
        var magnitude = magnitudes[node];
        var left = state.Of(network.IndexOf(node.Left), node.Left.Size);
        var right = state.Of(network.IndexOf(node.Right), node.Right.Size);
        var adjoint = new ProductAdjoint<double>(node);
        for (var row = 0; row < state.Count; row++)
        {
            var region = state.RegionOf[row];
            var coefficients = a.Slice(row * node.Size, node.Size);
            state.Offsets[row] += Reduction.Dot(coefficients, plane.Offsets.AsSpan(region * node.Size, node.Size))
                - Reduction.AbsDot(coefficients, plane.Radii.AsSpan(region * node.Size, node.Size));
            state.Magnitudes[row] += Reduction.AbsDot(coefficients, magnitude.AsSpan(region * node.Size, node.Size));
            adjoint.Back(
                coefficients,
                plane.LeftCenters.AsSpan(region * node.Left.Size, node.Left.Size),
                plane.RightCenters.AsSpan(region * node.Right.Size, node.Right.Size),
                left.Slice(row * node.Left.Size, node.Left.Size),
                right.Slice(row * node.Right.Size, node.Right.Size));
        }
    }

    /// <summary>Σ |cᵧ| mₓ + |cₓ| mᵧ + |cₓ cᵧ| + rₓ rᵧ, for every region.</summary>
    private double[] Magnitude(ProductNode node, ProductPlanes plane)
    {
        var (left, right) = (bounds.Magnitude(node.Left), bounds.Magnitude(node.Right));
        var result = new double[plane.Offsets.Length];
        var next = 0;
        for (var b = 0; b < bounds.Regions.Length * node.Batch; b++)
        {
            for (var i = 0; i < node.Rows; i++)
            {
                for (var j = 0; j < node.Columns; j++, next++)
                {
                    var sum = plane.Radii[next];
                    for (var k = 0; k < node.Inner; k++)
                    {
                        var x = (b * node.Rows + i) * node.Inner + k;
                        var y = (b * node.Inner + k) * node.Columns + j;
                        sum += Math.Abs(plane.RightCenters[y]) * left[x] + 2 * Math.Abs(plane.LeftCenters[x]) * right[y];
                    }

                    result[next] = sum;
                }
            }
        }

        return result;
    }

    private void Conclude(BackwardRows state, Span<double> results)
    {
        var input = state.Take(0);
        for (var row = 0; row < state.Count; row++)
        {
            var (bound, magnitude) = (state.Offsets[row], state.Magnitudes[row]);
            if (input is not null)
            {
                var (minimum, size) = Concretization.Minimum(
                    input.AsSpan(row * network.Input.Size, network.Input.Size), bounds.Regions[state.RegionOf[row]]);
                bound += minimum;
                magnitude += size;
            }

            results[row] = Concretization.RoundedDown(bound, gamma, magnitude + Math.Abs(bound));
        }

        if (input is not null) BackwardRows.Release(input);
    }
}
