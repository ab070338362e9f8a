using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications.Json;

public class PublishedSpecificationsTests
{
    /// <summary>Every specification of the repository's samples, as a path from its root.</summary>
    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"), "*.robust.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_specification_of_the_documentation_is_valid_by_the_schema()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "specification.md"));
        var blocks = page.Split("```json\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]).ToArray();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Null(JsonSchema.Published.Problem(block)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_sample_is_valid_by_the_schema_and_by_the_reader(string file)
    {
        var path = Path.Combine(Repository.Root, file);

        Assert.Null(JsonSchema.Published.Problem(File.ReadAllText(path)));
        Assert.True(File.Exists(Specification.Load(path).ModelPath));
    }
}
