using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Lipschitz;

/// <summary>What a search did with a part, for a proof of its bound.</summary>
internal sealed class PartRecord
{
    private readonly List<ShownSign> signs = [];
    private Func<LipschitzPart, LipschitzPart, LipschitzPart>? cut;
    private PartRecord? first, second;

    /// <summary>The part's bound as a whole; infinite before it was bounded.</summary>
    public double Bound { get; set; } = double.PositiveInfinity;

    /// <summary>What bounds it as a whole.</summary>
    public required LipschitzPart Whole { get; init; }

    /// <summary>Keeps the sign of a neuron on the part.</summary>
    public void Show(int neuron, bool isPositive, ImmutableArray<double> multipliers) => signs.Add(new ShownSign(neuron, isPositive, multipliers));

    /// <summary>Keeps how the part was divided.</summary>
    public void Divide(PartRecord first, PartRecord second, Func<LipschitzPart, LipschitzPart, LipschitzPart> cut) =>
        (this.first, this.second, this.cut) = (first, second, cut);

    /// <summary>The better of what bounds the part as a whole, and its halves.</summary>
    public (double Bound, LipschitzPart Part) Best()
    {
        var best = (Bound, Part: Whole);
        if (cut is not null)
        {
            var (one, other) = (first!.Best(), second!.Best());
            if (Math.Max(one.Bound, other.Bound) < Bound) best = (Math.Max(one.Bound, other.Bound), cut(one.Part, other.Part));
        }

        return signs.Count == 0 ? best : best with { Part = new SignedPart([.. signs], best.Part) };
    }
}
