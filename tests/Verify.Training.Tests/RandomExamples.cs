using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Tests;

/// <summary>Seeded examples in [−1, 1].</summary>
internal static class RandomExamples
{
    public static Examples Labelled(int count, int inputs, int labels)
    {
        var random = RandomStream.From("labelled examples", (ulong)(count * 1000 + inputs));
        var points = new double[count * inputs];
        random.Fill(points, -1, 1);
        return new Examples(points, [.. Enumerable.Range(0, count).Select(_ => (double)random.NextInt(labels))], count);
    }

    public static Examples Valued(int count, int inputs, int outputs)
    {
        var random = RandomStream.From("valued examples", (ulong)(count * 1000 + inputs));
        var (points, values) = (new double[count * inputs], new double[count * outputs]);
        random.Fill(points, -1, 1);
        random.Fill(values, -1, 1);
        return new Examples(points, values, count);
    }
}
