using System.Numerics.Tensors;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Bounds;

/// <summary>
/// A softmax that is written with all pairs of its scores, as one function of them: for every element a plane below and one
/// above, composed of the lines of the functions in between.
/// </summary>
/// <remarks>
/// The exponentials that an element is made of are its own, so which of their lines count depends on the sign of the
/// element's coefficient alone: rows lose nothing by passing all of them in one step, and the pairs need not be visited.
/// </remarks>
internal sealed class SoftmaxPlanes
{
    private readonly int size;
    private readonly int width;
    private readonly int[] starts;

    // Per side, region and element: the plane's coefficients, its offset, and the magnitude that its rounding is relative to.
    private readonly double[][] coefficients;
    private readonly double[][] offsets;
    private readonly double[][] magnitudes;
    private readonly double[] underflow;

    private SoftmaxPlanes(Node scores, int size, int width, int[] starts, int regions)
    {
        (Scores, this.size, this.width, this.starts) = (scores, size, width, starts);
        coefficients = [new double[regions * size * width], new double[regions * size * width]];
        offsets = [new double[regions * size], new double[regions * size]];
        magnitudes = [new double[regions * size], new double[regions * size]];
        underflow = new double[regions];
    }

    /// <summary>The node of the scores.</summary>
    public Node Scores { get; }

    /// <summary>The planes of a node, or null where it is no softmax of this form, or one so short that nothing is gained.</summary>
    /// <param name="node">The node.</param>
    /// <param name="bounds">The bounds of every node before it.</param>
    /// <param name="pass">Carries rows back through the functions in between.</param>
    public static SoftmaxPlanes? Of(Node node, NodeBounds bounds, BackwardPass pass)
    {
        if (node is not ElementwiseNode { Simplex: > 0, Source: AffineNode sum } softmax || ScoresOf(sum) is not { } scores) return null;

        // Either side of every element is a row of its own, carried as far as the scores.
        var count = bounds.Regions.Length * node.Size;
        var (starts, ends) = (new int[node.Size], new int[node.Size]);
        Array.Fill(starts, scores.Size);
        var chunk = pass.ChunkOf(node) / 2;
        var chunks = new List<(int First, BackwardRows Rows, double[] Coefficients)>();
        for (var first = 0; first < count; first += chunk)
        {
            var rows = Sides(softmax, first, Math.Min(chunk, count - first), bounds, pass.LinesOf(softmax));
            pass.Carry(rows, bounds.Network.IndexOf(sum), bounds.Network.IndexOf(scores));
            var carried = rows.Take(bounds.Network.IndexOf(scores))!;
            chunks.Add((first, rows, carried));
            for (var row = 0; row < rows.Count; row++)
            {
                var element = (first + row / 2) % node.Size;
                var a = carried.AsSpan(row * scores.Size, scores.Size);
                if (a.IndexOfAnyExcept(0) is var start and >= 0) starts[element] = Math.Min(starts[element], start);
                ends[element] = Math.Max(ends[element], a.LastIndexOfAnyExcept(0) + 1);
            }
        }

        var width = Math.Max(1, Enumerable.Range(0, node.Size).Max(i => ends[i] - starts[i]));
        if (node.Size * width > sum.Size + sum.Sources.Sum(power => power.Size)) return null;
        var planes = new SoftmaxPlanes(scores, node.Size, width, [.. starts.Select(start => Math.Min(start, scores.Size - width))], bounds.Regions.Length);
        var magnitude = bounds.Magnitude(scores);
        for (var i = 0; i < magnitude.Length; i++) planes.underflow[i / scores.Size] += Math.ScaleB(magnitude[i], -1021);
        foreach (var (first, rows, carried) in chunks)
        {
            for (var row = 0; row < rows.Count; row++)
            {
                planes.Set(row % 2, first + row / 2, rows.Offsets[row], rows.Magnitudes[row], carried.AsSpan(row * scores.Size, scores.Size), magnitude);
            }
        }

        return planes;
    }

    /// <summary>Carries one row from the softmax to its scores.</summary>
    /// <param name="a">The row's coefficients of the softmax.</param>
    /// <param name="region">Its region.</param>
    /// <param name="result">Its coefficients of the scores, added to.</param>
    /// <returns>The constant, and the magnitude that its rounding is relative to.</returns>
    public (double Offset, double Magnitude) Through(ReadOnlySpan<double> a, int region, Span<double> result)
    {
        var (offset, magnitude) = (0.0, underflow[region]);
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] == 0) continue;
            var (side, weight, at) = (a[i] > 0 ? 0 : 1, Math.Abs(a[i]), region * size + i);
            offset += weight * offsets[side][at];
            magnitude += weight * magnitudes[side][at];
            var target = result.Slice(starts[i], width);
            TensorPrimitives.MultiplyAdd(coefficients[side].AsSpan(at * width, width), weight, target, target);
        }

        return (offset, magnitude);
    }

    /// <summary>The node whose differences are raised to powers and added up, where a sum is made so.</summary>
    private static Node? ScoresOf(AffineNode sum)
    {
        if (!sum.Sources.All(power => power is ElementwiseNode { Activation: Exp, Source: AffineNode })) return null;
        var scores = sum.Sources.SelectMany(power => power.Sources).SelectMany(difference => difference.Sources).Distinct().ToArray();
        return scores is [var only] ? only : null;
    }

    /// <summary>For some elements, a row that is a lower bound of its value and one of its negative, after the last function.</summary>
    private static BackwardRows Sides(ElementwiseNode softmax, int first, int count, NodeBounds bounds, ElementwiseLines lines)
    {
        var rows = new BackwardRows([.. Enumerable.Range(2 * first, 2 * count).Select(row => row / 2 / softmax.Size)], bounds.Network.Nodes.Length);
        var coefficients = rows.Of(bounds.Network.IndexOf(softmax.Source), softmax.Size);
        var magnitude = bounds.Magnitude(softmax.Source);
        for (var row = 0; row < rows.Count; row++)
        {
            var at = first + row / 2;
            var (slope, offset) = row % 2 == 0 ? (lines.LowerSlopes[at], lines.LowerOffsets[at]) : (-lines.UpperSlopes[at], -lines.UpperOffsets[at]);
            coefficients[row * softmax.Size + at % softmax.Size] = slope;
            rows.Offsets[row] = offset;
            rows.Magnitudes[row] = Math.Abs(offset) + Math.Abs(slope) * magnitude[at];
        }

        return rows;
    }

    private void Set(int side, int at, double offset, double magnitude, ReadOnlySpan<double> row, ReadOnlySpan<double> scores)
    {
        var (start, region) = (starts[at % size], at / size);
        var plane = coefficients[side].AsSpan(at * width, width);
        row.Slice(start, width).CopyTo(plane);
        (offsets[side][at], magnitudes[side][at]) = (offset, magnitude + Math.Abs(offset) + Reduction.AbsDot(plane, scores.Slice(region * row.Length + start, width)));
    }
}
