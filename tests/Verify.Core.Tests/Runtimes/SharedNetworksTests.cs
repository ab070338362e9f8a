using RobustVerify.Core.Onnx;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Core.Tests.Runtimes;

public sealed class SharedNetworksTests
{
    /// <summary>Networks beside the repository; none where they are absent.</summary>
    public static TheoryData<string> Networks => new(Repository.Shared is { } shared
        ? Directory.EnumerateFiles(shared, "*.onnx", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(shared, path)).Order(StringComparer.Ordinal)
        : []);

    [SharedTheory]
    [MemberData(nameof(Networks))]
    public void Every_shared_network_computes_what_ONNX_Runtime_computes(string network)
    {
        var model = OnnxImporter.Import(Path.Combine(Repository.Shared!, network));
        using var runtime = OnnxRuntime.Open(model);
        Assert.InRange(DeployedModel.Compare(model, runtime), 0, 1);
    }

    private sealed class SharedTheoryAttribute : TheoryAttribute
    {
        public SharedTheoryAttribute() =>
            Skip = Repository.Shared is null ? "There are no shared networks beside the repository." : OnnxRuntimeTheoryAttribute.Reason;
    }
}
