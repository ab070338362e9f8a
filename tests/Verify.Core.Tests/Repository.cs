namespace RobustVerify.Core.Tests;

/// <summary>Where the tests' files lie.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The folder of shared models and benchmarks beside the repository, or null where there is none.</summary>
    public static string? Shared { get; } =
        Path.Combine(Root, "..", "shared") is var shared && Directory.Exists(shared) ? Path.GetFullPath(shared) : null;

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Verify.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No Verify.sln above the tests.");
        return folder;
    }
}
