namespace RobustVerify.Core.Specifications;

/// <summary>What is to be proved or refuted: for every input of a region, the outputs have a property.</summary>
/// <param name="Name">A short name that is unique within its specification, for tables and baselines.</param>
/// <param name="Region">The inputs.</param>
/// <param name="Output">What must hold of the outputs.</param>
public sealed record Property(string Name, InputRegion Region, OutputProperty Output)
{
    /// <summary>Which arithmetic a proof is to speak of.</summary>
    public Semantics Semantics { get; init; }
}
