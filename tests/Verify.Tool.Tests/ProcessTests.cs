using System.Diagnostics;

namespace RobustVerify.Tool.Tests;

/// <summary>The one thing that needs a process: that <c>Program</c> hands arguments, streams and the exit code through.</summary>
public sealed class ProcessTests : Session
{
    [Fact]
    public async Task The_program_ends_with_the_exit_code_and_one_line()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RobustVerifyCommand).Assembly.Location, "verify", "iris.onnx", "missing.vnnlib"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", await output);
        Assert.Contains("missing.vnnlib", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(1, process.ExitCode);
    }
}
