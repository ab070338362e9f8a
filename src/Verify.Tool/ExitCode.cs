using RobustVerify.Core.Certificates;

namespace RobustVerify.Tool;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked holds.</summary>
    public const int Holds = 0;

    /// <summary>The command line or a file is wrong, or the tool failed.</summary>
    public const int Error = 1;

    /// <summary>A property is falsified, a limit broken, a run is worse than its baseline, or a verdict contradicts the expected one.</summary>
    public const int Falsified = 2;

    /// <summary>Something is neither proved nor refuted, or the run was cancelled.</summary>
    public const int Inconclusive = 3;

    /// <summary>The model has an operator that is not supported.</summary>
    public const int UnsupportedModel = 4;

    /// <summary>The code of a report: the worst of its verdicts and limits; a cancelled run is inconclusive at best.</summary>
    public static int Of(Report report) =>
        report.Certificates.Any(certificate => certificate.Verdict == Verdict.Falsified) || report.Measurements.Any(measurement => measurement.Limit == LimitStatus.Broken) ? Falsified
        : report.Complete && report.Certificates.All(certificate => certificate.Verdict == Verdict.Verified) && report.Measurements.All(measurement => measurement.Limit != LimitStatus.Undecided) ? Holds
        : Inconclusive;
}
