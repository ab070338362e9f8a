namespace RobustVerify.Core.Baselines;

/// <summary>How a run differs from its baseline.</summary>
public enum FindingKind
{
    /// <summary>A property has a worse verdict, or a smaller radius or margin; or what was measured is worse.</summary>
    Worse,

    /// <summary>What was measured breaks its limit, whatever the baseline says.</summary>
    LimitBroken,

    /// <summary>A property or measure of the baseline has no result in this run.</summary>
    Missing,

    /// <summary>A property has a better verdict, or a larger radius or margin; or what was measured is better.</summary>
    Better,

    /// <summary>A property or measure has no entry in the baseline.</summary>
    New,

    /// <summary>There is no baseline to compare with.</summary>
    NoBaseline,
}

/// <summary>One difference between a run and its baseline.</summary>
/// <param name="Kind">How they differ.</param>
/// <param name="IsError">True where the difference must fail a build or a test, false where it is a warning.</param>
/// <param name="Code">The code of <see cref="DiagnosticCodes"/>, which <c>docs/diagnostics.md</c> explains.</param>
/// <param name="Property">The name of the property, or of the measure with its sample; null where the finding speaks of the whole run.</param>
/// <param name="Message">What differs, how to look at it and how to accept it, in full sentences.</param>
/// <param name="Path">The baseline's file.</param>
/// <param name="Line">The line of that in the file, counted from 1.</param>
public sealed record Finding(FindingKind Kind, bool IsError, string Code, string? Property, string Message, string Path, int Line);
