using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Baselines;

/// <summary>A committed report, and where each of its properties stands in the file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Report">What it holds.</param>
/// <param name="Lines">The line of each certificate of the report, counted from 1.</param>
public sealed record Baseline(string Path, Report Report, ImmutableArray<int> Lines)
{
    /// <summary>The line of each measurement of the report, counted from 1.</summary>
    public ImmutableArray<int> MeasurementLines { get; init; } = [];

    /// <summary>The name of the file.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>The name of the file beside it that holds the latest run, where that differs.</summary>
    public string ReceivedFileName => System.IO.Path.GetFileName(BaselineFile.ReceivedPath(Path));
}
