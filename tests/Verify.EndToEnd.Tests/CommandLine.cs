using System.Diagnostics;

namespace RobustVerify.EndToEnd.Tests;

/// <summary>What a command printed, and how it ended.</summary>
internal sealed record Outcome(int ExitCode, string Output)
{
    public Outcome Succeeds()
    {
        Assert.True(ExitCode == 0, $"The command ended with {ExitCode}:\n{Output}");
        return this;
    }

    public Outcome Fails()
    {
        Assert.True(ExitCode != 0, $"The command should have failed:\n{Output}");
        return this;
    }

    public Outcome Says(params ReadOnlySpan<string> phrases)
    {
        foreach (var phrase in phrases) Assert.Contains(phrase, Output);
        return this;
    }
}

/// <summary>The dotnet command, as a developer or a build server runs it.</summary>
internal static class CommandLine
{
    public static Outcome DotNet(string folder, string arguments, bool onBuildServer = false)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What the process that runs these tests tells its own children must not reach the throw-away project.
        foreach (var name in start.Environment.Keys.Where(IsOfThisBuild).ToList()) start.Environment.Remove(name);
        if (onBuildServer) start.Environment["CI"] = "true";
        start.Environment["DiffEngine_Disabled"] = "true";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output + errors.Result);
    }

    private static bool IsOfThisBuild(string name) =>
        name is "CI" or "TF_BUILD" or "GITHUB_ACTIONS" or "DOTNET_HOST_PATH" or "ROBUSTVERIFY_ONNXRUNTIME"
        || name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);
}
