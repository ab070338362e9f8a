using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class TrainCommandTests : Session
{
    [Fact]
    public async Task A_network_is_trained_and_can_be_verified()
    {
        WriteTraining();

        var ending = (await Run("train iris.train.json")).With(0);

        Assert.Contains("epoch 40 of 40: loss", ending.Output, StringComparison.Ordinal);
        Assert.Contains("training: accuracy 100.0 %", ending.Output, StringComparison.Ordinal);
        Assert.Equal("The model is trained.onnx.", ending.LastLine);
        Assert.Contains("input        input [1, 4]", (await Run("inspect trained.onnx")).With(0).Output, StringComparison.Ordinal);
        (await Run("verify trained.onnx --data iris.csv --radius 0.01 --label label")).With(0);
    }

    [Fact]
    public async Task Programs_read_how_good_it_is()
    {
        WriteTraining();

        var ending = (await Run("train iris.train.json --json")).With(0);

        using var json = JsonDocument.Parse(ending.Output);
        Assert.Equal(40, json.RootElement.GetProperty("epochs").GetInt32());
        Assert.Equal(1, json.RootElement.GetProperty("training").GetProperty("accuracy").GetDouble());
        Assert.True(json.RootElement.GetProperty("training").GetProperty("medianWidth").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("test").ValueKind);
        Assert.Contains("epoch 40 of 40", ending.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_before_the_first_epoch_it_says_so()
    {
        WriteTraining();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        (await Run("train iris.train.json", source.Token)).With(3);

        Assert.False(File.Exists("trained.onnx"));
    }

    [Fact]
    public async Task A_mistake_is_one_line_with_its_place()
    {
        WriteTraining(activation: "rleu");

        var ending = (await Run("train iris.train.json")).With(1);

        Assert.Contains("robustverify : error RV", ending.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'relu'?", ending.Error, StringComparison.Ordinal);
    }

    private static void WriteTraining(string activation = "relu") => File.WriteAllText(
        "iris.train.json",
        $$"""
        {
          "samples": { "file": "iris.csv", "label": "label" },
          "scaling": "standard",
          "region": { "radius": 0.1 },
          "layers": [ { "size": 6, "activation": "{{activation}}" } ],
          "loss": { "sensitivity": 0.1 },
          "training": { "epochs": 40, "learningRate": 0.05 },
          "output": "trained.onnx"
        }
        """);
}
