
namespace RobustVerify.EndToEnd.Tests;

/// <summary>samples/Digits on packed packages, as a newcomer meets them.</summary>
[Collection(OnPackages.Name)]
public sealed class GatedProjectTests(PackedPackages packages)
{
    private readonly string folder = packages.CopyOf("Digits");

    private string Model => Path.Combine(folder, "Digits", "digits-robust.onnx");

    private string Baseline => Path.Combine(folder, "Digits", "digits.robust.verified.json");

    private string Certificate => Path.ChangeExtension(Baseline, ".certificate");

    [Fact]
    public void A_worse_model_fails_the_build_until_it_is_put_back()
    {
        Build().Succeeds();

        Replace();
        Build().Fails().Says("digits.robust.verified.json(", "error RV1001", "was verified", "dotnet build Digits.csproj -t:RobustVerifyAccept");

        PutBack();
        Build().Succeeds();
    }

    [Fact]
    public void A_steeper_model_fails_the_build_that_names_the_measure()
    {
        Measure(atMost: 5);
        Accept();
        Build().Succeeds();

        Replace();
        Build().Fails().Says("digits.robust.verified.json(", "error RV1002: The upper bound of 'steepness: row 1' (linf Lipschitz constant of all outputs) rose from ",
            "error RV1002: The upper bound of 'spread: row 1' (mean width of all outputs (polytope)) rose from ");

        // Whatever the baseline says, a limit holds.
        Measure(atMost: 4);
        DotNet("build Digits -t:RobustVerifyAccept -nologo").Fails().Says("error RV1009: 'steepness: row 6' (linf Lipschitz constant of all outputs) must be at most 4");
    }

    private void Measure(int atMost)
    {
        var specification = Path.Combine(folder, "Digits", "digits.robust.json");
        var text = File.ReadAllText(specification);
        File.WriteAllText(specification, text[..(text.IndexOf("\"same-label\" }", StringComparison.Ordinal) + 14)] + $$"""
            ,
              "measures": [
                {
                  "kind": "lipschitz", "name": "steepness", "norm": "linf", "atMost": {{atMost}},
                  "samples": { "file": "digits.csv", "label": "label", "rows": { "count": 6 } }, "region": { "radius": 0.5, "domain": { "lower": 0, "upper": 16 } }
                },
                {
                  "kind": "clever", "name": "distance", "batches": 20, "batchSize": 64, "atLeast": 0.5,
                  "samples": { "file": "digits.csv", "label": "label", "rows": { "count": 2 } }, "region": { "norm": "l2", "radius": 8, "domain": { "lower": 0, "upper": 16 } }
                },
                {
                  "kind": "sensitivity", "name": "spread", "samples": { "file": "digits.csv", "label": "label", "rows": { "count": 2 } }, "region": { "radius": 0.5, "domain": { "lower": 0, "upper": 16 } }
                }
              ]
            }
            """);
    }

    [Fact]
    public void The_engine_runs_again_only_when_something_changed()
    {
        Build().Succeeds();
        var first = ReportTime();

        Build().Succeeds();
        Assert.Equal(first, ReportTime());

        // A model that is moved here keeps its time, and may be older than the report.
        Replace();
        File.SetLastWriteTimeUtc(Model, DateTime.UnixEpoch);
        Build().Fails();
        Assert.NotEqual(first, ReportTime());
    }

    [Fact]
    public void A_worse_model_passes_once_it_is_accepted()
    {
        var committed = Verdicts();
        Replace();
        Accept();
        Assert.NotEqual(committed, Verdicts());
        Build().Succeeds();
    }

    [Fact]
    public void A_better_model_is_a_warning_until_it_is_accepted()
    {
        var committed = Verdicts();
        File.WriteAllText(Baseline, File.ReadAllText(Baseline).Replace("\"margin\": 4", "\"margin\": 3", StringComparison.Ordinal));
        Assert.NotEqual(committed, Verdicts());

        Build().Succeeds().Says("warning RV1005", "-t:RobustVerifyAccept");
        Build().Succeeds().Says("warning RV1005");

        Accept();
        Assert.Equal(committed, Verdicts());
    }

    [Fact]
    public void A_missing_baseline_is_an_error_on_a_build_server_and_written_elsewhere()
    {
        var committed = Verdicts();
        File.Delete(Baseline);
        File.Delete(Certificate);

        DotNet("build Digits -nologo", onBuildServer: true).Fails().Says("error RV1006");
        Assert.False(File.Exists(Baseline) || File.Exists(Certificate), "A build server must not write the baseline.");

        Build().Succeeds();
        Assert.Equal(committed, Verdicts());
        Assert.True(File.Exists(Certificate), "The proofs belong to the baseline.");
    }

    [Fact]
    public void A_worse_model_fails_the_tests_and_says_what_changes_the_answer()
    {
        DotNet("test Digits.Tests -nologo").Succeeds();

        // The gate is told that the worse model is meant, so that the tests run at all.
        Replace();
        Accept();
        DotNet("test Digits.Tests -nologo").Fails().Says(
            "FalsifiedException", "FALSIFIED row 2", "RegressionException", "for every input within", "The largest output is", "feature", "before", "after",
            "To replay it, paste this line into a test:", "Replay.Counterexample(");

        PutBack();
        Accept();
        DotNet("test Digits.Tests -nologo").Succeeds();
    }

    [Fact]
    public void A_damaged_model_is_an_error_that_names_it()
    {
        File.WriteAllBytes(Model, File.ReadAllBytes(Model)[..1000]);
        Build().Fails().Says("error RV2002", Model);
    }

    [Fact]
    public void A_project_for_several_frameworks_is_gated_once()
    {
        var project = Path.Combine(folder, "Digits", "Digits.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace(
            "<ItemGroup>", "<PropertyGroup><TargetFrameworks>net10.0;netstandard2.1</TargetFrameworks><TargetFramework /><LangVersion>latest</LangVersion></PropertyGroup><ItemGroup>", StringComparison.Ordinal));
        Build().Succeeds();
        Assert.Single(Reports());
    }

    private Outcome Build() => DotNet("build Digits -nologo");

    private void Accept() => DotNet("build Digits -t:RobustVerifyAccept -nologo").Succeeds();

    private Outcome DotNet(string arguments, bool onBuildServer = false) => CommandLine.DotNet(folder, arguments, onBuildServer);

    private void Replace() => Replace(Path.Combine(folder, "digits-robust-retrained.onnx"));

    private void PutBack() => Replace(Path.Combine(PackedPackages.RepositoryRoot, "samples", "Digits", "Digits", "digits-robust.onnx"));

    private void Replace(string model) => File.WriteAllBytes(Model, File.ReadAllBytes(model));

    // Which runtime confirms counterexamples differs between machines; what is proved does not.
    private string[] Verdicts() => [.. File.ReadLines(Baseline).Where(line => !line.Contains("\"runtime\"", StringComparison.Ordinal))];

    private IEnumerable<string> Reports() =>
        Directory.EnumerateFiles(Path.Combine(folder, "Digits", "obj"), "digits.robust.*.json", SearchOption.AllDirectories);

    private DateTime ReportTime() => File.GetLastWriteTimeUtc(Reports().Single());
}
