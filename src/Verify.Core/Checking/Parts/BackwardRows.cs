using System.Buffers;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking.Constants;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>Lower bounds of linear functions of a node over a part, carried backwards to the input.</summary>
/// <remarks>
/// <para>
/// A row Σ aᵢyᵢ becomes one over the node's sources: by the transposed maps of an affine node, by the line below or above an activation
/// as the coefficient's sign asks, by the planes of a product. Where s(z − t) ≥ 0 on the part, a row less β·s(z − t) is not above the row
/// for any β ≥ 0. At the input its least value over the part is known.
/// </para>
/// <para>
/// Rounding: a step leaves behind how large the numbers were that it added up, Σ |a|(|W|m + |b|). All roundings of a row together
/// are off by at most γ times the sum of these, with the γ of <see cref="Layout.Gamma"/>.
/// Source: Zhang et al. 2018, arXiv 1811.00866; Wang et al. 2021, arXiv 2103.06624 (multipliers).
/// </para>
/// </remarks>
internal sealed class BackwardRows : IDisposable
{
    private readonly PartBounds bounds;
    private readonly Layout layout;
    private readonly int count;
    private readonly double[]?[] coefficients;
    private readonly double[] offsets, magnitudes;
    private readonly RowLines?[] own;
    private int highest;

    private BackwardRows(PartBounds bounds, int count)
    {
        (this.bounds, layout, this.count) = (bounds, bounds.Layout, count);
        coefficients = new double[layout.Network.Nodes.Length][];
        (offsets, magnitudes, own) = (new double[count], new double[count], new RowLines?[count]);
    }

    /// <summary>Lower bounds of neurons, for sign 1, and of their negatives, for sign −1.</summary>
    public static double[] OfNeurons(PartBounds bounds, int node, List<(int Element, int Sign, RowLines? Lines)> neurons, CancellationToken cancellation)
    {
        var results = new double[neurons.Count];
        InChunks(bounds, neurons.Count, (first, rows) =>
        {
            for (var row = 0; row < rows.count; row++)
            {
                var (element, sign, lines) = neurons[first + row];
                rows.SeedNeuron(row, node, element, sign);
                rows.Own(row, lines, node);
            }

            rows.Descend(cancellation);
            for (var row = 0; row < rows.count; row++) results[first + row] = rows.Minimum(row);
        }, cancellation);
        return results;
    }

    /// <summary>For each weighted violation, the least that the sum of its left-hand sides may be, and a function that it is not below.</summary>
    /// <param name="bounds">The part.</param>
    /// <param name="violations">The violations.</param>
    /// <param name="rows">Their lines.</param>
    /// <param name="needsFunctions">Whether the functions are needed.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static LinearBound[] OfOutput(
        PartBounds bounds, WeightedViolation[] violations, ViolationRow[] rows, bool needsFunctions, CancellationToken cancellation)
    {
        var results = new LinearBound[rows.Length];
        var (output, size) = (bounds.Layout.Network.Nodes.Length - 1, bounds.Layout.Network.Output.Size);
        InChunks(bounds, rows.Length, (first, state) =>
        {
            for (var row = 0; row < state.count; row++)
            {
                var sum = violations[first + row];
                sum.Coefficients.CopyTo(state.Of(output).Slice(row * size, size));
                state.magnitudes[row] = sum.Magnitude(bounds.Lower(output), bounds.Upper(output));
                state.Own(row, rows[first + row].Lines, output + 1);
            }

            state.Descend(cancellation);
            for (var row = 0; row < state.count; row++)
            {
                var minimum = Math.Max(state.Minimum(row), state.InBox(violations[first + row].Coefficients, output));
                results[first + row] = needsFunctions
                    ? new(minimum, state.Gradient(row).ToArray(), state.Constant(row))
                    : new(minimum, [], double.NegativeInfinity);
            }
        }, cancellation);
        return results;
    }

    private static void InChunks(PartBounds bounds, int count, Action<int, BackwardRows> work, CancellationToken cancellation)
    {
        // Chunks do not depend on the number of threads, and rows not on one another.
        var size = bounds.Layout.Chunk;
        void Chunk(int chunk)
        {
            using var rows = new BackwardRows(bounds, Math.Min(size, count - chunk * size));
            work(chunk * size, rows);
        }

        var chunks = (count + size - 1) / size;
        if (chunks == 1) Chunk(0);
        else Parallel.For(0, chunks, new ParallelOptions { CancellationToken = cancellation }, Chunk);
    }

    /// <summary>What a row is not below on the part: g·x + c. Its least value there, or −∞ where nothing is known.</summary>
    private double Minimum(int row)
    {
        var g = Gradient(row);
        var (lower, upper) = (bounds.Lower(0), bounds.Upper(0));
        var (minimum, reach) = (Kernels.Dot(g, lower, upper), Reach(g));
        if (!layout.Region.IsBox && Ball.Minimum(g, layout.Region) is var inBall && inBall.Minimum > minimum)
            (minimum, reach) = (inBall.Minimum, Math.Max(reach, inBall.Magnitude));
        return RoundedDown(offsets[row] + minimum, magnitudes[row] + reach + Math.Abs(offsets[row]));
    }

    /// <summary>The g of a row; empty where it does not depend on the input.</summary>
    private ReadOnlySpan<double> Gradient(int row) =>
        coefficients[0] is { } held ? held.AsSpan(row * layout.Network.Input.Size, layout.Network.Input.Size) : new double[layout.Network.Input.Size];

    /// <summary>The c of a row, so much less that g·x may be computed exactly.</summary>
    private double Constant(int row) => RoundedDown(offsets[row], magnitudes[row] + Reach(Gradient(row)) + Math.Abs(offsets[row]));

    public void Dispose()
    {
        foreach (var held in coefficients)
        {
            if (held is not null) ArrayPool<double>.Shared.Return(held);
        }
    }

    /// <summary>The least value of a function of a node that its intervals show.</summary>
    private double InBox(double[] a, int node)
    {
        var (lower, upper, magnitude) = (bounds.Lower(node), bounds.Upper(node), 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] != 0) magnitude += Math.Abs(a[i]) * Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        }

        return RoundedDown(Kernels.Dot(a, lower, upper), magnitude);
    }

    /// <summary>Σ |g|·|x| at most.</summary>
    private double Reach(ReadOnlySpan<double> g)
    {
        var (lower, upper) = (bounds.Lower(0), bounds.Upper(0));
        var reach = 0.0;
        for (var i = 0; i < g.Length; i++) reach += Math.Abs(g[i]) * Math.Max(Math.Abs(lower[i]), Math.Abs(upper[i]));
        return reach;
    }

    private double RoundedDown(double value, double magnitude)
    {
        var rounded = Math.BitDecrement(value - 1.001 * layout.Gamma * (magnitude + Math.ScaleB(bounds.Underflow(highest), -1000)) - 1e-290);
        return double.IsNaN(rounded) ? double.NegativeInfinity : rounded;
    }

    /// <summary>A neuron's value, or its negative: through an affine node, rows of its maps.</summary>
    private void SeedNeuron(int row, int node, int element, int sign)
    {
        if (layout.Network.Nodes[node] is not AffineNode affine)
        {
            Of(node)[row * layout.Network.Nodes[node].Size + element] = sign;
            return;
        }

        highest = Math.Max(highest, node);
        var error = bounds.Errors(node)?[element] ?? 0;
        offsets[row] = sign * affine.Bias[element] - error;
        magnitudes[row] = bounds.Magnitudes(node)[element] + error;
        for (var t = 0; t < affine.Terms.Length; t++)
        {
            var (source, map) = affine.Terms[t];
            var part = Of(layout.Sources[node][t]).Slice(row * source.Size, source.Size);
            if (sign > 0)
            {
                map.AccumulateRow(element, part);
                continue;
            }

            // −(−p + l) is p − l, whatever p is.
            Negate(part);
            map.AccumulateRow(element, part);
            Negate(part);
        }
    }

    /// <summary>Gives a row lines of its own, and what cuts of earlier nodes tell, multiplied.</summary>
    private void Own(int row, RowLines? lines, int node)
    {
        own[row] = lines;
        if (lines is null) return;
        for (var j = 0; j < lines.Multipliers.Length; j++)
        {
            var (cut, beta) = (bounds.Cuts[j], (double)lines.Multipliers[j]);
            if (beta == 0 || cut.Source >= node) continue;
            var m = Math.Max(Math.Abs(bounds.Lower(cut.Source)[cut.Element]), Math.Abs(bounds.Upper(cut.Source)[cut.Element]));
            Of(cut.Source)[row * layout.Network.Nodes[cut.Source].Size + cut.Element] -= cut.Sign * beta;
            offsets[row] += cut.Sign * beta * cut.At;
            magnitudes[row] += beta * (m + Math.Abs(cut.At));
        }
    }

    private Span<double> Of(int node)
    {
        var length = count * layout.Network.Nodes[node].Size;
        highest = Math.Max(highest, node);
        if (coefficients[node] is { } held) return held.AsSpan(0, length);
        coefficients[node] = ArrayPool<double>.Shared.Rent(length);
        coefficients[node].AsSpan(0, length).Clear();
        return coefficients[node].AsSpan(0, length);
    }

    private void Descend(CancellationToken cancellation)
    {
        for (var i = highest; i > 0; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            if (coefficients[i] is null) continue;
            var a = Of(i);
            TakeOffErrors(i, a);
            Center(i, a);
            switch (layout.Network.Nodes[i])
            {
                case AffineNode node: Through(i, node, a); break;
                case ElementwiseNode node: Through(i, node, a); break;
                case ProductNode node: Through(i, node, a); break;
            }

            ArrayPool<double>.Shared.Return(coefficients[i]!);
            coefficients[i] = null;
        }
    }

    /// <summary>Takes off what the errors of a node may take from the rows, Σ |a|e.</summary>
    private void TakeOffErrors(int i, ReadOnlySpan<double> a)
    {
        if (bounds.Errors(i) is not { } errors) return;
        for (var row = 0; row < count; row++)
        {
            var loss = Reduction.AbsDot(a.Slice(row * errors.Length, errors.Length), errors);
            offsets[row] -= loss;
            magnitudes[row] += loss;
        }
    }

    private void Center(int i, Span<double> a)
    {
        var node = layout.Network.Nodes[i];
        if (node.Simplex == 0 || layout.Semantics != Semantics.Real) return;
        for (var row = 0; row < count; row++)
        {
            var (sum, magnitude) = Simplex.Center(node.Simplex, a.Slice(row * node.Size, node.Size), bounds.Lower(i), bounds.Upper(i));
            offsets[row] += sum;
            magnitudes[row] += magnitude;
        }
    }

    private void Through(int i, AffineNode node, ReadOnlySpan<double> a)
    {
        for (var row = 0; row < count; row++)
        {
            var part = a.Slice(row * node.Size, node.Size);
            offsets[row] += Reduction.Dot(part, node.Bias);
            magnitudes[row] += Reduction.AbsDot(part, bounds.Magnitudes(i));
        }

        for (var t = 0; t < node.Terms.Length; t++) node.Terms[t].Map.Transpose.Accumulate(a, Of(layout.Sources[i][t]), count);
    }

    private void Through(int i, ElementwiseNode node, Span<double> a)
    {
        var lines = bounds.LinesOf(i);
        var result = Of(layout.Sources[i][0]);
        for (var row = 0; row < count; row++)
        {
            var part = a.Slice(row * node.Size, node.Size);
            var to = result.Slice(row * node.Size, node.Size);
            if (own[row] is { Neurons.Length: > 0 } chosen) Through(i, node, chosen, row, part, to);
            offsets[row] += Kernels.Dot(part, lines.LowerOffsets, lines.UpperOffsets);
            magnitudes[row] += Kernels.Dot(part, lines.LowerMagnitudes, lines.UpperMagnitudes);
            Kernels.Accumulate(part, lines.LowerSlopes, lines.UpperSlopes, to);
        }
    }

    /// <summary>Carries what a row chose lines for, and leaves nothing of it to the lines of least area.</summary>
    private void Through(int i, ElementwiseNode node, RowLines chosen, int row, Span<double> a, Span<double> result)
    {
        var (first, source, lines) = (layout.Network.FirstActivationOf(node), layout.Sources[i][0], bounds.LinesOf(i));
        var at = chosen.Neurons.AsSpan().BinarySearch(first);
        for (at = at < 0 ? ~at : at; at < chosen.Neurons.Length && chosen.Neurons[at] < first + node.Size; at++)
        {
            var element = chosen.Neurons[at] - first;
            var (coefficient, low, high) = (a[element], bounds.Lower(source)[element], bounds.Upper(source)[element]);

            // Where the activation is straight, and above a ReLU, no line is better than the one of least area.
            if (coefficient == 0 || lines.IsLine(element) || (node.Activation is Networks.Activations.ReLU && coefficient < 0)) continue;
            var line = SoundLine.Of(node.Activation, low, high, (double)chosen.Slopes[at], coefficient > 0 ? -1 : 1);
            offsets[row] += coefficient * line.Offset;
            magnitudes[row] += Math.Abs(coefficient) * (Math.Abs(line.Slope) * Math.Max(Math.Abs(low), Math.Abs(high)) + Math.Abs(line.Offset));
            result[element] += coefficient * line.Slope;
            a[element] = 0;
        }
    }

    private void Through(int i, ProductNode node, ReadOnlySpan<double> a)
    {
        var planes = bounds.PlanesOf(i);
        var left = Of(layout.Sources[i][0]);
        var right = Of(layout.Sources[i][1]);
        for (var row = 0; row < count; row++)
        {
            var (offset, magnitude) = planes.Back(
                a.Slice(row * node.Size, node.Size),
                left.Slice(row * node.Left.Size, node.Left.Size),
                right.Slice(row * node.Right.Size, node.Right.Size));
            offsets[row] += offset;
            magnitudes[row] += magnitude;
        }
    }

    private static void Negate(Span<double> values) => System.Numerics.Tensors.TensorPrimitives.Negate(values, values);
}

/// <summary>What is known of a row over a part: its least value, and a linear function of the input that it is not below.</summary>
/// <param name="Minimum">The least value, or −∞.</param>
/// <param name="Gradient">The coefficients of the function.</param>
/// <param name="Constant">Its constant, less what anything was rounded by.</param>
internal readonly record struct LinearBound(double Minimum, double[] Gradient, double Constant);
