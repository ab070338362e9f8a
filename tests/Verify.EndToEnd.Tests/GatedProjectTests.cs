
namespace RobustVerify.EndToEnd.Tests;

/// <summary>samples/Digits on packed packages, as a newcomer meets them.</summary>
public sealed class GatedProjectTests(PackedPackages packages) : IClassFixture<PackedPackages>
{
    private readonly string folder = packages.CopyOfDigits();

    private string Model => Path.Combine(folder, "Digits", "digits-robust.onnx");

    private string Baseline => Path.Combine(folder, "Digits", "digits.robust.verified.json");

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
    public void The_engine_runs_again_only_when_something_changed()
    {
        Build().Succeeds();
        var first = ReportTime();

        Build().Succeeds();
        Assert.Equal(first, ReportTime());

        // The older file must be noticed as well.
        File.SetLastWriteTimeUtc(Path.Combine(folder, "digits-robust-retrained.onnx"), DateTime.UnixEpoch);
        Replace();
        Build().Fails();
        Assert.NotEqual(first, ReportTime());
    }

    [Fact]
    public void A_worse_model_is_accepted_by_the_target_and_a_better_one_is_a_warning()
    {
        var committed = File.ReadAllText(Baseline);
        Replace();
        DotNet("build Digits -t:RobustVerifyAccept -v minimal").Succeeds();
        Assert.NotEqual(committed, File.ReadAllText(Baseline));
        Build().Succeeds();

        PutBack();
        Build().Succeeds().Says("warning RV1005", "-t:RobustVerifyAccept");
        DotNet("build Digits -t:RobustVerifyAccept -v minimal").Succeeds();
        Assert.Equal(committed, File.ReadAllText(Baseline));
    }

    [Fact]
    public void A_missing_baseline_is_an_error_on_a_build_server_and_written_elsewhere()
    {
        var committed = File.ReadAllText(Baseline);
        File.Delete(Baseline);

        DotNet("build Digits -nologo", onBuildServer: true).Fails().Says("error RV1006");
        Assert.False(File.Exists(Baseline), "A build server must not write the baseline.");

        Build().Succeeds();
        Assert.Equal(committed, File.ReadAllText(Baseline));
    }

    [Fact]
    public void A_worse_model_fails_the_tests_and_says_what_changes_the_answer()
    {
        DotNet("test Digits.Tests -nologo").Succeeds();

        // The gate is told that the worse model is meant, so that the tests run at all.
        Replace();
        DotNet("build Digits -t:RobustVerifyAccept -v minimal").Succeeds();
        DotNet("test Digits.Tests -nologo").Fails().Says(
            "FalsifiedException", "FALSIFIED row ", "for every input within", "The largest output is", "feature", "before", "after",
            "To replay it, paste this line into a test:", "Replay.Counterexample(");

        PutBack();
        DotNet("build Digits -t:RobustVerifyAccept -v minimal").Succeeds();
        DotNet("test Digits.Tests -nologo").Succeeds();
    }

    [Fact]
    public void A_project_for_several_frameworks_is_gated_once()
    {
        var project = Path.Combine(folder, "Digits", "Digits.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace(
            "<ItemGroup>", "<PropertyGroup><TargetFrameworks>net10.0;netstandard2.1</TargetFrameworks><TargetFramework /></PropertyGroup><ItemGroup>", StringComparison.Ordinal));
        Build().Succeeds();
        Assert.Single(Reports());
    }

    private Outcome Build() => DotNet("build Digits -nologo");

    private Outcome DotNet(string arguments, bool onBuildServer = false) => CommandLine.DotNet(folder, arguments, onBuildServer);

    private void Replace() => Replace(Path.Combine(folder, "digits-robust-retrained.onnx"));

    private void PutBack() => Replace(Path.Combine(PackedPackages.RepositoryRoot, "samples", "Digits", "Digits", "digits-robust.onnx"));

    private void Replace(string model) => File.Copy(model, Model, overwrite: true);

    private IEnumerable<string> Reports() =>
        Directory.EnumerateFiles(Path.Combine(folder, "Digits", "obj"), "digits.robust.*.json", SearchOption.AllDirectories);

    private DateTime ReportTime() => File.GetLastWriteTimeUtc(Reports().Single());
}
