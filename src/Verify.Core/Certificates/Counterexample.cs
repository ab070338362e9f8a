using System.Collections.Immutable;

namespace RobustVerify.Core.Certificates;

/// <summary>An input that violates a property, and what the deployed network answers there.</summary>
/// <param name="Input">The flat input, as the float32 numbers that the network was given.</param>
/// <param name="Output">The flat output that the network computed.</param>
/// <param name="Runtime">What computed the output.</param>
public sealed record Counterexample(ImmutableArray<float> Input, ImmutableArray<float> Output, string Runtime);
