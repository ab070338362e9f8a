using System.Runtime.CompilerServices;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Core.Tests.Runtimes;

/// <summary>Makes the library that build/fetch-onnxruntime.sh fetched known, before anything looks for it.</summary>
internal static class NativeLibrary
{
    [ModuleInitializer]
    internal static void Use()
    {
        if (Environment.GetEnvironmentVariable(OnnxRuntimeLibrary.Variable) is not null) return;
        var folder = Path.Combine(Repository.Root, "artifacts", "native");
        var file = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "libonnxruntime*", SearchOption.AllDirectories).FirstOrDefault()
            : null;
        if (file is not null) Environment.SetEnvironmentVariable(OnnxRuntimeLibrary.Variable, file);
    }
}

/// <summary>A test that is reported as skipped where ONNX Runtime is absent.</summary>
internal sealed class OnnxRuntimeFactAttribute : FactAttribute
{
    public OnnxRuntimeFactAttribute() => Skip = OnnxRuntimeTheoryAttribute.Reason;
}

/// <summary>A theory that is reported as skipped where ONNX Runtime is absent.</summary>
internal sealed class OnnxRuntimeTheoryAttribute : TheoryAttribute
{
    public OnnxRuntimeTheoryAttribute() => Skip = Reason;

    public static string? Reason =>
        OnnxRuntime.IsAvailable ? null : "ONNX Runtime is not here; build/fetch-onnxruntime.sh fetches it.";
}
