using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Baselines;

public sealed class BaselineFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("baseline");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("digits.robust.json")]
    [InlineData("digits.json")]
    public void A_specification_has_its_baseline_beside_it(string specification) =>
        Assert.Equal(Path.Combine(folder.FullName, "digits.robust.verified.json"), BaselineFile.Of(Path.Combine(folder.FullName, specification)).Path);

    [Fact]
    public void A_missing_baseline_is_written_with_a_warning()
    {
        var finding = Assert.Single(File(writable: true).Compare(Report(Verdict.Verified), "accept"));
        Assert.Equal(("RV1006", false), (finding.Code, finding.IsError));
        Assert.Empty(File(writable: true).Compare(Report(Verdict.Verified), "accept"));
    }

    [Fact]
    public void On_a_build_server_a_missing_baseline_is_an_error_and_nothing_is_written()
    {
        var finding = Assert.Single(File(writable: false).Compare(Report(Verdict.Verified), "accept"));
        Assert.Equal(("RV1006", true), (finding.Code, finding.IsError));
        Assert.Empty(folder.GetFiles());
    }

    [Fact]
    public void A_run_that_differs_is_kept_until_one_does_not()
    {
        File(writable: true).Accept(Report(Verdict.Verified));
        Assert.Equal("RV1001", Assert.Single(File(writable: true).Compare(Report(Verdict.Unknown), "accept")).Code);
        Assert.True(System.IO.File.Exists(Path.Combine(folder.FullName, "digits.robust.received.json")));
        Assert.Empty(File(writable: true).Compare(Report(Verdict.Verified), "accept"));
        Assert.Equal(["digits.robust.verified.json"], folder.GetFiles().Select(file => file.Name));
    }

    [Fact]
    public void On_a_build_server_a_run_that_differs_is_not_written()
    {
        File(writable: true).Accept(Report(Verdict.Verified));
        Assert.Single(File(writable: false).Compare(Report(Verdict.Unknown), "accept"));
        Assert.Single(folder.GetFiles());
        Assert.Throws<UnauthorizedAccessException>(() => File(writable: false).Accept(Report(Verdict.Unknown)));
    }

    [Fact]
    public void An_incomplete_run_becomes_no_baseline()
    {
        var incomplete = Report(Verdict.Verified) with { Complete = false };
        Assert.True(Assert.Single(File(writable: true).Compare(incomplete, "accept")).IsError);
        Assert.Throws<InvalidOperationException>(() => File(writable: true).Accept(incomplete));
        Assert.Empty(folder.GetFiles());
    }

    [Fact]
    public void A_run_that_breaks_a_limit_becomes_no_baseline()
    {
        var broken = Report(Verdict.Verified) with
        {
            Measurements =
            [
                new LipschitzMeasurement { Measure = "steepness", Norm = Norm.L2, Lower = 2, Upper = 3, Exact = false, Method = "product of norms", AtMost = 1, Limit = LimitStatus.Broken },
            ],
        };
        Assert.Equal([("RV1009", true), ("RV1006", true)], File(writable: true).Compare(broken, "accept").Select(finding => (finding.Code, finding.IsError)));
        Assert.Throws<InvalidOperationException>(() => File(writable: true).Accept(broken));
        Assert.Empty(folder.GetFiles());
    }

    private BaselineFile File(bool writable) => new(Path.Combine(folder.FullName, "digits.robust.verified.json"), writable);

    private static Report Report(Verdict verdict) => new()
    {
        Specification = "digits",
        Model = "digits.onnx",
        ModelSha256 = "ab12",
        Runtime = "managed",
        Certificates = [new Certificate { Property = "a", Model = "ab12", Verdict = verdict, Method = "linear bounds", Engine = "1" }],
    };
}
