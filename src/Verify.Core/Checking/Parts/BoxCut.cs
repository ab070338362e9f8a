using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>Cuts off a box what a linear function shows to exclude a violation.</summary>
internal static class BoxCut
{
    // What is cut off is beyond the bound by so much, relative to the terms that lead to it: far more than they round.
    private const double Slack = 1e-12;

    /// <summary>Leaves of a box a smaller one, outside of which g·x + c exceeds a bound; returns by how much at least, or ∞ where nothing was cut.</summary>
    /// <param name="g">The coefficients.</param>
    /// <param name="c">The constant.</param>
    /// <param name="bound">The bound.</param>
    /// <param name="lower">The lower ends of the box; above the upper ones where nothing is left.</param>
    /// <param name="upper">Its upper ends.</param>
    public static double Apply(ReadOnlySpan<double> g, double c, double bound, Span<double> lower, Span<double> upper)
    {
        var (least, size) = (c, Math.Abs(bound) + Math.Abs(c));
        for (var j = 0; j < g.Length; j++)
        {
            least += g[j] * (g[j] > 0 ? lower[j] : upper[j]);
            size += Math.Abs(g[j]) * Math.Max(Math.Abs(lower[j]), Math.Abs(upper[j]));
        }

        var slack = Math.Max(Slack, 8 * Rounding.Gamma(g.Length + 8)) * size;
        var (room, isCut) = (bound - least + slack, false);
        if (!double.IsFinite(room)) return double.PositiveInfinity;
        for (var j = 0; j < g.Length; j++)
        {
            // One input may only go so far from where the function is least that the room is used up.
            if (g[j] == 0 || !(Math.Abs(g[j]) * (upper[j] - lower[j]) > room)) continue;
            var reach = room / Math.Abs(g[j]);
            reach += Slack * (Math.Abs(reach) + Math.Max(Math.Abs(lower[j]), Math.Abs(upper[j])));
            isCut = true;
            if (g[j] > 0) upper[j] = Math.Min(upper[j], lower[j] + reach);
            else lower[j] = Math.Max(lower[j], upper[j] - reach);
        }

        if (room < 0)
        {
            (isCut, lower[0], upper[0]) = (true, double.PositiveInfinity, double.NegativeInfinity);
        }

        return isCut ? slack / 2 : double.PositiveInfinity;
    }
}
