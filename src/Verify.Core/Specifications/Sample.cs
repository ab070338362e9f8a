using System.Collections.Immutable;
using System.Globalization;

namespace RobustVerify.Core.Specifications;

/// <summary>An input that a property is stated around.</summary>
/// <param name="Name">A name that is unique within its specification, and stays the same from run to run.</param>
/// <param name="Values">The flat input, in the units of the network's inputs.</param>
/// <param name="Label">The number of the output that is right, or the value to learn, where it is known.</param>
public sealed record Sample(string Name, ImmutableArray<double> Values, double? Label = null)
{
    /// <summary>The label as the number of an output; null where there is none.</summary>
    /// <exception cref="ArgumentException">The label is no such number.</exception>
    internal int? Class => Label switch
    {
        null => null,
        { } label when label >= 0 && label == (int)label => (int)label,
        { } label => throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"the label {label} is not the number of an output; labels are whole numbers from 0")),
    };
}
