namespace RobustVerify.Core.Baselines;

/// <summary>The codes that every surface of the product reports with. <c>docs/diagnostics.md</c> has a section for each.</summary>
public static class DiagnosticCodes
{
    /// <summary>The verdict of a property is worse than in the baseline.</summary>
    public const string VerdictWorse = "RV1001";

    /// <summary>The certified radius or margin of a property is smaller than in the baseline, or what was measured is worse.</summary>
    public const string BoundWorse = "RV1002";

    /// <summary>A property or measure of the baseline is missing from the run.</summary>
    public const string PropertyMissing = "RV1003";

    /// <summary>A property or measure of the run is not in the baseline.</summary>
    public const string PropertyNew = "RV1004";

    /// <summary>A property or measure is better than in the baseline.</summary>
    public const string Better = "RV1005";

    /// <summary>There is no baseline.</summary>
    public const string NoBaseline = "RV1006";

    /// <summary>The baseline cannot be read.</summary>
    public const string BaselineUnreadable = "RV1007";

    /// <summary>A file of certificates cannot be read.</summary>
    public const string CertificateUnreadable = "RV1008";

    /// <summary>What was measured breaks the limit that the specification sets.</summary>
    public const string LimitBroken = "RV1009";

    /// <summary>The specification, its data or its query is wrong.</summary>
    public const string SpecificationInvalid = "RV2001";

    /// <summary>The model is no valid ONNX model, or not the one that the specification expects.</summary>
    public const string ModelInvalid = "RV2002";

    /// <summary>The model has an operator that is not supported.</summary>
    public const string ModelUnsupported = "RV2003";

    /// <summary>A file cannot be read or written.</summary>
    public const string FileUnreadable = "RV2004";

    /// <summary>The run was cancelled or ran out of time before every property was looked at.</summary>
    public const string RunIncomplete = "RV2005";

    /// <summary>The engine itself failed.</summary>
    public const string EngineFailed = "RV2006";
}
