using System.Collections.Immutable;

namespace RobustVerify.Training.Landscape;

/// <summary>Minima that paths below a level join, and what joined at lower levels.</summary>
/// <param name="Level">The level at which its children are joined; of a single minimum, its value.</param>
/// <param name="Minimum">The number of its lowest minimum.</param>
/// <param name="Children">What is joined; empty for a single minimum.</param>
public sealed record Basin(double Level, int Minimum, ImmutableArray<Basin> Children);

/// <summary>Which minima are joined by paths below which level: a tree.</summary>
/// <remarks>Source: Becker and Karplus, J. Chem. Phys. 106, 1495 (1997).</remarks>
public static class DisconnectivityGraph
{
    /// <summary>The trees of minima at equally spaced levels; one tree where paths join all of them.</summary>
    /// <param name="values">The value of every minimum.</param>
    /// <param name="paths">The paths that were found between some.</param>
    /// <param name="levels">How many levels there are, from the lowest minimum up to where no more are joined.</param>
    public static ImmutableArray<Basin> Of(IReadOnlyList<double> values, IReadOnlyList<JoiningPath> paths, int levels)
    {
        if (values.Count == 0) return [];
        var joins = SpanningTree.Of(values.Count, paths.Select(path => (path.From, path.To, path.Height)));
        var (lowest, highest) = (values.Min(), joins.Select(join => join.Length).DefaultIfEmpty(0).Max());
        var groups = Enumerable.Range(0, values.Count).ToArray();
        var basins = values.Select((value, i) => new Basin(value, i, [])).ToDictionary(basin => basin.Minimum);
        for (var level = 1; level <= levels; level++)
        {
            var height = level == levels ? highest : lowest + (highest - lowest) * level / levels;
            foreach (var (from, to, _) in joins.Where(join => join.Length <= height)) SpanningTree.Join(groups, from, to);
            foreach (var joined in basins.Keys.GroupBy(group => groups[group]).Where(joined => joined.Count() > 1).ToArray())
            {
                var children = joined.Select(group => basins[group]).OrderBy(basin => values[basin.Minimum]).ToImmutableArray();
                foreach (var group in joined) basins.Remove(group);
                basins[joined.Key] = new Basin(height, children[0].Minimum, children);
            }
        }

        return [.. basins.Values.OrderBy(basin => values[basin.Minimum])];
    }
}
