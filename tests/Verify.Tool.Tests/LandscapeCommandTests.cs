using System.Text.Json;
using System.Xml.Linq;

namespace RobustVerify.Tool.Tests;

public sealed class LandscapeCommandTests : Session
{
    [Fact]
    public async Task Minima_are_told_with_what_they_are_worth_and_drawn()
    {
        WriteTraining();

        var ending = (await Run("landscape iris.train.json --steps 4 --picture graph.svg")).With(0);

        Assert.StartsWith("minimum 0, visits ", ending.Output, StringComparison.Ordinal);
        Assert.Contains("Rank correlation of the objective with the sensitivity of margins: ", ending.Output, StringComparison.Ordinal);
        var minima = ending.Output.Split('\n').Count(line => line.StartsWith("minimum ", StringComparison.Ordinal));
        Assert.Equal(minima, XDocument.Load("graph.svg").Descendants().Count(element => element.Name.LocalName == "circle"));
    }

    [Fact]
    public async Task Programs_read_the_minima_and_the_paths()
    {
        WriteTraining();

        var ending = (await Run("landscape iris.train.json --steps 4 --json")).With(0);

        using var json = JsonDocument.Parse(ending.Output);
        var minima = json.RootElement.GetProperty("minima");
        Assert.True(json.RootElement.GetProperty("complete").GetBoolean());
        Assert.True(json.RootElement.GetProperty("paths").GetArrayLength() >= minima.GetArrayLength() - 1);
        foreach (var path in json.RootElement.GetProperty("paths").EnumerateArray())
        {
            foreach (var end in new[] { "from", "to" })
                Assert.True(path.GetProperty("height").GetDouble() >= minima[path.GetProperty(end).GetInt32()].GetProperty("objective").GetDouble() - 1e-12);
        }
    }

    [Fact]
    public async Task Cancelled_it_tells_what_was_found()
    {
        WriteTraining();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        (await Run("landscape iris.train.json --json", source.Token)).With(3);
    }

    [Theory]
    [InlineData("landscape iris.train.json --steps 0", "above zero")]
    [InlineData("landscape iris.train.json --temperature -1", "above zero")]
    public async Task Numbers_must_be_positive(string arguments, string message)
    {
        WriteTraining();
        Assert.Contains(message, (await Run(arguments)).With(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Networks_with_kinks_are_refused()
    {
        WriteTraining(activation: "relu");
        Assert.Contains("take a smooth activation", (await Run("landscape iris.train.json")).With(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_far_inputs_move_must_be_said()
    {
        WriteTraining(region: "");
        Assert.Contains("give a 'region' with a radius", (await Run("landscape iris.train.json")).With(1).Error, StringComparison.Ordinal);
    }

    private static void WriteTraining(string activation = "tanh", string region = "\"region\": { \"radius\": 0.1 },") => File.WriteAllText(
        "iris.train.json",
        $$"""
        {
          "samples": { "file": "iris.csv", "label": "label" },
          "scaling": "standard",
          {{region}}
          "layers": [ { "size": 3, "activation": "{{activation}}" } ],
          "loss": { "weightDecay": 0.001 },
          "output": "trained.onnx"
        }
        """);
}
