using System.Collections.Frozen;
using RobustVerify.Core.Onnx.Lowerings;

namespace RobustVerify.Core.Onnx;

/// <summary>All operators that can be imported.</summary>
internal static class Operators
{
    private static readonly FrozenDictionary<string, Lowering> Lowerings = new[]
    {
        Arithmetic.Operators,
        Elementwise.Operators,
        Constants.Operators,
        Convolutions.Operators,
        Normalisation.Operators,
        Pooling.Operators,
        Products.Operators,
        Reductions.Operators,
        Resizing.Operators,
        Rearrangements.Operators,
    }.SelectMany(family => family).ToFrozenDictionary();

    /// <summary>The operators' names.</summary>
    public static IEnumerable<string> Names => Lowerings.Keys;

    /// <summary>The lowering of an operator, or nothing where it is not supported.</summary>
    public static Lowering? Find(string name) => Lowerings.GetValueOrDefault(name);

    /// <summary>The supported operator whose name is nearest, by edits of single letters.</summary>
    public static string Nearest(string name) => Names.Order(StringComparer.Ordinal).MinBy(other => Distance(name, other))!;

    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitute = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
