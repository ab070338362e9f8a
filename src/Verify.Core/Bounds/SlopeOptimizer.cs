using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>Raises lower bounds by better slopes: every row has slopes of its own, moved along the gradient of its bound.</summary>
/// <remarks>
/// <para>
/// The bound of a row is what the chosen lines give at one corner of the region. Its derivative by a slope is the row's
/// coefficient times the distance between the value that the corner leads to, carried forward through the lines, and
/// the point where the line touches the function; no tape is needed. Every slope is sound, since its offset is shifted to
/// it, so the best bound of all steps is kept.
/// </para>
/// <para>
/// Steps are Adam's (Kingma and Ba 2015, arXiv 1412.6980), as long as a share of the range of slopes that decays.
/// Source: Xu et al. 2021, arXiv 2011.13824 for ReLU, and the shifting of Kern et al. 2026, arXiv 2606.20292, for the others.
/// </para>
/// </remarks>
/// <param name="bounds">The bounds of every node that the rows pass.</param>
/// <param name="pass">Carries rows backwards.</param>
internal sealed class SlopeOptimizer(NodeBounds bounds, BackwardPass pass)
{
    private readonly Network network = bounds.Network;
    private readonly Dictionary<ElementwiseNode, SlopeRanges> ranges = [];

    /// <summary>For each row, a lower bound of Σ aᵢ yᵢ over its region, or −∞ where nothing is known.</summary>
    /// <param name="target">The node y.</param>
    /// <param name="coefficients">rows × size of the node.</param>
    /// <param name="regionOf">For each row, the index of its region.</param>
    /// <param name="iterations">Steps by which the slopes of every row are optimised.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public double[] LowerBounds(Node target, double[] coefficients, int[] regionOf, int iterations, CancellationToken cancellation)
    {
        var results = new double[regionOf.Length];
        var chunk = pass.ChunkOf(target);
        for (var start = 0; start < regionOf.Length; start += chunk)
        {
            var rows = start..Math.Min(start + chunk, regionOf.Length);
            var (first, end) = (rows.Start.Value * target.Size, rows.End.Value * target.Size);
            Raise(
                target,
                () => pass.Seed(target, coefficients.AsSpan(first, end - first), regionOf[rows]),
                results.AsSpan(rows),
                iterations,
                cancellation);
        }

        return results;
    }

    /// <summary>Raises the lower and lowers the upper bounds of some neurons of a node.</summary>
    /// <param name="target">The node.</param>
    /// <param name="neurons">The neurons, each as region · size + element.</param>
    /// <param name="low">Lower bounds of the node, regions × size, raised where a better one is found.</param>
    /// <param name="high">Upper bounds of the node, regions × size, lowered where a better one is found.</param>
    /// <param name="iterations">Steps by which the slopes of every row are optimised.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Tighten(Node target, int[] neurons, double[] low, double[] high, int iterations, CancellationToken cancellation)
    {
        foreach (var some in neurons.Chunk(pass.ChunkOf(target) / 2))
        {
            var results = new double[2 * some.Length];
            Raise(target, () => pass.Seed(target, some), results, iterations, cancellation);
            for (var i = 0; i < some.Length; i++)
            {
                low[some[i]] = Math.Max(low[some[i]], results[2 * i]);
                high[some[i]] = Math.Min(high[some[i]], -results[2 * i + 1]);
            }
        }
    }

    /// <summary>For each row, the best lower bound of the lines of least area and of so many steps from there.</summary>
    private void Raise(Node target, Func<BackwardRows> seeded, Span<double> results, int iterations, CancellationToken cancellation)
    {
        var from = network.IndexOf(target);
        var rows = seeded();
        var free = iterations == 0 ? [] : Free(from, rows.RegionOf);
        if (free.Count == 0)
        {
            pass.Descend(rows, from, results, cancellation);
            return;
        }

        var lines = free.ToDictionary(slopes => slopes.Node, slopes => slopes.Lines);
        results.Fill(double.NegativeInfinity);
        var bound = new double[results.Length];
        for (var step = 0; ; step++, rows = seeded())
        {
            rows = rows.With(lines);
            pass.Descend(rows, from, bound, cancellation);
            for (var row = 0; row < bound.Length; row++) results[row] = Math.Max(results[row], bound[row]);
            if (step == iterations) return;
            var values = new PrimalPass(bounds, pass).Values(target, rows);
            foreach (var slopes in free)
            {
                if (rows.Passed!.TryGetValue(slopes.Node, out var coefficients))
                    slopes.Move(coefficients, values[slopes.Node.Source], step);
            }

            rows.Recycle();
        }
    }

    /// <summary>The slopes that can be moved, before a node, at their lines of least area.</summary>
    private List<RowSlopes> Free(int before, int[] regionOf)
    {
        var free = new List<RowSlopes>();
        for (var i = 0; i < before; i++)
        {
            if (network.Nodes[i] is not ElementwiseNode node) continue;
            if (!ranges.TryGetValue(node, out var range)) ranges[node] = range = SlopeRanges.Of(node, bounds);
            if (range.AnyFree) free.Add(new RowSlopes(node, bounds, range, pass.LinesOf(node), regionOf));
        }

        return free;
    }
}
