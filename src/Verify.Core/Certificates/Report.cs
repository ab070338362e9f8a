using System.Collections.Immutable;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>The certificates of all properties of a specification and what was measured for it, in its order.</summary>
public sealed record Report
{
    /// <summary>The name of the specification.</summary>
    public required string Specification { get; init; }

    /// <summary>The file name of the model, without its folder.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model, in hexadecimal.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>What the deployed network was executed by, to confirm counterexamples.</summary>
    public required string Runtime { get; init; }

    /// <summary>The properties, where the report was not read from its text.</summary>
    public ImmutableArray<Property> Properties { get; init; } = [];

    /// <summary>One certificate a property.</summary>
    public required ImmutableArray<Certificate> Certificates { get; init; }

    /// <summary>What was measured: for each measure, one number, or one a sample.</summary>
    public ImmutableArray<Measurement> Measurements { get; init; } = [];

    /// <summary>False where the run was cancelled and only the first properties were decided, or the first numbers measured.</summary>
    public bool Complete { get; init; } = true;
}
