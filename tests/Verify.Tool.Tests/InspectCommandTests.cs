using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class InspectCommandTests : Session
{
    [Fact]
    public async Task A_model_is_described()
    {
        var ending = (await Run("inspect iris.onnx")).With(0);
        foreach (var line in new[] { "input        input [1, 4]", "output       output [1, 3]", "parameters   193", "activations  ReLU × 20" })
            Assert.Contains(line, ending.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_described_for_programs()
    {
        using var json = JsonDocument.Parse((await Run("inspect iris.onnx --json")).With(0).Output);
        Assert.Equal(193, json.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal(20, json.RootElement.GetProperty("activations").GetProperty("ReLU").GetInt32());
    }
}
