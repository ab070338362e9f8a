using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>Paths between minima: from each to those nearest to it, and as many more as join all of them.</summary>
internal static class Paths
{
    private const int Neighbours = 4;

    /// <summary>How high every path rises.</summary>
    /// <param name="architecture">What the parameters are of; before a path is sought, neurons are put in the order that brings both ends close.</param>
    /// <param name="objective">Makes the objective for a thread.</param>
    /// <param name="minima">The minima.</param>
    /// <param name="progress">Told how many paths were found, of how many.</param>
    /// <param name="cancellation">Ends the work early, with the paths that were found by then.</param>
    public static JoiningPath[] Between(
        Architecture architecture, Func<IObjective> objective, IReadOnlyList<DistinctMinimum> minima, Action<int, int>? progress, CancellationToken cancellation)
    {
        var pairs = Choose(architecture, minima);
        var (paths, done) = (new JoiningPath?[pairs.Count], 0);
        Parallel.For(
            0,
            pairs.Count,
            objective,
            (i, _, function) =>
            {
                if (cancellation.IsCancellationRequested) return function;
                var (from, to) = pairs[i];
                var end = NeuronAlignment.Align(architecture, minima[to].Parameters.AsSpan(), minima[from].Parameters.AsSpan());
                paths[i] = new JoiningPath(from, to, ElasticBand.Height(function, minima[from].Parameters.AsSpan(), end, cancellation));
                progress?.Invoke(Interlocked.Increment(ref done), pairs.Count);
                return function;
            },
            _ => { });
        return [.. paths.OfType<JoiningPath>()];
    }

    private static List<(int From, int To)> Choose(Architecture architecture, IReadOnlyList<DistinctMinimum> minima)
    {
        var distances = new double[minima.Count, minima.Count];
        Parallel.For(0, minima.Count, i =>
        {
            for (var j = i + 1; j < minima.Count; j++) distances[i, j] = distances[j, i] = NeuronAlignment.Distance(architecture, minima[i].Parameters.AsSpan(), minima[j].Parameters.AsSpan());
        });
        var pairs = new SortedSet<(int, int)>();
        for (var i = 0; i < minima.Count; i++)
        {
            foreach (var j in Enumerable.Range(0, minima.Count).Where(j => j != i).OrderBy(j => distances[i, j]).Take(Neighbours))
                pairs.Add((Math.Min(i, j), Math.Max(i, j)));
        }

        // Neighbours alone might leave some apart.
        var all = from i in Enumerable.Range(0, minima.Count)
                  from j in Enumerable.Range(i + 1, minima.Count - i - 1)
                  select (i, j, distances[i, j]);
        foreach (var (from, to, _) in SpanningTree.Of(minima.Count, all)) pairs.Add((from, to));
        return [.. pairs];
    }
}
