using System.Reflection;

namespace RobustVerify.Xunit;

/// <summary>Finds the files that tests name.</summary>
internal static class TestFiles
{
    /// <summary>The full path of a file that a test names: in the output folder, beside the source file, or in the project's folder.</summary>
    /// <exception cref="FileNotFoundException">It is in none of them.</exception>
    public static string Find(string name, string sourceFile, Assembly assembly)
    {
        string?[] folders = [AppContext.BaseDirectory, Path.GetDirectoryName(sourceFile), ProjectDirectory(assembly)];
        var candidates = folders.OfType<string>().Select(folder => Path.GetFullPath(Path.Combine(folder, name))).Distinct().ToList();
        return candidates.Find(File.Exists) ?? throw new FileNotFoundException(
            $"There is no file '{name}'. Looked for {string.Join(", ", candidates)}. To copy it to the output folder, add "
            + $"<None Include=\"{name}\" CopyToOutputDirectory=\"IfDifferent\" /> to the project.");
    }

    /// <summary>A file of a name for what a test found, below its output folder.</summary>
    public static string Result(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "counterexamples");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $"{string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'))}.json");
    }

    /// <summary>The folder of a source file on this machine.</summary>
    /// <remarks>
    /// A deterministic build records /_/some/folder/Tests.cs. What of it lies under the project's folder is recognised by
    /// its longest end that exists there.
    /// </remarks>
    public static string FolderOf(string sourceFile, Assembly assembly)
    {
        if (!File.Exists(sourceFile) && ProjectDirectory(assembly) is { } project)
        {
            for (var slash = sourceFile.IndexOfAny(['/', '\\']); slash >= 0; slash = sourceFile.IndexOfAny(['/', '\\'], slash + 1))
            {
                var candidate = Path.Combine(project, sourceFile[(slash + 1)..]);
                if (File.Exists(candidate)) return Path.GetDirectoryName(candidate)!;
            }

            return project;
        }

        return Path.GetDirectoryName(sourceFile)!;
    }

    private static string? ProjectDirectory(Assembly assembly) => assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == "RobustVerify.ProjectDirectory")?.Value;
}
