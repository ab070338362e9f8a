using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Ways to write down proofs.</summary>
internal static class Proofs
{
    /// <summary>A row of the only constraint of a violation.</summary>
    public static ViolationRow Row(int violation, RowLines? lines = null) => new(violation, [1], lines ?? RowLines.LeastArea);

    /// <summary>Lines with one slope, or none, and multipliers.</summary>
    public static RowLines Lines(double? slope = null, params float[] multipliers) =>
        new(slope is null ? [] : [0], slope is { } value ? [(Half)value] : [], [.. multipliers]);

    /// <summary>A part with one row of violation 0.</summary>
    public static ProofPart Part(RowLines? lines = null, params ProofCut[] cuts) => new() { Rows = [Row(0, lines)], Cuts = [.. cuts] };

    /// <summary>Violated where a sum of outputs is at most a bound.</summary>
    public static Property Above(InputRegion region, double bound, params double[] coefficients) =>
        new("p", region, new OutputProperty([new Conjunction([new LinearConstraint([.. coefficients], bound)])], "test"));

    /// <summary>A proof of a property over a box by halving the widest input, by lines of least area.</summary>
    public static ProofPart ByHalving(Network network, Property property, int depth = 12)
    {
        var all = Enumerable.Range(0, property.Output.Violations.Length);
        var rows = all.SelectMany(v => property.Output.Violations[v].Constraints.Select((_, k) =>
            new ViolationRow(v, [.. property.Output.Violations[v].Constraints.Select((_, j) => j == k ? 1f : 0f)], RowLines.LeastArea)));
        var leaf = new ProofPart { Rows = [.. rows] };
        if (CertificateChecker.Check(network, property, 0, leaf).IsAccepted) return leaf;
        Assert.True(depth > 0, "The test's property is too hard.");
        var (lower, upper) = (property.Region.Lower.ToArray(), property.Region.Upper.ToArray());
        var widest = Enumerable.Range(0, lower.Length).MaxBy(i => upper[i] - lower[i]);
        var at = (lower[widest] + upper[widest]) / 2;
        var (middleUp, middleDown) = ((double[])upper.Clone(), (double[])lower.Clone());
        middleUp[widest] = middleDown[widest] = at;
        return new ProofPart
        {
            Cuts =
            [
                new InputCut(
                    widest,
                    at,
                    ByHalving(network, property with { Region = InputRegion.Box(lower, middleUp) }, depth - 1),
                    ByHalving(network, property with { Region = InputRegion.Box(middleDown, upper) }, depth - 1)),
            ],
        };
    }
}
