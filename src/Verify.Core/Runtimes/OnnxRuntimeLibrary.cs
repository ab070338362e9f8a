using System.Runtime.InteropServices;

namespace RobustVerify.Core.Runtimes;

/// <summary>The native ONNX Runtime library: where it is found, and the functions of its C API that are used.</summary>
/// <remarks>
/// The API is a table of function pointers to which versions only append, so places in the first version's table hold
/// for every library. The library is looked for in the file that ROBUSTVERIFY_ONNXRUNTIME names, beside the application
/// (as the NuGet package of ONNX Runtime places it), and where the system looks for libraries.
/// </remarks>
internal sealed unsafe class OnnxRuntimeLibrary
{
    public const string Variable = "ROBUSTVERIFY_ONNXRUNTIME";

    private const int LogErrors = 3;
    private const int DeviceAllocator = 0;
    private const int DefaultMemory = 0;

    private static readonly Lazy<OnnxRuntimeLibrary?> Found = new(Find);

    private readonly nint* api;

    private OnnxRuntimeLibrary(nint handle)
    {
        var apiBase = ((delegate* unmanaged<nint*>)NativeLibrary.GetExport(handle, "OrtGetApiBase"))();
        Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])()) ?? "?";
        api = ((delegate* unmanaged<uint, nint*>)apiBase[0])(1);
        if (api is null) throw new InvalidOperationException($"ONNX Runtime {Version} does not offer version 1 of its API.");

        nint environment;
        fixed (byte* name = "robustverify"u8) Check(((delegate* unmanaged<int, byte*, nint*, nint>)api[3])(LogErrors, name, &environment));
        Environment = environment;
        nint memory;
        Check(((delegate* unmanaged<int, int, nint*, nint>)api[69])(DeviceAllocator, DefaultMemory, &memory));
        Memory = memory;
    }

    /// <summary>The library, or null where there is none.</summary>
    /// <exception cref="InvalidOperationException">The variable names a file that is no such library.</exception>
    public static OnnxRuntimeLibrary? Instance => Found.Value;

    public string Version { get; }

    /// <summary>The library's state, one for the process.</summary>
    public nint Environment { get; }

    /// <summary>Where tensors that the caller provides lie: ordinary memory.</summary>
    public nint Memory { get; }

    public delegate* unmanaged<nint, byte*, nint, nint*, nint> CreateSession => (delegate* unmanaged<nint, byte*, nint, nint*, nint>)api[7];

    public delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run =>
        (delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)api[9];

    public delegate* unmanaged<nint*, nint> CreateSessionOptions => (delegate* unmanaged<nint*, nint>)api[10];

    public delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads => (delegate* unmanaged<nint, int, nint>)api[24];

    public delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithData =>
        (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)api[49];

    public delegate* unmanaged<nint, void**, nint> GetTensorMutableData => (delegate* unmanaged<nint, void**, nint>)api[51];

    public delegate* unmanaged<nint, int*, nint> GetTensorElementType => (delegate* unmanaged<nint, int*, nint>)api[60];

    public delegate* unmanaged<nint, nuint*, nint> GetTensorShapeElementCount => (delegate* unmanaged<nint, nuint*, nint>)api[64];

    public delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape => (delegate* unmanaged<nint, nint*, nint>)api[65];

    public delegate* unmanaged<nint, void> ReleaseSession => (delegate* unmanaged<nint, void>)api[95];

    public delegate* unmanaged<nint, void> ReleaseValue => (delegate* unmanaged<nint, void>)api[96];

    public delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo => (delegate* unmanaged<nint, void>)api[99];

    public delegate* unmanaged<nint, void> ReleaseSessionOptions => (delegate* unmanaged<nint, void>)api[100];

    /// <summary>Turns a status into an exception, unless it says that all went well.</summary>
    public void Check(nint status)
    {
        if (status == 0) return;
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)api[2])(status));
        ((delegate* unmanaged<nint, void>)api[93])(status);
        throw new InvalidOperationException($"ONNX Runtime {Version}: {message}");
    }

    private static OnnxRuntimeLibrary? Find()
    {
        if (System.Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return NativeLibrary.TryLoad(path, out var named)
                ? new OnnxRuntimeLibrary(named)
                : throw new InvalidOperationException($"{Variable} names '{path}', which is not a library that can be loaded.");
        }

        string[] names = OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib"]
            : ["libonnxruntime.so", "libonnxruntime.so.1"];
        var folders = new[] { Path.Combine("runtimes", RuntimeInformation.RuntimeIdentifier, "native"), "" }
            .Select(folder => Path.Combine(AppContext.BaseDirectory, folder));
        var candidates = folders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).Where(File.Exists).Concat(names);
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out var handle)) return new OnnxRuntimeLibrary(handle);
        }

        return null;
    }
}
