using RobustVerify.Core.Numerics;
using RobustVerify.Training.Landscape;

namespace RobustVerify.Training.Tests.Landscape;

public sealed class DisconnectivityGraphTests
{
    [Fact]
    public void Minima_are_joined_at_the_first_level_above_the_lowest_paths_between_them()
    {
        const int count = 12, levels = 7;
        for (ulong seed = 0; seed < 50; seed++)
        {
            var random = RandomStream.From("paths", seed);
            var values = new double[count];
            random.Fill(values, 0, 1);
            var paths = new List<JoiningPath>();
            for (var i = 0; i < count; i++)
                for (var j = 0; j < i; j++)
                    if (random.NextInt(3) == 0) paths.Add(new JoiningPath(i, j, Math.Max(values[i], values[j]) + random.NextDouble()));
            var lowest = LowestPaths(count, paths);
            var highest = lowest.Where(double.IsFinite).Max();
            var trees = DisconnectivityGraph.Of(values, paths, levels);
            for (var i = 0; i < count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    var (height, level) = (lowest[i * count + j], Joined(trees, i, j));
                    Assert.Equal(double.IsFinite(height), double.IsFinite(level));
                    if (!double.IsFinite(height)) continue;
                    var spacing = (highest - values.Min()) / levels;
                    Assert.True(level >= height - 1e-12 && level < height + spacing + 1e-12, $"seed {seed}: {i} and {j} are joined at {level}, the lowest path rises to {height}");
                }
            }
        }
    }

    [Fact]
    public void The_picture_has_a_mark_for_every_minimum()
    {
        double[] values = [0, 0.1, 0.2, 0.5];
        var trees = DisconnectivityGraph.Of(values, [new(0, 1, 0.3), new(1, 2, 0.6), new(2, 3, 1.0)], 10);
        var picture = GraphPicture.Draw(trees, values, [1, 2, 3, 4]);
        Assert.Equal(4, picture.Descendants().Count(element => element.Name.LocalName == "circle"));
    }

    /// <summary>For every pair the least height to which a chain of paths rises, by trying every minimum between (Floyd and Warshall).</summary>
    private static double[] LowestPaths(int count, List<JoiningPath> paths)
    {
        var lowest = new double[count * count];
        Array.Fill(lowest, double.PositiveInfinity);
        foreach (var path in paths) lowest[path.From * count + path.To] = lowest[path.To * count + path.From] = path.Height;
        for (var k = 0; k < count; k++)
            for (var i = 0; i < count; i++)
                for (var j = 0; j < count; j++)
                    lowest[i * count + j] = Math.Min(lowest[i * count + j], Math.Max(lowest[i * count + k], lowest[k * count + j]));
        return [.. lowest.Select((height, index) => index / count == index % count ? double.NegativeInfinity : height)];
    }

    private static double Joined(IEnumerable<Basin> basins, int i, int j)
    {
        var both = basins.FirstOrDefault(basin => Holds(basin, i) && Holds(basin, j));
        return both is null ? double.PositiveInfinity : Math.Min(both.Level, Joined(both.Children, i, j));
    }

    private static bool Holds(Basin basin, int minimum) => basin.Children.IsEmpty ? basin.Minimum == minimum : basin.Children.Any(child => Holds(child, minimum));
}
