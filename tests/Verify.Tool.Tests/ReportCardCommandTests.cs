using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class ReportCardCommandTests : Session
{
    private const string Any = "report-card iris.onnx --data iris.csv --label label";

    [Fact]
    public async Task Every_sample_has_a_line()
    {
        var ending = (await Run($"{Any} --radius 1")).With(0);
        var lines = ending.Output.TrimEnd().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Matches(@"^row 1: class 2, certified radius [\d.]+, Lipschitz radius [\d.]+, CLEVER [\d.]+ \[[\d.]+, [\d.]+\], counterexample at [\d.]+", lines[0]);
        Assert.Equal("note: no score of second order: ReLU bends or jumps", lines[3].TrimEnd());
        Assert.Contains("3 of 3 samples, norm l2, 3 with a counterexample", ending.LastLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("l1")]
    [InlineData("l2")]
    [InlineData("linf")]
    public async Task Programs_read_what_is_proved_below_what_refutes_it(string norm)
    {
        using var json = JsonDocument.Parse((await Run($"{Any} --radius 1 --norm {norm} --domain 0,8 --json")).With(0).Output);
        Assert.Equal(3, json.RootElement.GetArrayLength());
        foreach (var sample in json.RootElement.EnumerateArray())
        {
            double Number(string name) => sample.GetProperty(name).GetDouble();
            Assert.Equal(norm, sample.GetProperty("norm").GetString());
            Assert.InRange(Number("certifiedRadius"), 0.01, Number("distance"));
            Assert.InRange(Number("lipschitzRadius"), 0.01, Number("distance"));
            var clever = sample.GetProperty("clever");
            Assert.InRange(clever.GetProperty("score").GetDouble(), clever.GetProperty("lower").GetDouble(), clever.GetProperty("upper").GetDouble());
            Assert.Equal(JsonValueKind.Null, sample.GetProperty("secondOrderClever").ValueKind);
            Assert.Equal(4, sample.GetProperty("counterexample").GetProperty("input").GetArrayLength());
            Assert.Equal(clever.GetProperty("score").GetDouble() > Number("distance") ? 1 : 0, sample.GetProperty("warnings").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("--radius 0", "radius is 0")]
    [InlineData("", "--radius")]
    [InlineData("--radius 1 --domain 5,6", "does not lie in the domain")]
    [InlineData("--radius 1 --norm l3", "l3")]
    [InlineData("--radius 1 --ignore petal_width", "4 inputs, not 3")]
    public async Task A_question_that_cannot_be_answered_is_explained(string options, string said)
    {
        var ending = (await Run($"{Any} {options}")).With(1);
        Assert.Contains(said, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fault of RobustVerify", ending.Error, StringComparison.Ordinal);
    }
}
