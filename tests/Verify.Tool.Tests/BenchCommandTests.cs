using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class BenchCommandTests : Session
{
    [Fact]
    public async Task Every_instance_is_answered_and_compared_though_one_fails()
    {
        File.WriteAllText("large.vnnlib", Query(radius: 3));
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\niris.onnx,missing.vnnlib,60\niris.onnx,large.vnnlib,60\n");
        File.WriteAllText("expected.csv", "onnx,vnnlib,verdict,confidence\niris.onnx,property.vnnlib,unsat,vote3\niris.onnx,large.vnnlib,unknown,none\n");
        var ending = (await Run("bench instances.csv --counterexamples found")).With(1);
        Assert.Equal("2 of 3 decided, 0 wrong", ending.LastLine);
        Assert.Equal(
            ["verdict expected", "unsat unsat", "error unknown", "sat unknown"],
            File.ReadLines("results.csv").Select(line => line.Split(',')).Select(cells => $"{cells[3]} {cells[5]}"));
        Assert.StartsWith("((X_0 ", File.ReadAllText(Assert.Single(Directory.GetFiles("found"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_contradicts_the_known_one_ends_with_2()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        File.WriteAllText("expected.csv", "onnx,vnnlib,verdict,confidence\niris.onnx,property.vnnlib,sat,certain\n");
        var ending = (await Run("bench instances.csv")).With(2);
        Assert.Contains("WRONG, sat is known", ending.Output, StringComparison.Ordinal);
        Assert.Equal("1 of 1 decided, 1 wrong", ending.LastLine);
    }

    [Fact]
    public async Task With_json_the_output_is_a_list_and_the_lines_go_to_the_error_stream()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        var ending = (await Run("bench instances.csv --json")).With(0);
        using var list = JsonDocument.Parse(ending.Output);
        Assert.Equal("unsat", Assert.Single(list.RootElement.EnumerateArray()).GetProperty("verdict").GetString());
        Assert.EndsWith("1 of 1 decided, 0 wrong", ending.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_that_ran_out_is_a_timeout()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        Assert.StartsWith("timeout", (await Run("bench instances.csv --timeout 0.000001")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_families_can_be_filtered()
    {
        foreach (var family in new[] { "a", "b" })
        {
            Directory.CreateDirectory(family);
            File.WriteAllText(Path.Combine(family, "instances.csv"), "../iris.onnx,../property.vnnlib,60\n");
        }

        Assert.Equal("2 of 2 decided, 0 wrong", (await Run("bench .")).With(0).LastLine);
        var filtered = (await Run("bench . --family b --output b.csv")).With(0);
        Assert.Equal("1 of 1 decided, 0 wrong", filtered.LastLine);
        Assert.Contains("'c'; there are a, b", (await Run("bench . --family c")).With(1).Error, StringComparison.Ordinal);
        Assert.StartsWith("b,", File.ReadLines("b.csv").Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_its_table()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        var ending = (await Run("bench instances.csv", new CancellationToken(canceled: true))).With(3);
        Assert.Contains("Cancelled after 0 of 1 instances.", ending.Output, StringComparison.Ordinal);
    }
}
