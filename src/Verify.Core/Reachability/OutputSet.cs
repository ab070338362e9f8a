using System.Collections.Immutable;
using RobustVerify.Core.Bounds;

namespace RobustVerify.Core.Reachability;

/// <summary>A set that holds every output of a network over an input region.</summary>
/// <remarks>
/// The outputs are those of the network's function of real numbers. Whatever a set tells is on the sound side of all rounding: it is
/// never found not to hold an output that is reached, and no size of it is below that of what is reached.
/// </remarks>
public abstract class OutputSet
{
    /// <summary>How many outputs there are.</summary>
    public abstract int Size { get; }

    /// <summary>True where the set is what is reached, and nothing more, but for rounding.</summary>
    public bool IsExact { get; init; }

    /// <summary>True where no smaller set of the same shape, with the same directions, holds all that is reached, but for rounding.</summary>
    public bool IsTight { get; init; }

    /// <summary>The natural logarithm of the set's volume or of an upper bound of it, rounded up; −∞ where the set is flat.</summary>
    /// <remarks>A logarithm, because the product of many small widths underflows.</remarks>
    public abstract double LogVolume { get; }

    /// <summary>True where <see cref="LogVolume"/> is the set's own volume, but for rounding; false where it is an upper bound of that.</summary>
    public abstract bool HasExactVolume { get; }

    /// <summary>False where a point is certain not to be in the set.</summary>
    /// <exception cref="ArgumentException">The point has not as many elements as there are outputs.</exception>
    public bool Contains(ReadOnlySpan<double> output)
    {
        if (output.Length != Size) throw new ArgumentException($"The set has {Size} outputs, the point {output.Length}.", nameof(output));
        return MayContain(output);
    }

    /// <summary>An upper bound of d·y over the set, the least there is but for rounding.</summary>
    /// <exception cref="ArgumentException">The direction has not as many elements as there are outputs.</exception>
    public double Support(ReadOnlySpan<double> direction)
    {
        if (direction.Length != Size) throw new ArgumentException($"The set has {Size} outputs, the direction {direction.Length}.", nameof(direction));
        return SupportAlong(direction);
    }

    /// <summary>The smallest box around the set: the least and the largest value of every output.</summary>
    public ImmutableArray<(double Lower, double Upper)> Ranges
    {
        get
        {
            if (!field.IsDefault) return field;
            var ranges = ImmutableArray.CreateBuilder<(double, double)>(Size);
            var unit = new double[Size];
            for (var i = 0; i < Size; i++)
            {
                unit[i] = -1;
                var lower = -Support(unit);
                unit[i] = 1;
                ranges.Add((lower, Support(unit)));
                unit[i] = 0;
            }

            return field = ranges.ToImmutable();
        }
    }

    /// <inheritdoc cref="Contains"/>
    protected abstract bool MayContain(ReadOnlySpan<double> output);

    /// <inheritdoc cref="Support"/>
    protected abstract double SupportAlong(ReadOnlySpan<double> direction);

    /// <summary>Whether d·y is certain to exceed a number.</summary>
    private protected static bool Exceeds(ReadOnlySpan<double> direction, ReadOnlySpan<double> point, double limit) =>
        Concretization.MinimumInBox(direction, point, point) > limit;
}
