using System.Collections.Immutable;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Search;

/// <summary>Which activation to split, so that both halves of a part gain by it.</summary>
/// <remarks>
/// The bounds of the halves tell, for a few activations that the part's own bound seems to lose most by. Source: De Palma et al. 2021,
/// arXiv 2104.06718 (filtered branching).
/// </remarks>
/// <param name="bounds">Bounds of a region, or of a part that all parts here lie in.</param>
/// <param name="tightens">Whether the halves will get bounds of their own of what lies behind the split: then the first layers come first.</param>
internal sealed class SplitChoice(SplitBounds bounds, bool tightens)
{
    // So many activations of either score are tried, each for so many steps.
    private const int FewCandidates = 3;
    private const int ManyCandidates = 32;
    private const int Iterations = 2;

    // A split that leaves one of its parts as it was is worth little, but is better than one that leaves both.
    private const double LeastGain = 0.02;

    // What bounds of the neurons behind a split add to what it is worth, for every layer behind it: more than most gains differ by. The factor was
    // measured, not derived: fully connected networks of four layers took a third to a ninth of the parts that they took without it.
    private const double GainBehind = 25;

    private readonly Network network = bounds.Bounds.Network;
    private readonly int candidates = tightens ? ManyCandidates : FewCandidates;

    /// <summary>For each row, the split whose two halves gain most, or null where there is none.</summary>
    /// <param name="search">The rows' bounds with their best lines.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="before">What the bounds are.</param>
    /// <param name="enough">What they should be.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public Cut?[] Choose(SplitSearch search, SplitRow[] rows, double[] before, double[] enough, CancellationToken cancellation)
    {
        var promising = Promising(search, rows);
        var (halves, limits) = (new List<SplitRow>(), new List<double>());
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var cut in promising[row])
            {
                halves.Add(rows[row] with { Splits = Half(rows[row], cut, 1) });
                halves.Add(rows[row] with { Splits = Half(rows[row], cut, -1) });
                limits.AddRange(enough[row], enough[row]);
            }
        }

        var chosen = new Cut?[rows.Length];
        if (halves.Count == 0) return chosen;
        using var ofHalves = new SplitSearch(bounds, halves);
        var found = ofHalves.Raise(Iterations, [.. limits], cancellation);
        var next = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            // The part of what is missing that a bound gains.
            double Gain(double bound) => Math.Clamp((bound - before[row]) / (enough[row] - before[row]), 0, 1);
            var most = -1.0;
            foreach (var cut in promising[row])
            {
                var worth = (Gain(found[next]) + LeastGain) * (Gain(found[next + 1]) + LeastGain) * Math.Pow(GainBehind, -LayerOf(cut));
                next += 2;
                if (worth > most || chosen[row] is null) (most, chosen[row]) = (worth, cut);
            }
        }

        return chosen;
    }

    private int LayerOf(Cut cut)
    {
        var layer = 0;
        while (tightens && network.IndexOf(bounds.Open[layer].Node) < cut.Node) layer++;
        return layer;
    }

    private ImmutableArray<Split> Half(SplitRow row, Cut cut, int sign) =>
        bounds.Divided(row.Splits, (ElementwiseNode)network.Nodes[cut.Node], cut.Element, sign, cut.At);

    /// <summary>
    /// For each row, the splits that it seems to lose most without: of the activations whose line is furthest from the function
    /// where the row is least, and of those whose lines are furthest apart.
    /// </summary>
    private Cut[][] Promising(SplitSearch search, SplitRow[] rows)
    {
        var (result, left) = (new Cut[rows.Length][], new SplitElement?[bounds.Open.Max(pair => pair.Node.Size)]);
        for (var row = 0; row < rows.Length; row++)
        {
            var (there, anywhere) = (new List<(double, Cut)>(), new List<(double, Cut)>());
            foreach (var (node, elements) in bounds.Open.Where(pair => search.Passes(pair.Node)))
            {
                foreach (var (element, on) in SplitBounds.Narrowed(node, rows[row].Splits)) left[element] = on;
                var a = search.Coefficients(node, row);
                var y = search.Values(node, row);
                var z = search.Values(node.Source, row);
                foreach (var element in elements)
                {
                    // What the row does not use is split only where nothing else is left.
                    if (a[element] == 0 && anywhere.Count == candidates) continue;
                    var on = left[element] ?? bounds.Whole(node, element);
                    if (double.IsNaN(on.Cut)) continue;
                    var value = node.Activation is ReLU ? Math.Max(z[element], 0) : node.Activation.Value(Math.Clamp(z[element], on.Low, on.High));
                    var cut = new Cut(network.IndexOf(node), element, on.Cut);
                    Insert(there, a[element] * (value - y[element]), cut);
                    Insert(anywhere, Math.Abs(a[element]) * on.Gap, cut);
                }

                Array.Clear(left);
            }

            result[row] = [.. there.Concat(anywhere).Select(pair => pair.Item2).Distinct()];
        }

        return result;
    }

    private void Insert(List<(double Score, Cut Cut)> best, double score, Cut cut)
    {
        if (best.Count == candidates && !(score > best[^1].Score)) return;
        var at = best.Count;
        while (at > 0 && best[at - 1].Score < score) at--;
        if (best.Count == candidates) best.RemoveAt(candidates - 1);
        best.Insert(at, (score, cut));
    }
}
