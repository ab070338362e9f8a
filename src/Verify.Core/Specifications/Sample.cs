using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications;

/// <summary>An input that a property is stated around.</summary>
/// <param name="Name">A name that is unique within its specification, and stays the same from run to run.</param>
/// <param name="Values">The flat input, in the units of the network's inputs.</param>
/// <param name="Label">The number of the output that is right, or the value to learn, where it is known.</param>
public sealed record Sample(string Name, ImmutableArray<double> Values, double? Label = null);
