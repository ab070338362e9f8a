using System.Collections.Immutable;
using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Baselines;

public class BaselineComparerTests
{
    [Theory]
    [InlineData("verified", "verified", null)]
    [InlineData("verified", "unknown", "RV1001")]
    [InlineData("verified", "falsified", "RV1001")]
    [InlineData("unknown", "falsified", "RV1001")]
    [InlineData("falsified", "falsified", null)]
    [InlineData("falsified", "unknown", "RV1005")]
    [InlineData("unknown", "verified", "RV1005")]
    [InlineData("verified r=0.03", "verified r=0.03", null)]
    [InlineData("verified r=0.03", "verified r=0.029971", null)]
    [InlineData("verified r=0.03", "verified r=0.029969", "RV1002")]
    [InlineData("verified r=0.03", "verified r=0.030029", null)]
    [InlineData("verified r=0.03", "verified r=0.030031", "RV1005")]
    [InlineData("verified r=0.03", "verified", "RV1002")]
    [InlineData("verified", "verified r=0.03", "RV1005")]
    [InlineData("falsified r=0.03", "falsified r=0.02", "RV1002")]
    [InlineData("verified r=0.03", "falsified r=0.04", "RV1001")]
    [InlineData("verified m=1", "verified m=0.9", "RV1002")]
    [InlineData("verified m=1", "verified m=1.1", "RV1005")]
    [InlineData("unknown m=-1", "unknown m=-1.1", "RV1002")]
    [InlineData("unknown m=-1", "unknown m=-1.0009", null)]
    [InlineData("verified m=1", "verified", null)]
    [InlineData("falsified m=-1", "falsified m=-2", null)]
    [InlineData("verified r=0.03 m=1", "verified r=0.03 m=0.5", null)]
    public void Verdict_first_then_radius_then_margin(string before, string after, string? code)
    {
        var findings = Compare([Certificate("sample 3", before)], [Certificate("sample 3", after)]);
        Assert.Equal(code is null ? [] : [code], findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Equal(finding.Kind == FindingKind.Worse, finding.IsError));
        Assert.All(findings, finding => Assert.Contains("'sample 3'", finding.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Semantics.Real, Semantics.Float32, "RV1005")]
    [InlineData(Semantics.Float32, Semantics.Real, "RV1001")]
    [InlineData(Semantics.Float32, Semantics.Float32, "RV1002")]
    public void A_proof_for_float32_is_better_than_one_for_real_numbers_whatever_its_margin(Semantics before, Semantics after, string code)
    {
        var findings = Compare(
            [Certificate("a", "verified m=1") with { Semantics = before }], [Certificate("a", "verified m=0.9") with { Semantics = after }]);
        Assert.Equal([code], findings.Select(finding => finding.Code));
    }

    [Fact]
    public void A_property_that_is_gone_is_an_error_and_a_new_one_a_warning()
    {
        var findings = Compare([Certificate("a", "verified"), Certificate("b", "verified")], [Certificate("c", "unknown"), Certificate("b", "verified")]);
        Assert.Equal([("RV1003", "a", true), ("RV1004", "c", false)], findings.Select(finding => (finding.Code, finding.Property, finding.IsError)));
    }

    [Fact]
    public void A_property_that_a_cancelled_run_did_not_reach_is_said_to_be_that()
    {
        var finding = Assert.Single(Compare([Certificate("a", "verified")], [], complete: false));
        Assert.Contains("ended early", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_says_what_fell_how_to_look_and_how_to_accept()
    {
        var finding = Assert.Single(Compare([Certificate("sample 3", "verified r=0.03")], [Certificate("sample 3", "verified r=0.02")]));
        Assert.Equal(
            "The largest radius proved robust of 'sample 3' fell from 0.03 to 0.02. To see all that changed, compare digits.robust.verified.json with digits.robust.received.json. If the change is meant, run 'accept'.",
            finding.Message);
    }

    [Fact]
    public void A_finding_points_to_the_line_of_its_property()
    {
        var before = Report([Certificate("a", "verified"), Certificate("b", "verified m=2"), Certificate("c", "verified")]);
        var text = ReportJson.Write(before);
        var baseline = new Baseline("/x/digits.robust.verified.json", before, ReportJson.PropertyLines(text, null));
        var finding = Assert.Single(BaselineComparer.Compare(baseline, Report([Certificate("a", "verified"), Certificate("b", "verified m=2"), Certificate("c", "falsified")]), "run 'accept'"));
        Assert.Contains("\"property\": \"c\"", text.Split('\n')[finding.Line - 1], StringComparison.Ordinal);
    }

    private static ImmutableArray<Finding> Compare(Certificate[] before, Certificate[] after, bool complete = true)
    {
        var baseline = Report(before);
        var lines = ReportJson.PropertyLines(ReportJson.Write(baseline), null);
        return BaselineComparer.Compare(new Baseline("/x/digits.robust.verified.json", baseline, lines), Report(after) with { Complete = complete }, "run 'accept'");
    }

    private static Report Report(Certificate[] certificates) => new()
    {
        Specification = "digits",
        Model = "digits.onnx",
        ModelSha256 = "ab12",
        Runtime = "managed",
        Certificates = [.. certificates],
    };

    /// <summary>A certificate from "verdict r=radius m=margin".</summary>
    private static Certificate Certificate(string property, string text)
    {
        var words = text.Split(' ');
        double? Value(string key) => words.FirstOrDefault(word => word.StartsWith(key, StringComparison.Ordinal)) is { } word ? double.Parse(word[2..]) : null;
        return new Certificate
        {
            Property = property,
            Model = "ab12",
            Verdict = Enum.Parse<Verdict>(words[0], ignoreCase: true),
            CertifiedRadius = Value("r="),
            Margin = Value("m="),
            Method = "linear bounds",
            Engine = "1.2.3",
        };
    }
}
