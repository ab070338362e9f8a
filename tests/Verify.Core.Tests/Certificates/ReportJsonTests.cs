using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Certificates;

public class ReportJsonTests
{
    private static readonly Report Digits = new()
    {
        Specification = "digits",
        Model = "digits.onnx",
        ModelSha256 = "ab12",
        Runtime = "managed",
        Certificates =
        [
            Certificate("sample 0") with { Verdict = Verdict.Verified, Margin = 1.23456789, CertifiedRadius = 0.0123456789, AttackedRadius = 0.0223456111 },
            Certificate("sample 1") with
            {
                Verdict = Verdict.Falsified,
                Method = "attack",
                Counterexample = new Counterexample([0.1f, 1f / 3, -1e-20f], [float.NegativeInfinity, 16777216f], "managed"),
            },
            Certificate("größer ≤ 3") with { Reason = "no bound is finite", Margin = double.NegativeInfinity },
        ],
    };

    private const string DigitsText = """
        {
          "format": 1,
          "specification": "digits",
          "model": "digits.onnx",
          "modelSha256": "ab12",
          "runtime": "managed",
          "engine": "1.2.3",
          "complete": true,
          "properties": [
            {
              "property": "sample 0",
              "verdict": "verified",
              "method": "linear bounds",
              "certifiedRadius": 0.0123456,
              "attackedRadius": 0.0223457,
              "margin": 1.23456
            },
            {
              "property": "sample 1",
              "verdict": "falsified",
              "method": "attack",
              "counterexample": {
                "input": [0.1,0.33333334,-1E-20],
                "output": ["-Infinity",16777216],
                "runtime": "managed"
              }
            },
            {
              "property": "größer ≤ 3",
              "verdict": "unknown",
              "method": "linear bounds",
              "reason": "no bound is finite"
            }
          ]
        }

        """;

    private static Certificate Certificate(string property) => new()
    {
        Property = property,
        Model = "ab12",
        Verdict = Verdict.Unknown,
        Method = "linear bounds",
        Engine = "1.2.3",
    };

    [Fact]
    public void The_arithmetic_is_named_where_it_is_not_that_of_real_numbers()
    {
        var certificate = Certificate("sample 0") with { Verdict = Verdict.Verified };
        Assert.DoesNotContain("semantics", certificate.ToSnapshot(), StringComparison.Ordinal);
        var deployed = certificate with { Semantics = Semantics.Float32 };
        Assert.Contains("\"semantics\": \"float32\"", deployed.ToSnapshot(), StringComparison.Ordinal);
        var report = ReportJson.Write(Digits with { Certificates = [deployed, certificate with { Property = "sample 1" }] });
        Assert.Equal([Semantics.Float32, Semantics.Real], ReportJson.Read(report).Certificates.Select(read => read.Semantics));
    }

    [Fact]
    public void A_report_has_this_text() => Assert.Equal(DigitsText, ReportJson.Write(Digits));

    [Fact]
    public void A_text_is_read_back_and_written_the_same() => Assert.Equal(DigitsText, ReportJson.Write(ReportJson.Read(DigitsText)));

    private static readonly Report Measured = Digits with
    {
        Certificates = [],
        Measurements =
        [
            new LipschitzMeasurement
            {
                Measure = "steepness", Norm = Norm.Linf, Outputs = [3, 5], Lower = 5.12345678, Upper = 6.12345678, Exact = false, Method = "product of norms",
                AtMost = 5, Limit = LimitStatus.Broken, Witness = [0.1, 1 / 3.0], Engine = "1.2.3",
            },
            new LipschitzMeasurement { Measure = "jump", Sample = "row 1", Norm = Norm.L2, Scores = true, Lower = 1, Upper = null, Exact = false, Method = "no method", Engine = "1.2.3" },
            new CleverMeasurement
            {
                Measure = "distance", Sample = "row 1", Norm = Norm.L1, Radius = 0.5, Order = 2, Target = "runner-up", Batches = 100, BatchSize = 64, Seed = 7,
                Score = 0.123456789, Lower = 0.1, Upper = 0.2, AtLeast = 0.15, Limit = LimitStatus.Undecided, Engine = "1.2.3",
            },
            new SensitivityMeasurement
            {
                Measure = "spread", Sample = "row 1", Of = SensitivityQuantity.MeanMarginWidth, Set = ReachabilityMethod.Polytope, Outputs = [2, 0], Scores = true,
                Lower = 0.123456789, Upper = 0.223456789, LogVolume = -12.3456789, AtMost = 0.3, Limit = LimitStatus.Kept, Engine = "1.2.3",
            },
            new SensitivityMeasurement { Measure = "flat", Of = SensitivityQuantity.Width, Set = ReachabilityMethod.Interval, Lower = 0, Upper = 0, Engine = "1.2.3" },
        ],
    };

    private const string MeasuredText = """
        {
          "format": 1,
          "specification": "digits",
          "model": "digits.onnx",
          "modelSha256": "ab12",
          "runtime": "managed",
          "engine": "1.2.3",
          "complete": true,
          "properties": [],
          "measurements": [
            {
              "kind": "lipschitz",
              "measure": "steepness",
              "norm": "linf",
              "outputs": [3,5],
              "lower": 5.12345,
              "upper": 6.12346,
              "exact": false,
              "method": "product of norms",
              "atMost": 5,
              "limit": "broken",
              "witness": [0.1,0.3333333333333333]
            },
            {
              "kind": "lipschitz",
              "measure": "jump",
              "sample": "row 1",
              "norm": "l2",
              "scores": true,
              "lower": 1,
              "exact": false,
              "method": "no method"
            },
            {
              "kind": "clever",
              "measure": "distance",
              "sample": "row 1",
              "norm": "l1",
              "radius": 0.5,
              "order": 2,
              "target": "runner-up",
              "batches": 100,
              "batchSize": 64,
              "seed": 7,
              "score": 0.123457,
              "lower": 0.1,
              "upper": 0.2,
              "atLeast": 0.15,
              "limit": "undecided"
            },
            {
              "kind": "sensitivity",
              "measure": "spread",
              "sample": "row 1",
              "of": "mean-margin-width",
              "set": "polytope",
              "outputs": [2,0],
              "scores": true,
              "lower": 0.123456,
              "upper": 0.223457,
              "logVolume": -12.3456,
              "atMost": 0.3,
              "limit": "kept"
            },
            {
              "kind": "sensitivity",
              "measure": "flat",
              "of": "width",
              "set": "interval",
              "lower": 0,
              "upper": 0
            }
          ]
        }

        """;

    [Fact]
    public void What_was_measured_has_this_text() => Assert.Equal(MeasuredText, ReportJson.Write(Measured));

    [Fact]
    public void What_was_measured_is_read_back_and_written_the_same()
    {
        var read = ReportJson.Read(MeasuredText);
        Assert.Equal(MeasuredText, ReportJson.Write(read));
        Assert.Equal(["steepness", "jump: row 1", "distance: row 1", "spread: row 1", "flat"], read.Measurements.Select(measurement => measurement.Name));
        Assert.Equal([3, 5], Assert.IsType<LipschitzMeasurement>(read.Measurements[0]).Outputs!.Value.ToArray());
        Assert.Equal((0.123457, 7ul), Assert.IsType<CleverMeasurement>(read.Measurements[2]) is var clever ? (clever.Score, clever.Seed) : default);
        Assert.Equal([13, 26, 36, 53, 67], ReportJson.MeasurementLines(MeasuredText, null).ToArray());
    }

    [Fact]
    public void A_measurement_says_in_words_what_it_is() => Assert.Equal(
        [
            "linf Lipschitz constant of output 3 less output 5 between 5.12345 and 6.12346, at most 5",
            "l2 Lipschitz constant of all outputs, as scores between 1 and infinity, ",
            "l1 CLEVER score of order 2 within 0.5 (runner-up) estimated to be 0.123457 (from 0.1 to 0.2), at least 0.15",
            "mean width of margins of outputs 2, 0, as scores (polytope) between 0.123456 and 0.223457, at most 0.3",
            "largest width of all outputs (interval) 0, ",
        ],
        Measured.Measurements.Select(measurement => $"{measurement.Quantity()} {measurement.Value()}, {measurement.Demand()}"));

    [Theory]
    [InlineData("\"kind\": \"clever\"", "\"kind\": \"clover\"", 36, "clover")]
    [InlineData("\"measure\": \"jump\",\n      \"sample\": \"row 1\"", "\"measure\": \"steepness\"", 26, "The measurement 'steepness' is listed twice")]
    [InlineData("\"limit\": \"broken\"", "\"limit\": \"bent\"", 21, "$.measurements[0].limit")]
    [InlineData("\"score\"", "\"scores\"", 45, "scores")]
    [InlineData("      \"seed\": 7,\n", "", 49, "seed")]
    [InlineData("\"measurements\": [", "\"measurements\": [ null,", 1, "null")]
    public void What_is_no_measurement_is_refused_with_its_line(string text, string replacement, int line, string said)
    {
        var changed = MeasuredText.Replace(text, replacement, StringComparison.Ordinal);
        var e = Assert.Throws<ReportFormatException>(() => ReportJson.Read(changed, "a.json"));
        Assert.StartsWith($"a.json({line}): ", e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_counterexample_reads_back_exactly()
    {
        var read = ReportJson.Read(DigitsText).Certificates[1].Counterexample!;
        Assert.Equal([0.1f, 1f / 3, -1e-20f], read.Input.ToArray());
        Assert.Equal([float.NegativeInfinity, 16777216f], read.Output.ToArray());
    }

    [Fact]
    public void Certificates_of_different_engines_keep_their_own()
    {
        var mixed = Digits with { Certificates = [Certificate("a"), Certificate("b") with { Engine = "2.0.0", Model = "cd34" }] };
        var read = ReportJson.Read(ReportJson.Write(mixed));
        Assert.Equal(mixed.Certificates.AsEnumerable(), read.Certificates);
    }

    [Fact]
    public void An_incomplete_report_without_certificates_reads_back()
    {
        var read = ReportJson.Read(ReportJson.Write(Digits with { Certificates = [], Complete = false }));
        Assert.False(read.Complete);
        Assert.Empty(read.Certificates);
    }

    [Fact]
    public void A_certificate_has_a_snapshot_of_its_own() => Assert.Equal(
        """
        {
          "property": "sample 0",
          "verdict": "verified",
          "method": "linear bounds",
          "certifiedRadius": 0.0123456,
          "attackedRadius": 0.0223457,
          "margin": 1.23456,
          "model": "ab12",
          "engine": "1.2.3"
        }

        """,
        Digits.Certificates[0].ToSnapshot());

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", 2, "format of this report is 2")]
    [InlineData("\"format\": 1", "\"format\": \"new\"", 2, "no number")]
    [InlineData("  \"format\": 1,\n", "", 1, "no \"format\"")]
    [InlineData("\"complete\": true,", "\"complete\": true", 9, "not JSON")]
    [InlineData("\"complete\": true", "<<<<<<< HEAD", 8, "not JSON")]
    [InlineData("\"verified\"", "\"proved\"", 12, "$.properties[0].verdict")]
    [InlineData("\"sample 1\"", "\"sample 0\"", 19, "'sample 0' is listed twice")]
    [InlineData("\"margin\"", "\"margins\"", 16, "margins")]
    [InlineData("\"properties\": [", "\"properties\": [ null,", 1, "null")]
    [InlineData("\"verdict\": \"verified\",", "\"verdict\": \"verified\", \"verdict\": \"falsified\",", 12, "verdict")]
    [InlineData("      \"method\": \"attack\",\n", "", 26, "method")]
    public void What_is_no_report_is_refused_with_its_line(string text, string replacement, int line, string said)
    {
        var e = Assert.Throws<ReportFormatException>(() => ReportJson.Read(DigitsText.Replace(text, replacement, StringComparison.Ordinal), "a.json"));
        Assert.StartsWith($"a.json({line}): ", e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Equal(line, e.Line);
    }
}
