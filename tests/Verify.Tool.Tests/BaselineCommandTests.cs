namespace RobustVerify.Tool.Tests;

public sealed class BaselineCommandTests : Session
{
    [Fact]
    public async Task What_is_accepted_differs_no_more()
    {
        WriteSpecification(radius: 0.01);
        (await Run("baseline accept iris.robust.json")).With(0);
        var ending = (await Run("baseline diff iris.robust.json")).With(0);
        Assert.Empty(ending.Output);
        Assert.EndsWith("No difference from the baseline.", ending.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worse_run_ends_with_2_and_points_into_the_baseline()
    {
        WriteSpecification(radius: 0.01);
        (await Run("baseline accept iris.robust.json")).With(0);
        WriteSpecification(radius: 3);
        var ending = (await Run("baseline diff iris.robust.json")).With(2);
        var line = Array.FindIndex(File.ReadAllLines("iris.robust.verified.json"), text => text.Contains("\"row 1\"", StringComparison.Ordinal)) + 1;
        Assert.StartsWith($"{Path.GetFullPath("iris.robust.verified.json")}({line}): error RV1001: 'row 1' was verified", ending.Output, StringComparison.Ordinal);
        Assert.Contains("run 'dotnet robustverify baseline accept iris.robust.json'", ending.Output, StringComparison.Ordinal);
        Assert.True(File.Exists("iris.robust.received.json"));

        (await Run("baseline accept iris.robust.json")).With(0);
        (await Run("baseline diff iris.robust.json")).With(0);
    }

    [Fact]
    public async Task A_better_run_is_a_warning()
    {
        WriteSpecification(radius: 3);
        (await Run("baseline accept iris.robust.json")).With(0);
        WriteSpecification(radius: 0.01);
        Assert.Contains("warning RV1005", (await Run("baseline diff iris.robust.json")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_build_server_a_missing_baseline_is_an_error_and_none_is_accepted()
    {
        WriteSpecification(radius: 0.01);
        EnterBuildServer();
        Assert.Contains("error RV1006", (await Run("baseline diff iris.robust.json")).With(2).Output, StringComparison.Ordinal);
        Assert.Contains("not written on a build server", (await Run("baseline accept iris.robust.json")).With(1).Error, StringComparison.Ordinal);
        Assert.False(File.Exists("iris.robust.verified.json"));
    }

    [Fact]
    public async Task Findings_are_written_as_json()
    {
        WriteSpecification(radius: 0.01);
        var ending = (await Run("baseline diff iris.robust.json --json")).With(0);
        Assert.Contains("\"kind\": \"noBaseline\"", ending.Output, StringComparison.Ordinal);
    }
}
