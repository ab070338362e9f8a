using System.Text.Json;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Tool.Tests;

/// <summary>The measures of a specification: in a run, in a baseline, in a gated build.</summary>
public sealed class MeasureTests : Session
{
    private const string Clever = """{ "kind": "clever", "name": "distance", "region": { "norm": "l2", "radius": 1 }, "batches": 10, "batchSize": 16 }""";

    [Fact]
    public async Task What_is_measured_has_a_line_each_behind_the_verdicts()
    {
        Write(Lipschitz(), Clever);
        var ending = (await Run("verify iris.robust.json")).With(0);
        var lines = ending.Output.TrimEnd().Split('\n');
        Assert.Equal(["row 1", "row 2", "row 3", "steepness", "distance: row 1", "distance: row 2", "distance: row 3"], lines[..7].Select(line => line[..line.LastIndexOf(": ", StringComparison.Ordinal)]));
        Assert.Contains("linf Lipschitz constant of all outputs between ", lines[3], StringComparison.Ordinal);
        Assert.Contains("l2 CLEVER score of order 1 within 1 (untargeted) estimated to be ", lines[4], StringComparison.Ordinal);
        Assert.Equal("CLEVER scores are estimates and prove nothing.", lines[7]);
        Assert.StartsWith("iris: 3 verified, 0 unknown, 0 falsified; 4 measured (iris.onnx, ", ending.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_measured_is_told_to_programs()
    {
        Write(Lipschitz(), Clever);
        var report = ReportJson.Read((await Run("verify iris.robust.json --json")).With(0).Output);
        Assert.Equal(["steepness", "distance: row 1", "distance: row 2", "distance: row 3"], report.Measurements.Select(measurement => measurement.Name));
        Assert.All(report.Measurements, measurement => Assert.True(measurement.Lower <= measurement.Upper));
    }

    [Fact]
    public async Task The_same_constant_is_told_by_the_command_and_by_the_specification()
    {
        Write(Lipschitz());
        var measured = ReportJson.Read((await Run("verify iris.robust.json --json")).With(0).Output).Measurements[0];
        using var told = JsonDocument.Parse((await Run("lipschitz iris.onnx --norm linf --lower 0 --upper 1 --json")).With(0).Output);
        Assert.InRange(told.RootElement.GetProperty("upper").GetDouble(), measured.Lower, measured.Upper!.Value);
        Assert.InRange(told.RootElement.GetProperty("lower").GetDouble(), measured.Lower, measured.Upper!.Value);
    }

    [Fact]
    public async Task The_worst_limit_is_the_exit_code()
    {
        var (lower, upper) = await Interval();
        Write(Lipschitz(atMost: 1.01 * upper));
        (await Run("verify iris.robust.json")).With(0);
        Write(Lipschitz(atMost: 0.99 * lower));
        Assert.Contains("broken", (await Run("verify iris.robust.json")).With(2).Output, StringComparison.Ordinal);
        Write(Lipschitz(region: "\"global\"", norm: "l2"));
        var open = ReportJson.Read((await Run("verify iris.robust.json --json")).With(0).Output).Measurements[0];
        Assert.True(open.Lower < open.Upper);
        Write(Lipschitz(region: "\"global\"", norm: "l2", atMost: (open.Lower + open.Upper!.Value) / 2));
        Assert.Contains("undecided", (await Run("verify iris.robust.json")).With(3).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Radii_are_measured_without_measures()
    {
        Write(Clever);
        Assert.DoesNotContain("distance", (await Run("radius iris.robust.json")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_steeper_run_is_worse_than_its_baseline_and_points_to_the_measure()
    {
        Write(Lipschitz(), Clever);
        (await Run("baseline accept iris.robust.json")).With(0);
        (await Run("baseline diff iris.robust.json")).With(0);
        Write(Lipschitz(region: """{ "domain": { "lower": 0, "upper": 8 } }"""), Clever);
        var ending = (await Run("baseline diff iris.robust.json")).With(2);
        var line = Array.FindIndex(await File.ReadAllLinesAsync("iris.robust.verified.json"), text => text.Contains("\"steepness\"", StringComparison.Ordinal)) + 1;
        Assert.StartsWith(
            $"{Path.GetFullPath("iris.robust.verified.json")}({line}): error RV1002: The upper bound of 'steepness' (linf Lipschitz constant of all outputs) rose from ",
            ending.Output, StringComparison.Ordinal);
        Assert.Single(ending.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Outputs_that_spread_further_are_worse_than_their_baseline()
    {
        Write(Sensitivity(radius: 0.1));
        (await Run("baseline accept iris.robust.json")).With(0);
        (await Run("baseline diff iris.robust.json")).With(0);
        Write(Sensitivity(radius: 0.11));
        Assert.Contains("error RV1002: The upper bound of 'spread: row 1' (mean width of all outputs (polytope)) rose from ", (await Run("baseline diff iris.robust.json")).With(2).Output, StringComparison.Ordinal);
        Write(Sensitivity(radius: 0.09));
        Assert.Contains("warning RV1005", (await Run("baseline diff iris.robust.json")).With(0).Output, StringComparison.Ordinal);
        Write(Sensitivity(radius: 0.1, atMost: 0.001));
        var broken = (await Run("baseline diff iris.robust.json")).With(2).Output;
        Assert.Contains("error RV1009: 'spread: row 1' (mean width of all outputs (polytope)) must be at most 0.001 and is between ", broken, StringComparison.Ordinal);
        Assert.Contains("outputs at some inputs of the region lie that far apart", broken, StringComparison.Ordinal);
        (await Run("baseline accept iris.robust.json")).With(2);
    }

    [Fact]
    public async Task Another_seed_is_no_difference()
    {
        Write(Clever);
        (await Run("baseline accept iris.robust.json")).With(0);
        for (var seed = 1; seed <= 3; seed++)
        {
            Write(Clever.Replace("\"batches\"", $"\"seed\": {seed}, \"batches\"", StringComparison.Ordinal));
            (await Run("baseline diff iris.robust.json")).With(0);
        }
    }

    [Fact]
    public async Task A_broken_limit_is_never_accepted()
    {
        var (lower, _) = await Interval();
        Write(Lipschitz(atMost: 0.5 * lower));
        Assert.Contains("error RV1009: 'steepness' (linf Lipschitz constant of all outputs) must be at most ", (await Run("baseline accept iris.robust.json")).With(2).Output, StringComparison.Ordinal);
        Assert.Contains("error RV1009", (await Run("baseline diff iris.robust.json")).With(2).Output, StringComparison.Ordinal);
        Assert.False(File.Exists("iris.robust.verified.json"));
    }

    [Fact]
    public async Task A_gate_lists_the_samples_of_measures_and_compares_what_was_measured()
    {
        File.Copy("iris.csv", "more.csv");
        var own = Clever.Replace("\"region\"", """ "samples": { "file": "more.csv", "label": "label", "rows": { "count": 1 } }, "region" """, StringComparison.Ordinal);
        Write(Lipschitz(), own);
        const string Prove = "gate prove --specification iris.robust.json --model iris.onnx --report report.json";
        const string Compare = "gate compare --report report.json --baseline iris.robust.verified.json --accept accept";
        Assert.Contains("3 of 3 properties of iris.onnx are verified, 2 numbers measured.", (await Run(Prove)).With(0).Output, StringComparison.Ordinal);
        Assert.Contains(Path.GetFullPath("more.csv"), await File.ReadAllTextAsync("report.json.inputs"), StringComparison.Ordinal);
        (await Run("gate accept --report report.json --baseline iris.robust.verified.json")).With(0);
        (await Run(Compare)).With(0);

        var (lower, _) = await Interval();
        Write(Lipschitz(atMost: 0.5 * lower), own);
        (await Run(Prove)).With(0);
        Assert.Contains("error RV1009", (await Run(Compare)).With(2).Output, StringComparison.Ordinal);
        Assert.Contains("error RV1009", (await Run("gate accept --report report.json --baseline iris.robust.verified.json")).With(2).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_the_model_is_said_of_the_measure()
    {
        Write(Clever.Replace("\"batches\"", "\"order\": 2, \"batches\"", StringComparison.Ordinal));
        var ending = (await Run("verify iris.robust.json")).With(1);
        Assert.Contains("error RV2001", ending.Error, StringComparison.Ordinal);
        Assert.Contains("iris.robust.json: distance: row 1: A score of second order needs a gradient that is continuous", ending.Error, StringComparison.Ordinal);
    }

    private static void Write(params string[] measures) => WriteSpecification(radius: 0.01, measures: string.Join(", ", measures));

    private static string Lipschitz(string region = """{ "domain": { "lower": 0, "upper": 1 } }""", string norm = "linf", double? atMost = null) => FormattableString.Invariant(
        $$"""{ "kind": "lipschitz", "name": "steepness", "norm": "{{norm}}", "region": {{region}}{{(atMost is { } limit ? FormattableString.Invariant($", \"atMost\": {limit}") : "")}} }""");

    private static string Sensitivity(double radius, double? atMost = null) => FormattableString.Invariant(
        $$"""{ "kind": "sensitivity", "name": "spread", "region": { "radius": {{radius}} }{{(atMost is { } limit ? FormattableString.Invariant($", \"atMost\": {limit}") : "")}} }""");

    private static async Task<(double Lower, double Upper)> Interval()
    {
        Write(Lipschitz());
        var measured = ReportJson.Read((await Run("verify iris.robust.json --json")).With(0).Output).Measurements[0];
        return (measured.Lower, measured.Upper!.Value);
    }
}
