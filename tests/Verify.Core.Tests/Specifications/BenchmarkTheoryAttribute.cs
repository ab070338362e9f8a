namespace RobustVerify.Core.Tests.Specifications;

/// <summary>A theory over the public benchmarks, which lie beside the repository on some machines only.</summary>
public sealed class BenchmarkTheoryAttribute : TheoryAttribute
{
    public BenchmarkTheoryAttribute()
    {
        if (Folder is null) Skip = "The benchmarks are not beside the repository, in ../shared.";
    }

    /// <summary>Where the benchmarks lie, or null where they do not.</summary>
    public static string? Folder { get; } = Repository.Shared is { } shared ? Path.Combine(shared, "benchmarks") : null;

    /// <summary>The families that are there; one name where none is, so that the theory shows as skipped.</summary>
    public static TheoryData<string> Families =>
        Folder is not null
            ? [.. Directory.GetDirectories(Folder).Select(family => Path.GetFileName(family)).Order(StringComparer.Ordinal)]
            : ["none"];
}
