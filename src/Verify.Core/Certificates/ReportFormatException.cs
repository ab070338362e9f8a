namespace RobustVerify.Core.Certificates;

/// <summary>A text is no report, or one of a version that this engine does not read.</summary>
public sealed class ReportFormatException : FormatException
{
    /// <summary>Says what is wrong with which line of which file.</summary>
    /// <param name="path">The file, or null for a text that comes from none.</param>
    /// <param name="line">The line, counted from 1.</param>
    /// <param name="problem">What is wrong, and what to do about it.</param>
    /// <param name="inner">What the JSON reader said, if it was the one to notice.</param>
    public ReportFormatException(string? path, int line, string problem, Exception? inner = null)
        : base($"{path ?? "report"}({line}): {problem}", inner) => (Path, Line) = (path, line);

    /// <summary>The file, or null where the text came from none.</summary>
    public string? Path { get; }

    /// <summary>The line, counted from 1.</summary>
    public int Line { get; }
}
