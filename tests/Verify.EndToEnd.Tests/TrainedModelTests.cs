using RobustVerify.Core.Certificates;
using RobustVerify.Training;
using RobustVerify.Training.Specifications;

namespace RobustVerify.EndToEnd.Tests;

/// <summary>samples/Iris on packed packages: what is trained is written, proved, and kept.</summary>
[Collection(OnPackages.Name)]
public sealed class TrainedModelTests(PackedPackages packages)
{
    private readonly string folder = packages.CopyOf("Iris");

    private string Model => Path.Combine(folder, "Iris", "iris.onnx");

    [Fact]
    public void The_committed_model_passes_its_gate() => Build().Succeeds();

    [Fact]
    public void A_model_that_is_trained_again_for_less_fails_the_build()
    {
        Train();
        var trained = File.ReadAllBytes(Model);
        DotNet("build Iris -t:RobustVerifyAccept -nologo").Succeeds();
        var proofs = CertificateFile.Read(Path.Combine(folder, "Iris", "iris.robust.verified.certificate"));
        Assert.True(proofs.Report.Certificates.Count(certificate => certificate.Verdict == Verdict.Verified) > 30);
        Build().Succeeds();

        // Without the term that keeps outputs from spreading.
        Train(loss: """{ }""");
        Build().Fails().Says("iris.robust.verified.json(", "error RV100", "dotnet build Iris.csproj -t:RobustVerifyAccept");

        Train();
        Assert.Equal(trained, File.ReadAllBytes(Model));
        Build().Succeeds();
    }

    private void Train(string? loss = null)
    {
        var path = Path.Combine(folder, "Iris", "iris.train.json");
        var text = File.ReadAllText(path);
        if (loss is not null)
        {
            var start = text.IndexOf("\"loss\": ", StringComparison.Ordinal) + "\"loss\": ".Length;
            text = text[..start] + loss + text[(text.IndexOf('}', start) + 1)..];
        }

        var specification = Path.Combine(folder, "Iris", "again.train.json");
        File.WriteAllText(specification, text);
        ModelTraining.Run(TrainingSpecification.Load(specification));
    }

    private Outcome Build() => DotNet("build Iris -nologo");

    private Outcome DotNet(string arguments) => CommandLine.DotNet(folder, arguments);
}
