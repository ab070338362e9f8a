using Microsoft.Build.Framework;

namespace RobustVerify.Tasks;

/// <summary>Makes a report the committed baseline.</summary>
public sealed class AcceptBaseline : EngineTask
{
    /// <summary>The report of this build.</summary>
    [Required]
    public string Report { get; set; } = "";

    /// <summary>The <c>*.robust.verified.json</c> to write.</summary>
    [Required]
    public string Baseline { get; set; } = "";

    /// <inheritdoc/>
    protected override string Subject => Baseline;

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments => ["gate", "accept", "--report", Report, "--baseline", Baseline];
}
