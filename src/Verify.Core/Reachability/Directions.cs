namespace RobustVerify.Core.Reachability;

/// <summary>Directions in the space of outputs, directions × outputs, that polytopes are made of beside the axes.</summary>
public static class Directions
{
    /// <summary>All differences of two outputs, both ways: yᵢ − yⱼ.</summary>
    public static double[] Differences(int outputs) => Pairs(outputs, [(1, -1), (-1, 1)]);

    /// <summary>All sums and differences of two outputs: ±yᵢ ± yⱼ.</summary>
    public static double[] Octagon(int outputs) => Pairs(outputs, [(1, -1), (-1, 1), (1, 1), (-1, -1)]);

    /// <summary>Of two outputs, directions at even angles; the axes are among them.</summary>
    public static double[] Around(int count)
    {
        var directions = new double[2 * count];
        for (var i = 0; i < count; i++) (directions[2 * i + 1], directions[2 * i]) = Math.SinCos(2 * Math.PI * i / count);
        return directions;
    }

    private static double[] Pairs(int outputs, ReadOnlySpan<(int First, int Second)> signs)
    {
        var directions = new List<double>();
        for (var i = 0; i < outputs; i++)
        {
            for (var j = i + 1; j < outputs; j++)
            {
                foreach (var (first, second) in signs)
                {
                    var direction = new double[outputs];
                    (direction[i], direction[j]) = (first, second);
                    directions.AddRange(direction);
                }
            }
        }

        return [.. directions];
    }
}
