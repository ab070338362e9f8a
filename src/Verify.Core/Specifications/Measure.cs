namespace RobustVerify.Core.Specifications;

/// <summary>A number that a specification asks for, of each of some regions, with a limit that it must keep, if any.</summary>
public abstract record Measure
{
    /// <summary>A name that is unique within its specification, and stays the same from run to run.</summary>
    public required string Name { get; init; }

    /// <summary>What it is measured of: every sample's region, or one region.</summary>
    public required SampleRegions Regions { get; init; }
}
