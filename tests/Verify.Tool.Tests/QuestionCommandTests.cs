using System.Globalization;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool.Tests;

public sealed class QuestionCommandTests : Session
{
    private const string Data = "iris.onnx --data iris.csv --label label";

    [Fact]
    public async Task Robust_samples_end_with_0_and_a_line_each()
    {
        var ending = (await Run($"verify {Data} --radius 0.01")).With(0);
        Assert.Equal(["row 1: verified", "row 2: verified", "row 3: verified"], ending.Output.Split('\n')[..3].Select(line => line.Split(" (")[0]));
        Assert.StartsWith("iris: 3 verified, 0 unknown, 0 falsified (iris.onnx, ", ending.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_counterexample_ends_with_2() => (await Run($"verify {Data} --radius 3")).With(2);

    [Fact]
    public async Task What_is_neither_proved_nor_refuted_ends_with_3()
    {
        WriteSpecification(radius: 3, """ "attackRestarts": 0, "subproblems": 0 """);
        Assert.Contains("0 verified, 3 unknown", (await Run("verify iris.robust.json")).With(3).LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_holds_within_its_certified_radius_and_fails_beyond_the_attacked_one()
    {
        File.WriteAllLines("first.csv", File.ReadLines("iris.csv").Take(2));
        const string First = "iris.onnx --data first.csv --label label";
        var measured = (await Run($"radius {First} --radius 1 --json")).With(0);
        var sample = Assert.Single(ReportJson.Read(measured.Output).Certificates);
        Assert.True(sample.CertifiedRadius < sample.AttackedRadius, $"certified {sample.CertifiedRadius}, attacked {sample.AttackedRadius}");
        (await Run(string.Create(CultureInfo.InvariantCulture, $"verify {First} --radius {0.99 * sample.CertifiedRadius}"))).With(0);
        (await Run(string.Create(CultureInfo.InvariantCulture, $"verify {First} --radius {1.01 * sample.AttackedRadius}"))).With(2);
    }

    [Fact]
    public async Task A_specification_and_its_samples_are_verified()
    {
        WriteSpecification(radius: 0.01);
        Assert.StartsWith("iris: 3 verified", (await Run("verify iris.robust.json")).With(0).LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_is_verified_or_falsified()
    {
        (await Run("verify iris.onnx property.vnnlib")).With(0);
        File.WriteAllText("property.vnnlib", Query(radius: 3));
        (await Run("verify iris.onnx property.vnnlib")).With(2);
    }

    [Fact]
    public async Task What_float32_computes_is_proved_where_that_is_asked()
    {
        foreach (var question in new[] { $"{Data} --radius 0.01", "iris.onnx property.vnnlib" })
        {
            var ending = (await Run($"verify {question} --semantics float32")).With(0);
            Assert.Contains("for float32", ending.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("for float32", (await Run($"verify {question}")).With(0).Output, StringComparison.Ordinal);
        }

        WriteSpecification(radius: 0.01);
        var report = ReportJson.Read((await Run("verify iris.robust.json --semantics float32 --json")).With(0).Output);
        Assert.All(report.Certificates, certificate => Assert.Equal(Semantics.Float32, certificate.Semantics));
    }

    [Fact]
    public async Task Columns_that_are_neither_inputs_nor_labels_are_ignored()
    {
        File.WriteAllLines("iris.csv", File.ReadAllLines("iris.csv").Select((line, i) => i == 0 ? $"split,{line},row" : $"train,{line},{i}"));
        Assert.Contains("ignore the column", (await Run($"verify {Data} --radius 0.01")).With(1).Error, StringComparison.Ordinal);
        (await Run($"verify {Data} --radius 0.01 --ignore split row")).With(0);
    }

    [Fact]
    public async Task A_domain_cuts_the_region()
    {
        (await Run($"verify {Data} --radius 3")).With(2);
        var outside = (await Run($"verify {Data} --radius 3 --domain 100,200")).With(1);
        Assert.Contains("row 1", outside.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_the_output_is_a_report_and_the_lines_go_to_the_error_stream()
    {
        var ending = (await Run($"verify {Data} --radius 3 --json")).With(2);
        var report = ReportJson.Read(ending.Output);
        Assert.Contains(report.Certificates, certificate => certificate.Counterexample is { Input.Length: 4 });
        Assert.Contains("row 1: ", ending.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_sees_a_table()
    {
        using var output = new StringWriter();
        var code = await RobustVerifyCommand.RunAsync(["radius", .. Data.Split(' '), "--radius", "1"], new Terminal(output, TextWriter.Null, Interactive: true), default);
        Assert.Equal(0, code);
        Assert.Contains("│ row 3 ", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Radii are multiples of the radius that was given.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_it_knows_and_ends_with_3()
    {
        using var cancellation = new CancellationTokenSource();
        using var output = new CancellingWriter(cancellation);
        var ending = (await Run($"verify {Data} --radius 0.01", output, cancellation.Token)).With(3);
        Assert.StartsWith("row 1: verified", ending.Output, StringComparison.Ordinal);
        Assert.EndsWith("the run ended early, after 1 of 3 properties", ending.LastLine, StringComparison.Ordinal);
    }

    /// <summary>Cancels when the first result is written.</summary>
    private sealed class CancellingWriter(CancellationTokenSource cancellation) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            cancellation.Cancel();
        }
    }
}
