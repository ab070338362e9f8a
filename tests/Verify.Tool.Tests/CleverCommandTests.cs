using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class CleverCommandTests : Session
{
    private const string Any = "clever iris.onnx --data iris.csv --label label";
    private const string Few = $"{Any} --radius 1 --batches 12 --samples 40";

    [Fact]
    public async Task Every_sample_has_a_score()
    {
        var ending = (await Run(Few)).With(0);
        var lines = ending.Output.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("row 1: score ", lines[0], StringComparison.Ordinal);
        Assert.Contains("from 2 to 1", lines[0], StringComparison.Ordinal);
        Assert.Contains("prove nothing", ending.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_scores_are_told_to_programs()
    {
        using var json = JsonDocument.Parse((await Run($"{Few} --norm linf --json")).With(0).Output);
        Assert.Equal(3, json.RootElement.GetArrayLength());
        foreach (var sample in json.RootElement.EnumerateArray())
        {
            double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
            var score = Number(sample, "score");
            Assert.InRange(score, Number(sample, "lower"), Number(sample, "upper"));
            Assert.InRange(score, 0, 1);
            Assert.Equal("linf", sample.GetProperty("norm").GetString());
            Assert.True(sample.TryGetProperty("pValue", out _));
            var targets = sample.GetProperty("targets").EnumerateArray().ToArray();
            Assert.Equal(2, targets.Length);
            Assert.Equal(score, targets.Min(target => Number(target, "score")));
        }
    }

    [Fact]
    public async Task One_target_and_a_transformation_can_be_asked_for()
    {
        using var json = JsonDocument.Parse((await Run($"{Few} --target least-likely --domain 0,8 --bits 8 --json")).With(0).Output);
        foreach (var sample in json.RootElement.EnumerateArray())
        {
            Assert.Equal(1, sample.GetProperty("targets").GetArrayLength());
            Assert.Equal("8 bits", sample.GetProperty("transformations")[0].GetString());
            Assert.True(sample.GetProperty("withoutTransformation").GetProperty("score").GetDouble() > 0);
        }
    }

    [Theory]
    [InlineData("--radius 1 --target 3", "no target class 3")]
    [InlineData("--radius 1 --target nearest", "--target is 'nearest'")]
    [InlineData("--radius 1 --order 2", "ReLU")]
    [InlineData("--radius 0", "radius is 0")]
    [InlineData("", "--radius")]
    [InlineData("--radius 1 --batches 2", "at least 10 batches")]
    [InlineData("--radius 1 --domain 5,6", "does not lie in the domain")]
    [InlineData("--radius 1 --bits 40", "--bits is 40")]
    [InlineData("--radius 1 --norm l3", "l3")]
    public async Task A_question_that_cannot_be_answered_is_explained(string options, string said)
    {
        var ending = (await Run($"{Any} {options}")).With(1);
        Assert.Contains(said, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fault of RobustVerify", ending.Error, StringComparison.Ordinal);
    }
}
