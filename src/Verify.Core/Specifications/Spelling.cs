namespace RobustVerify.Core.Specifications;

/// <summary>Finds the name that was meant by one that does not exist.</summary>
public static class Spelling
{
    /// <summary>Says that a name does not exist, which one is nearest, and which there are.</summary>
    public static string Unknown(string kind, string name, IReadOnlyCollection<string> known)
    {
        var nearest = known.MinBy(candidate => Distance(name, candidate));
        var hint = nearest is not null && Distance(name, nearest) <= Math.Max(2, name.Length / 3) ? $"; did you mean '{nearest}'?" : ".";
        const int Shown = 40;
        var list = string.Join(", ", known.Take(Shown)) + (known.Count > Shown ? ", …" : "");
        return $"there is no {kind} '{name}'{hint} There are: {list}";
    }

    /// <summary>The number of letters to insert, delete or replace, whatever their case (Levenshtein 1966).</summary>
    private static int Distance(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 0; i < from.Length; i++)
        {
            var current = new int[to.Length + 1];
            current[0] = i + 1;
            for (var j = 0; j < to.Length; j++)
            {
                var replaced = previous[j] + (char.ToUpperInvariant(from[i]) == char.ToUpperInvariant(to[j]) ? 0 : 1);
                current[j + 1] = Math.Min(replaced, Math.Min(previous[j + 1], current[j]) + 1);
            }

            previous = current;
        }

        return previous[^1];
    }
}
