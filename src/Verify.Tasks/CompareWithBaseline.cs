using Microsoft.Build.Framework;

namespace RobustVerify.Tasks;

/// <summary>Compares a report with the committed baseline: worse is an error, better is a warning.</summary>
public sealed class CompareWithBaseline : EngineTask
{
    /// <summary>The report of this build.</summary>
    [Required]
    public string Report { get; set; } = "";

    /// <summary>The committed <c>*.robust.verified.json</c>.</summary>
    [Required]
    public string Baseline { get; set; } = "";

    /// <summary>What to do to accept a difference, as the end of a sentence.</summary>
    [Required]
    public string HowToAccept { get; set; } = "";

    /// <inheritdoc/>
    protected override string Subject => Baseline;

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
        ["gate", "compare", "--report", Report, "--baseline", Baseline, "--accept", HowToAccept];

    /// <inheritdoc/>
    /// <remarks>Equal files need no engine to compare them, unless an earlier difference is to be cleared away.</remarks>
    protected override bool SkipTaskExecution() =>
        File.Exists(Baseline)
        && !File.Exists(Baseline.Replace(".verified.json", ".received.json"))
        && File.ReadAllBytes(Report).SequenceEqual(File.ReadAllBytes(Baseline));
}
