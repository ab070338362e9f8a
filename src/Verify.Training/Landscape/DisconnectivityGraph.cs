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
        var joins = Joins(values.Count, paths);
        var (lowest, highest) = (values.Min(), joins.Select(join => join.Height).DefaultIfEmpty(0).Max());
        var groups = Enumerable.Range(0, values.Count).ToArray();
        var basins = values.Select((value, i) => new Basin(value, i, [])).ToDictionary(basin => basin.Minimum);
        for (var level = 1; level <= levels; level++)
        {
            var height = level == levels ? highest : lowest + (highest - lowest) * level / levels;
            foreach (var join in joins.Where(join => join.Height <= height)) Join(groups, join);
            foreach (var joined in basins.Keys.GroupBy(group => groups[group]).Where(joined => joined.Count() > 1).ToArray())
            {
                var children = joined.Select(group => basins[group]).OrderBy(basin => values[basin.Minimum]).ToImmutableArray();
                foreach (var group in joined) basins.Remove(group);
                basins[joined.Key] = new Basin(height, children[0].Minimum, children);
            }
        }

        return [.. basins.Values.OrderBy(basin => values[basin.Minimum])];
    }

    /// <summary>The lowest paths that join whatever is joined at all (Kruskal 1956).</summary>
    private static List<JoiningPath> Joins(int count, IEnumerable<JoiningPath> paths)
    {
        var groups = Enumerable.Range(0, count).ToArray();
        return [.. paths.OrderBy(path => path.Height).Where(path => Join(groups, path))];
    }

    /// <summary>Makes one group of two; returns whether they were two.</summary>
    private static bool Join(int[] groups, JoiningPath path)
    {
        var (kept, lost) = (groups[path.From], groups[path.To]);
        groups.AsSpan().Replace(lost, kept);
        return kept != lost;
    }
}
