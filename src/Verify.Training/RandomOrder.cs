using RobustVerify.Core.Numerics;

namespace RobustVerify.Training;

/// <summary>The numbers from 0 in a random order, each order as likely as any other (Fisher and Yates).</summary>
internal static class RandomOrder
{
    public static int[] Of(string purpose, ulong seed, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        var random = RandomStream.From(purpose, seed);
        for (var i = count - 1; i > 0; i--)
        {
            var other = random.NextInt(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}
