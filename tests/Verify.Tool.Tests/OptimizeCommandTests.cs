using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class OptimizeCommandTests : Session
{
    [Fact]
    public async Task The_largest_output_over_a_box_is_proved()
    {
        var result = await Json("optimize iris.onnx --maximize Y_0 --lower 4 --upper 5 --json");
        Assert.True(result.GetProperty("optimal").GetBoolean());
        Assert.InRange(result.GetProperty("limit").GetDouble(), result.GetProperty("value").GetDouble(), result.GetProperty("value").GetDouble() + result.GetProperty("tolerance").GetDouble());
        Assert.All(result.GetProperty("input").EnumerateArray(), x => Assert.InRange(x.GetDouble(), 4, 5));
        Assert.Equal(4, result.GetProperty("input").GetArrayLength());
        Assert.Equal(("Y_0", "maximize"), (result.GetProperty("objective").GetString(), result.GetProperty("goal").GetString()));
        var text = (await Run("optimize iris.onnx --maximize Y_0 --lower 4 --upper 5")).With(0).Output;
        Assert.StartsWith("the largest Y_0 is ", text, StringComparison.Ordinal);
        Assert.Contains(", optimal at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sums_of_outputs_and_both_directions_agree()
    {
        var most = await Json("optimize iris.onnx --maximize Y_0-2*Y_1+0.5Y_2 --lower 4 --upper 5 --json");
        var least = await Json("optimize iris.onnx --minimize=-Y_0+2Y_1-5e-1*Y_2 --lower 4 --upper 5 --json");
        Assert.Equal(most.GetProperty("value").GetDouble(), -least.GetProperty("value").GetDouble());
        Assert.Equal(most.GetProperty("limit").GetDouble(), -least.GetProperty("limit").GetDouble());
    }

    [Fact]
    public async Task Around_samples_the_best_of_all_counts_and_ranges_hold_every_optimum()
    {
        var result = await Json("optimize iris.onnx --maximize Y_1 --at iris.csv --ignore label --radius 2% --json");
        var samples = result.GetProperty("samples").EnumerateArray().ToArray();
        Assert.Equal(["row 1", "row 2", "row 3"], samples.Select(sample => sample.GetProperty("name").GetString()));
        Assert.Equal(result.GetProperty("value").GetDouble(), samples.Max(sample => sample.GetProperty("value").GetDouble()));
        double[] first = [6.7, 3.3, 5.7, 2.5];
        Assert.All(samples[0].GetProperty("input").EnumerateArray().Zip(first), pair => Assert.InRange(pair.First.GetDouble(), 0.98 * pair.Second - 1e-9, 1.02 * pair.Second + 1e-9));

        var ranges = await Json("optimize iris.onnx --ranges --at iris.csv --ignore label --radius 2% --json");
        var outputs = ranges.GetProperty("outputs").EnumerateArray().ToArray();
        Assert.Equal(3, outputs.Length);
        Assert.Equal(result.GetProperty("value").GetDouble(), outputs[1].GetProperty("maximum").GetProperty("value").GetDouble());
        Assert.All(outputs, output => Assert.True(output.GetProperty("minimum").GetProperty("limit").GetDouble() <= output.GetProperty("maximum").GetProperty("limit").GetDouble()));
        Assert.Contains("of all samples: the largest Y_2 is ", (await Run("optimize iris.onnx --ranges --at iris.csv --ignore label --radius petal_length=2%,petal_width=0.1sd")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_proved_is_told_as_an_interval_and_an_estimate()
    {
        var ending = await Run("optimize iris.onnx --maximize Y_0 --lower 0 --upper 8 --seconds 1e-9");
        Assert.Contains("and none is above ", ending.With(3).Output, StringComparison.Ordinal);
        Assert.Contains("by estimate, not by proof", ending.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--maximize Y_7 --lower 0 --upper 1", "There is no output Y_7; the model has Y_0 to Y_2.")]
    [InlineData("--maximize Y_0-Z --lower 0 --upper 1", "is no sum of outputs")]
    [InlineData("--maximize 2*3*Y_0 --lower 0 --upper 1", "is no sum of outputs")]
    [InlineData("--maximize 1e999*Y_0 --lower 0 --upper 1", "is no sum of outputs")]
    [InlineData("--maximize Y_0Y_1 --lower 0 --upper 1", "is no sum of outputs")]
    [InlineData("--maximize Y_0 --minimize Y_1 --lower 0 --upper 1", "Give one of --maximize, --minimize and --ranges")]
    [InlineData("--lower 0 --upper 1", "Give one of --maximize, --minimize and --ranges")]
    [InlineData("--maximize Y_0", "Where do the inputs lie? Give either --lower a --upper b, or --at FILE.csv --radius r.")]
    [InlineData("--maximize Y_0 --lower 0 --upper 1 --starts 0", "--starts is a positive number")]
    [InlineData("--maximize Y_0 --lower 0 --upper 1 --seconds -1", "--seconds is a positive number")]
    [InlineData("--maximize Y_0 --at iris.csv --ignore label --radius 2%%", "part of each value such as 2%")]
    [InlineData("--maximize Y_0 --at iris.csv --ignore label --radius -2%", "must not be negative")]
    [InlineData("--maximize Y_0 --global", "--global")]
    public async Task A_wrong_question_is_explained(string options, string said)
    {
        var ending = (await Run($"optimize iris.onnx {options}")).With(1);
        Assert.Contains(said, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("RV2006", ending.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> Json(string commandLine) => JsonDocument.Parse((await Run(commandLine)).With(0).Output).RootElement;
}
