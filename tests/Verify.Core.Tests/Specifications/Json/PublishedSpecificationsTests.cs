namespace RobustVerify.Core.Tests.Specifications.Json;

public class PublishedSpecificationsTests
{
    [Fact]
    public void Every_specification_of_the_documentation_is_valid_by_the_schema()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "specification.md"));
        var blocks = page.Split("```json\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]).ToArray();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Null(JsonSchema.Published.Problem(block)));
    }
}
