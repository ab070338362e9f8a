namespace RobustVerify.Training.Landscape;

/// <summary>The shortest edges that join whatever edges join at all.</summary>
/// <remarks>Source: Kruskal 1956.</remarks>
internal static class SpanningTree
{
    /// <summary>The edges of the tree, or of a tree for each of the parts that no edges join, shortest first.</summary>
    /// <param name="count">How many nodes there are.</param>
    /// <param name="edges">Pairs of nodes, and how long the edges between them are.</param>
    public static List<(int From, int To, double Length)> Of(int count, IEnumerable<(int From, int To, double Length)> edges)
    {
        var groups = Enumerable.Range(0, count).ToArray();
        return [.. edges.OrderBy(edge => edge.Length).Where(edge => Join(groups, edge.From, edge.To))];
    }

    /// <summary>Makes one group of those that two nodes are in; returns whether they were two.</summary>
    public static bool Join(int[] groups, int from, int to)
    {
        var (kept, lost) = (groups[from], groups[to]);
        groups.AsSpan().Replace(lost, kept);
        return kept != lost;
    }
}
