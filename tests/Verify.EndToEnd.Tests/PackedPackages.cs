using System.Reflection;

namespace RobustVerify.EndToEnd.Tests;

/// <summary>The packages as they would be published, in a feed of their own and with a version that nothing has cached.</summary>
public sealed class PackedPackages : IDisposable
{
    public PackedPackages()
    {
        Version = $"0.0.0-test{DateTime.UtcNow:yyyyMMddHHmmssfff}";
        foreach (var project in new[] { "Core", "Xunit", "Tasks" })
        {
            CommandLine.DotNet(
                RepositoryRoot,
                $"pack src/Verify.{project}/Verify.{project}.csproj -c Release -o \"{Feed}\" --artifacts-path \"{Folder}/artifacts\" -p:PackageVersion={Version} -v quiet -nologo")
                .Succeeds();
        }
    }

    public static string RepositoryRoot { get; } = typeof(PackedPackages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public string Version { get; }

    public string Feed => Path.Combine(Folder, "feed");

    private string Folder { get; } = Directory.CreateTempSubdirectory("robustverify-").FullName;

    /// <summary>A copy of a sample, outside the repository, that uses the packages.</summary>
    public string CopyOf(string name)
    {
        var copy = Directory.CreateDirectory(Path.Combine(Folder, Path.GetRandomFileName())).FullName;
        var sample = Path.Combine(RepositoryRoot, "samples", name);
        foreach (var file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(sample, file);
            if (relative.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj") || relative.Contains(".received.", StringComparison.Ordinal)) continue;
            var target = Path.Combine(copy, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        File.WriteAllText(Path.Combine(copy, "Directory.Build.props"), """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(copy, "Directory.Packages.props"), $"""
            <Project>
              <Import Project="{RepositoryRoot}Directory.Packages.props" />
              <ItemGroup>
                <PackageVersion Include="RobustVerify.Tasks" Version="{Version}" />
                <PackageVersion Include="RobustVerify.Xunit" Version="{Version}" />
              </ItemGroup>
            </Project>
            """);
        // The machine's own cache serves what it has; only what is new is put into a cache that goes away with this folder.
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(copy, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Folder}/packages" /></config>
              <fallbackPackageFolders><add key="machine" value="{cache}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="{Feed}" /></packageSources>
            </configuration>
            """);
        return copy;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>The tests that share the packages, which take longer to make than to use.</summary>
[CollectionDefinition(Name)]
public sealed class OnPackages : ICollectionFixture<PackedPackages>
{
    public const string Name = "on packages";
}
