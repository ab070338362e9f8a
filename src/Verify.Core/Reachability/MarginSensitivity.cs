using System.Collections.Immutable;
using System.Numerics.Tensors;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Reachability;

/// <summary>How far the margins of a class spread over an input region, as parts of what they are at its centre.</summary>
/// <remarks>
/// The margin over class j is mⱼ = y_label − yⱼ. Its width is the largest value of mⱼ in the set less the smallest, and it is normalised by the margin at the
/// centre: wⱼ = (max mⱼ − min mⱼ) / mⱼ(centre). Whoever scales the last layer changes nothing of it. All rounded up.
/// </remarks>
public sealed record MarginSensitivity
{
    /// <summary>The class.</summary>
    public required int Label { get; init; }

    /// <summary>True where every margin is positive in all of the set: the answer is proved to stay.</summary>
    public required bool IsCertified { get; init; }

    /// <summary>The normalised width of the margin over every other class, in their order; empty where the centre is of another class than the label.</summary>
    public required ImmutableArray<double> Widths { get; init; }

    /// <summary>What every normalised width was seen to be at least, rounded down.</summary>
    public required ImmutableArray<double> ReachedWidths { get; init; }

    /// <summary>The largest normalised width.</summary>
    public double? Width => Widths.IsEmpty ? null : Widths.Max();

    /// <summary>The geometric mean of the normalised widths.</summary>
    public double? MeanWidth => Widths.IsEmpty ? null : Sensitivity.GeometricMean(Widths, 1);

    /// <summary>The geometric mean of what they were seen to be.</summary>
    public double? ReachedMeanWidth => ReachedWidths.IsEmpty ? null : Sensitivity.GeometricMean(ReachedWidths, -1);

    /// <summary>The sum of the logarithms of the normalised widths: that of the volume of the box of all margins, divided by their product at the centre.</summary>
    public double? LogVolume => Widths.IsEmpty ? null : Logarithms.Sum(Widths.Select(Logarithms.Up));

    /// <summary>Measures the margins of a class in a set.</summary>
    internal static MarginSensitivity Of(OutputSet set, ReachableOutputs outputs, ReadOnlySpan<float> center, int? given)
    {
        if (center.Length != outputs.Network.Input.Size) throw new ArgumentException($"The centre has {center.Length} inputs, the network {outputs.Network.Input.Size}.", nameof(center));
        var label = given ?? TensorPrimitives.IndexOfMax<double>(outputs.Network.Evaluate<double>(Array.ConvertAll(center.ToArray(), value => (double)value)));
        if (label < 0 || label >= set.Size) throw new ArgumentException($"There is no class {label}; the model has the outputs 0 to {set.Size - 1}.", nameof(given));
        var directions = new double[(set.Size - 1) * set.Size];
        for (var j = 0; j < set.Size - 1; j++) (directions[j * set.Size + label], directions[j * set.Size + (j < label ? j : j + 1)]) = (1, -1);
        var (widths, reachedWidths, isCertified) = (ImmutableArray.CreateBuilder<double>(), ImmutableArray.CreateBuilder<double>(), true);
        var reached = outputs.Reached(directions);
        for (var j = 0; j < set.Size - 1; j++)
        {
            var margin = directions.AsSpan(j * set.Size, set.Size);
            var opposite = Array.ConvertAll(margin.ToArray(), d => -d);
            var (least, most) = (outputs.MinimumAt(center, margin), -outputs.MinimumAt(center, opposite));
            var lower = -set.Support(opposite);
            isCertified &= lower > 0;
            if (!(least > 0)) continue;
            widths.Add(Rounding.QuotientUp(Logarithms.Width((lower, set.Support(margin))), least));
            reachedWidths.Add(Math.Max(0, Rounding.Down(Sensitivity.Spread(reached[j]) / most)));
        }

        var isRight = widths.Count == set.Size - 1;
        return new MarginSensitivity { Label = label, IsCertified = isCertified, Widths = isRight ? [.. widths] : [], ReachedWidths = isRight ? [.. reachedWidths] : [] };
    }
}
