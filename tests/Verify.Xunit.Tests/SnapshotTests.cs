using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Xunit.Tests;

public sealed class SnapshotTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("robustverify-").FullName;
    private readonly DeployedModel model = DeployedModel.Load(Path.Combine(AppContext.BaseDirectory, "digits-robust.onnx"));

    private string Verified => Path.Combine(folder, "Test.robust.verified.json");

    private string Received => Path.Combine(folder, "Test.robust.received.json");

    [Fact]
    public void What_is_proved_for_the_first_time_is_added_in_the_order_of_names()
    {
        var snapshot = new Snapshot(folder, "Test", writable: true);

        foreach (var name in new[] { "row 10", "row 2", "row 1" }) Assert.Null(snapshot.Compare(model, [Proved(name, 1)]).Failure);

        Assert.Equal(["row 1", "row 2", "row 10"], ReportJson.Read(File.ReadAllText(Verified)).Certificates.Select(certificate => certificate.Property));
    }

    [Fact]
    public void What_is_not_proved_is_not_added()
    {
        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 1) with { Verdict = Verdict.Unknown }]);

        Assert.False(File.Exists(Verified));
    }

    [Fact]
    public void Worse_is_a_failure_at_the_entry_and_is_received_with_all_other_entries()
    {
        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 2), Proved("row 2", 2)]);

        var comparison = new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 2", 1)]);

        Assert.Contains($"{Verified}(17): RV1002", comparison.Failure);
        Assert.Equal([2, 1], ReportJson.Read(File.ReadAllText(Received)).Certificates.Select(certificate => certificate.Margin!.Value));
    }

    [Fact]
    public void Better_is_a_note_that_says_how_to_accept_it()
    {
        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 1)]);

        var comparison = new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 2)]);

        Assert.Null(comparison.Failure);
        Assert.Contains("RV1005", comparison.Note);
        Assert.Contains("move the .received.json file over the .verified.json file", comparison.Note);
    }

    [Fact]
    public void A_received_file_goes_away_with_the_difference()
    {
        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 2)]);
        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 1)]);
        Assert.True(File.Exists(Received));

        new Snapshot(folder, "Test", writable: true).Compare(model, [Proved("row 1", 2)]);

        Assert.False(File.Exists(Received));
    }

    [Fact]
    public void On_a_build_server_nothing_is_written_and_a_missing_entry_is_a_failure()
    {
        var comparison = new Snapshot(folder, "Test", writable: false).Compare(model, [Proved("row 1", 1)]);

        Assert.Contains("has no entry for row 1", comparison.Failure);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private Certificate Proved(string name, double margin) => new()
    {
        Property = name,
        Model = model.Sha256,
        Verdict = Verdict.Verified,
        Margin = margin,
        Method = "linear bounds",
        Engine = "1",
    };
}
