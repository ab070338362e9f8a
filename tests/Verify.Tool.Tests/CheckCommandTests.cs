using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class CheckCommandTests : Session
{
    private const string Question = "--data iris.csv --radius 0.01 --label label";

    [Fact]
    public async Task What_verify_writes_is_accepted_and_verified_again_without_a_search()
    {
        var first = (await Run($"verify iris.onnx {Question} --certificate iris.certificate")).With(0);
        var check = (await Run("check iris.certificate")).With(0);
        Assert.StartsWith("row 1: accepted, verified (margin ", check.Output, StringComparison.Ordinal);
        Assert.Equal("3 of 3 accepted.", check.LastLine);
        var bytes = File.ReadAllBytes("iris.certificate");
        var second = (await Run($"verify iris.onnx {Question} --certificate iris.certificate")).With(0);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(bytes, File.ReadAllBytes("iris.certificate"));
    }

    [Fact]
    public async Task A_counterexample_is_shown_again()
    {
        (await Run("verify iris.onnx --data iris.csv --radius 3 --label label --certificate iris.certificate")).With(2);
        var check = (await Run("check iris.certificate --json")).With(0);
        var first = JsonDocument.Parse(check.Output).RootElement[0];
        Assert.Equal(("falsified", true), (first.GetProperty("verdict").GetString(), first.GetProperty("accepted").GetBoolean()));
    }

    [Fact]
    public async Task A_certificate_of_another_model_is_rejected()
    {
        (await Run($"verify iris.onnx {Question} --certificate iris.certificate")).With(0);
        var bytes = File.ReadAllBytes("iris.onnx");
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes("iris.onnx", bytes);
        var check = (await Run("check iris.certificate")).With(2);
        Assert.Contains("certificate of another model", check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.certificate", "RV2004")]
    [InlineData("iris.csv", "RV1008")]
    public async Task What_is_no_certificate_is_refused_by_name(string file, string code)
    {
        var ending = (await Run($"check {file}")).With(1);
        Assert.Contains(code, ending.Error, StringComparison.Ordinal);
        Assert.Contains(file, ending.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_proofs_of_a_benchmark_are_kept_and_accepted()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        (await Run("bench instances.csv --certificates proofs")).With(0);
        var files = Directory.GetFiles("proofs");
        (await Run($"check {string.Join(' ', files)}")).With(0);
        Assert.Single(files);
    }
}
