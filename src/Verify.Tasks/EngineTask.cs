using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace RobustVerify.Tasks;

/// <summary>Runs a command of the engine in a process of its own, and logs what it finds.</summary>
/// <remarks>
/// In a process of its own because MSBuild keeps tasks loaded between builds, finds no native libraries for them, and may
/// run on .NET Framework. The engine writes findings as <c>file(line): error RV1001: message</c>.
/// </remarks>
public abstract class EngineTask : ToolTask
{
    private static readonly Regex Finding = new(
        @"^((?<file>.+?)\((?<line>\d+)\)|robustverify ): (?<kind>error|warning) (?<code>RV\d{4}): (?<text>.*)$");

    // A failure says what is wrong with a file in its text.
    private static readonly Regex Failure = new(@"^(?<file>.+?)\((?<line>\d+)(,(?<column>\d+))?\): (?<text>.*)$");

    /// <summary>Compiles loops quickly first: what replays proofs is over before compiling them well would pay.</summary>
    protected EngineTask() => EnvironmentVariables = ["DOTNET_TC_QuickJitForLoops=1"];

    /// <summary>The path of the dotnet host.</summary>
    [Required]
    public string DotNet { get; set; } = "";

    /// <summary>The path of the engine.</summary>
    [Required]
    public string Engine { get; set; } = "";

    /// <summary>The page that explains the codes, one heading each.</summary>
    [Required]
    public string Documentation { get; set; } = "";

    /// <inheritdoc/>
    protected override string ToolName => "dotnet";

    /// <inheritdoc/>
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc/>
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <summary>The engine's command with its arguments.</summary>
    protected abstract IEnumerable<string> Arguments { get; }

    /// <summary>The file that a failure which names no other is about.</summary>
    protected abstract string Subject { get; }

    /// <inheritdoc/>
    protected override string GenerateFullPathToTool() => DotNet;

    /// <inheritdoc/>
    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        foreach (var part in new[] { "exec", "--roll-forward", "Major", Engine }.Concat(Arguments)) line.AppendTextUnquoted($"{Quoted(part)} ");
        return line.ToString();
    }

    /// <inheritdoc/>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        var finding = Finding.Match(singleLine);
        if (!finding.Success)
        {
            Log.LogMessage(messageImportance, "{0}", singleLine);
            return;
        }

        var (kind, code) = (finding.Groups["kind"].Value, finding.Groups["code"].Value);
        var placed = finding.Groups["file"].Success ? finding : Failure.Match(finding.Groups["text"].Value) is { Success: true } failure ? failure : null;
        var file = placed?.Groups["file"].Value ?? Subject;
        var text = (placed ?? finding).Groups["text"].Value;
        int Number(string name) => placed?.Groups[name] is { Success: true } group ? int.Parse(group.Value) : 0;
        var help = $"{new Uri(Path.GetFullPath(Documentation)).AbsoluteUri}#{code.ToLowerInvariant()}";
        if (kind == "error")
            Log.LogError(null, code, null, help, file, Number("line"), Number("column"), 0, 0, "{0}", text);
        else
            Log.LogWarning(null, code, null, help, file, Number("line"), Number("column"), 0, 0, "{0}", text);
    }

    // A backslash before the closing quote would escape it.
    private static string Quoted(string argument) => $"\"{(argument.EndsWith("\\", StringComparison.Ordinal) ? argument + "\\" : argument)}\"";
}
