using System.Collections.Immutable;
using RobustVerify.Core.Bounds;

namespace RobustVerify.Core.Reachability;

/// <summary>An interval for every output.</summary>
/// <param name="lower">The least value of every output.</param>
/// <param name="upper">The largest value of every output.</param>
public sealed class OutputBox(ImmutableArray<double> lower, ImmutableArray<double> upper) : OutputSet
{
    /// <summary>The least value of every output.</summary>
    public ImmutableArray<double> Lower { get; } = lower;

    /// <summary>The largest value of every output.</summary>
    public ImmutableArray<double> Upper { get; } = upper.Length == lower.Length && lower.Zip(upper).All(pair => pair.First <= pair.Second && double.IsFinite(pair.Second - pair.First))
        ? upper
        : throw new ArgumentException("A box has a finite interval for every output.", nameof(upper));

    /// <inheritdoc/>
    public override int Size => Lower.Length;

    /// <inheritdoc/>
    public override double LogVolume => Logarithms.OfBox(Ranges);

    /// <inheritdoc/>
    public override bool HasExactVolume => true;

    /// <inheritdoc/>
    protected override bool MayContain(ReadOnlySpan<double> output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            if (!(output[i] >= Lower[i] && output[i] <= Upper[i])) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    protected override double SupportAlong(ReadOnlySpan<double> direction)
    {
        // Along an axis nothing is rounded.
        var along = direction.IndexOfAnyExcept(0);
        if (along >= 0 && !direction[(along + 1)..].ContainsAnyExcept(0) && Math.Abs(direction[along]) == 1) return direction[along] > 0 ? Upper[along] : -Lower[along];
        var opposite = new double[direction.Length];
        for (var i = 0; i < opposite.Length; i++) opposite[i] = -direction[i];
        return -Concretization.MinimumInBox(opposite, Lower.AsSpan(), Upper.AsSpan());
    }
}
