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

    /// <summary>For each row, the best lower bound of the given lines and of so many steps from there.</summary>
    /// <param name="target">The node that the rows are functions of.</param>
    /// <param name="seeded">Makes the rows anew.</param>
    /// <param name="results">Where the bounds are written.</param>
    /// <param name="iterations">The number of steps.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public void Raise(Node target, Func<BackwardRows> seeded, Span<double> results, int iterations, CancellationToken cancellation)
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
            var slopes = new RowSlopes(node, bounds, pass.LinesOf(node), regionOf);
            if (slopes.AnyFree) free.Add(slopes);
        }

        return free;
    }
}
