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

    [Theory]
    [InlineData("2 3", "2 3", null)]
    [InlineData("2 3", "2 3.002", null)]
    [InlineData("2 3", "2 3.004", "RV1002")]
    [InlineData("2 3", "2 2.996", "RV1005")]
    [InlineData("2 3", "2.9 3", null)]
    [InlineData("3 3 exact", "1 3", null)]
    [InlineData("3 3 exact", "2 3.1", "RV1002")]
    [InlineData("2 3", "2", "RV1002")]
    [InlineData("2", "2 3", "RV1005")]
    [InlineData("2", "2.5", null)]
    [InlineData("2 3 kept", "2 3.001 undecided", "RV1001")]
    [InlineData("2 3 undecided", "2 2.999 kept", "RV1005")]
    [InlineData("2 3 undecided", "2 3 undecided", null)]
    [InlineData("2 3 kept", "4 5 broken", "RV1009")]
    [InlineData("4 5 broken", "4 5 broken", "RV1009")]
    public void Of_a_Lipschitz_constant_the_upper_bound_is_compared_and_the_limit(string before, string after, string? code) =>
        Compared(Lipschitz("steepness", before), Lipschitz("steepness", after), code);

    [Theory]
    [InlineData("2 3", "1 3.002", null)]
    [InlineData("2 3", "2 3.01", "RV1002")]
    [InlineData("2 3", "1 2.9", "RV1005")]
    [InlineData("2 3", "0", "RV1002")]
    [InlineData("2 3 kept", "2 3 undecided", "RV1001")]
    [InlineData("2 3 kept", "4 5 broken", "RV1009")]
    public void Of_a_sensitivity_less_is_better(string before, string after, string? code) => Compared(Sensitivity(before), Sensitivity(after), code);

    [Theory]
    [InlineData("2 3", "1 2", null)]
    [InlineData("2 3", "1 1.99", "RV1002")]
    [InlineData("2 3", "1 1.999", null)]
    [InlineData("2 3", "3 4", null)]
    [InlineData("2 3", "3.1 4", "RV1005")]
    [InlineData("2 3", "0 9", null)]
    [InlineData("2 3 kept", "1 2.5 undecided", null)]
    [InlineData("2 3 kept", "1 2.5 broken", "RV1009")]
    public void A_score_is_worse_only_where_its_whole_interval_is(string before, string after, string? code) =>
        Compared(Clever("distance", before), Clever("distance", after), code);

    [Fact]
    public void What_another_seed_estimates_is_compared_and_what_another_norm_measures_is_not()
    {
        var score = Clever("distance", "2 3");
        Compared(score, score with { Seed = 9 }, null);
        Compared(score, score with { Norm = Norm.L1, Lower = 3, Upper = 4 }, "RV1003");
        Compared(score, score with { Radius = 9 }, "RV1003");
        Compared(Lipschitz("a", "2 3"), Lipschitz("a", "1 2") with { Outputs = [1] }, "RV1003");
        Compared(Lipschitz("a", "2 3"), score with { Measure = "a" }, "RV1003");
        Compared(Sensitivity("2 3"), Sensitivity("1 2") with { Set = ReachabilityMethod.Linear }, "RV1003");
        Compared(Sensitivity("2 3"), Sensitivity("1 2") with { Of = SensitivityQuantity.Width }, "RV1003");
    }

    [Fact]
    public void What_is_measured_no_longer_is_an_error_and_what_is_new_a_warning_unless_it_breaks_its_limit()
    {
        var findings = Compare(
            Report([Certificate("p", "verified")]) with { Measurements = [Lipschitz("a", "2 3"), Clever("b", "1 2")] },
            Report([Certificate("p", "verified")]) with { Measurements = [Clever("b", "1 2"), Clever("c", "1 2"), Lipschitz("d", "8 9 broken")] });
        Assert.Equal(
            [(FindingKind.Missing, "a", true), (FindingKind.New, "c", false), (FindingKind.LimitBroken, "d", true)],
            findings.Select(finding => (finding.Kind, finding.Property!, finding.IsError)));
    }

    [Fact]
    public void The_message_names_the_measure_what_rose_and_how_to_accept()
    {
        var (before, after) = (Lipschitz("steepness", "2 3") with { Sample = "row 4" }, Lipschitz("steepness", "2.5 3.5") with { Sample = "row 4" });
        var finding = Assert.Single(Compare(Report([]) with { Measurements = [before] }, Report([]) with { Measurements = [after] }));
        Assert.StartsWith(
            "The upper bound of 'steepness: row 4' (l2 Lipschitz constant of all outputs) rose from 3 to 3.5. To see all that changed, compare",
            finding.Message, StringComparison.Ordinal);
        Assert.EndsWith("run 'accept'.", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_is_not_accepted_away()
    {
        var finding = Assert.Single(Compare(Report([]), Report([]) with { Measurements = [Clever("distance", "1 2 broken")] }));
        Assert.Equal(
            "'distance' (l2 CLEVER score of order 1 within 4 (untargeted)) must be at least 2.5 and is estimated to be 1.5 (from 1 to 2); this is an estimate and proves nothing. Change the model, or the limit in the specification.",
            finding.Message);
        Assert.Contains(
            "'steepness' (l2 Lipschitz constant of all outputs) must be at most 3 and is between 4 and 5; the report holds an input",
            Assert.Single(BaselineComparer.BrokenLimits(Report([]) with { Measurements = [Lipschitz("steepness", "4 5 broken"), Lipschitz("b", "1 2 kept")] }, "/x/a.robust.verified.json")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_points_to_the_line_of_its_measurement()
    {
        var before = Report([Certificate("a", "verified")]) with { Measurements = [Lipschitz("b", "2 3"), Clever("c", "1 2")] };
        var finding = Assert.Single(Compare(before, before with { Measurements = [Lipschitz("b", "2 3"), Clever("c", "0.1 0.2")] }));
        Assert.Contains("\"measure\": \"c\"", ReportJson.Write(before).Split('\n')[finding.Line - 1], StringComparison.Ordinal);
    }

    private static void Compared(Measurement before, Measurement after, string? code)
    {
        var findings = Compare(Report([]) with { Measurements = [before] }, Report([]) with { Measurements = [after] });
        Assert.Equal(code is null ? [] : [code], findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Equal(finding.Code != "RV1005", finding.IsError));
    }

    /// <summary>A constant from "lower upper limit", of which the last two may be missing.</summary>
    private static LipschitzMeasurement Lipschitz(string measure, string text)
    {
        var words = text.Split(' ');
        return new LipschitzMeasurement
        {
            Measure = measure,
            Norm = Norm.L2,
            Lower = double.Parse(words[0]),
            Upper = words.Length > 1 ? double.Parse(words[1]) : null,
            Exact = words is [.., "exact"],
            Method = "product of norms",
            AtMost = 3,
            Limit = LimitOf(words),
        };
    }

    /// <summary>A sensitivity from "lower upper limit", of which the last two may be missing.</summary>
    private static SensitivityMeasurement Sensitivity(string text)
    {
        var words = text.Split(' ');
        return new SensitivityMeasurement
        {
            Measure = "spread",
            Of = SensitivityQuantity.MeanWidth,
            Set = ReachabilityMethod.Polytope,
            Lower = double.Parse(words[0]),
            Upper = words.Length > 1 ? double.Parse(words[1]) : null,
            AtMost = 3,
            Limit = LimitOf(words),
        };
    }

    /// <summary>A score from "lower upper limit".</summary>
    private static CleverMeasurement Clever(string measure, string text)
    {
        var words = text.Split(' ');
        var (lower, upper) = (double.Parse(words[0]), double.Parse(words[1]));
        return new CleverMeasurement
        {
            Measure = measure,
            Norm = Norm.L2,
            Radius = 4,
            Order = 1,
            Target = "untargeted",
            Batches = 100,
            BatchSize = 1024,
            Seed = 0,
            Score = (lower + upper) / 2,
            Lower = lower,
            Upper = upper,
            AtLeast = 2.5,
            Limit = LimitOf(words),
        };
    }

    private static LimitStatus? LimitOf(string[] words) => Enum.TryParse<LimitStatus>(words[^1], ignoreCase: true, out var status) && words.Length > 2 ? status : null;

    private static ImmutableArray<Finding> Compare(Report before, Report after)
    {
        var text = ReportJson.Write(before);
        var baseline = new Baseline("/x/digits.robust.verified.json", before, ReportJson.PropertyLines(text, null)) { MeasurementLines = ReportJson.MeasurementLines(text, null) };
        return BaselineComparer.Compare(baseline, after, "run 'accept'");
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
