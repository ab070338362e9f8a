using System.Collections.Immutable;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Splits;

/// <summary>For every row, the multipliers of what its splits tell of the arguments of one node's activations.</summary>
/// <remarks>
/// Where s·(z − p) ≥ 0, a row less β·s·(z − p) is not above the row for any β ≥ 0: what bounds it from below bounds the row.
/// Source: Wang et al. 2021, arXiv 2103.06624.
/// </remarks>
internal sealed class Multipliers
{
    private readonly int[] first;
    private readonly (int Element, int Sign, double At)[] splits;

    private Multipliers(int[] first, (int Element, int Sign, double At)[] splits, float[] values) =>
        (this.first, this.splits, Values) = (first, splits, values);

    /// <summary>The same splits with other multipliers.</summary>
    public Multipliers(Multipliers splits, float[] values)
        : this(splits.first, splits.splits, values)
    {
    }

    /// <summary>The multipliers, not negative: those of one row after another.</summary>
    public float[] Values { get; }

    /// <summary>Where the multipliers of a row are in <see cref="Values"/>.</summary>
    public (int From, int To) Of(int row) => (first[row], first[row + 1]);

    /// <summary>The element that a multiplier is for, and on which side of which number its values are.</summary>
    public (int Element, int Sign, double At) this[int index] => splits[index];

    /// <summary>Multipliers for every node that is split in one of some rows.</summary>
    /// <param name="splits">The splits of every row.</param>
    /// <param name="values">For every row, multipliers of as many of its splits as it has some for; those of the others are zero.</param>
    public static IReadOnlyDictionary<ElementwiseNode, Multipliers> Of(
        ImmutableArray<Split>[] splits, float[][] values)
    {
        var nodes = new Dictionary<ElementwiseNode, (int[] First, List<(int, int, double)> Splits, List<float> Values)>();
        for (var row = 0; row < splits.Length; row++)
        {
            var own = splits[row];
            for (var i = 0; i < own.Length; i++)
            {
                if (!nodes.TryGetValue(own[i].Node, out var node)) nodes[own[i].Node] = node = (new int[splits.Length + 1], [], []);
                node.Splits.Add((own[i].Element, own[i].Sign, own[i].At));
                node.Values.Add(i < values[row].Length ? values[row][i] : 0);
            }

            foreach (var (first, all, _) in nodes.Values) first[row + 1] = all.Count;
        }

        return nodes.ToDictionary(pair => pair.Key, pair => new Multipliers(pair.Value.First, [.. pair.Value.Splits], [.. pair.Value.Values]));
    }

    /// <summary>The multipliers of all splits of a row; zero where rows do not pass what is split.</summary>
    public static float[] Of(int row, ImmutableArray<Split> splits, IReadOnlyDictionary<ElementwiseNode, Multipliers> multipliers)
    {
        var result = new float[splits.Length];
        foreach (var (node, some) in multipliers)
        {
            var next = some.Of(row).From;
            for (var i = 0; i < result.Length; i++)
            {
                if (splits[i].Node == node) result[i] = some.Values[next++];
            }
        }

        return result;
    }

    /// <summary>Takes β·s off the coefficients of a row; returns what that adds to its offset, Σ β·s·p, and what the rounding is relative to.</summary>
    /// <param name="row">The row.</param>
    /// <param name="coefficients">What the row multiplies the arguments of the activations by.</param>
    /// <param name="magnitudes">The largest magnitudes m of these.</param>
    public (double Offset, double Magnitude) TakeOff(int row, Span<double> coefficients, ReadOnlySpan<double> magnitudes)
    {
        var (offset, magnitude) = (0.0, 0.0);
        for (var i = first[row]; i < first[row + 1]; i++)
        {
            // A sum that counts nothing, as it comes out of 0 · ∞, is no bound.
            if (Values[i] == 0) continue;
            var (element, sign, at) = splits[i];
            coefficients[element] -= (double)sign * Values[i];
            offset += sign * Values[i] * at;
            magnitude += Values[i] * (magnitudes[element] + Math.Abs(at));
        }

        return (offset, magnitude);
    }
}
