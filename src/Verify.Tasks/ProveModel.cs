using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Build.Framework;

namespace RobustVerify.Tasks;

/// <summary>Lets the engine decide every property of a specification, unless it did so already for the same files.</summary>
/// <remarks>
/// The engine lists beside its report what it read, each with its SHA-256. Contents are compared and not times, because a
/// model is often replaced by an older file.
/// </remarks>
public sealed class ProveModel : EngineTask
{
    /// <summary>The ONNX file.</summary>
    [Required]
    public string Model { get; set; } = "";

    /// <summary>The JSON specification.</summary>
    [Required]
    public string Specification { get; set; } = "";

    /// <summary>Where the report is written.</summary>
    [Required]
    public string Report { get; set; } = "";

    /// <summary>Where the application is built to. ONNX Runtime as it lies there confirms counterexamples, for that is what will run the model.</summary>
    public string ApplicationFolder { get; set; } = "";

    /// <inheritdoc/>
    protected override string Subject => Specification;

    /// <inheritdoc/>
    protected override IEnumerable<string> Arguments =>
        ["gate", "prove", "--specification", Specification, "--model", Model, "--report", Report];

    private string? OnnxRuntime
    {
        get
        {
            var (system, file) = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? ("win", "onnxruntime.dll")
                : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? ("osx", "libonnxruntime.dylib")
                : ("linux", "libonnxruntime.so");
            var platform = $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
            return new[] { Path.Combine(ApplicationFolder, "runtimes", platform, "native", file), Path.Combine(ApplicationFolder, file) }
                .Select(Path.GetFullPath).FirstOrDefault(File.Exists);
        }
    }

    /// <inheritdoc/>
    public override bool Execute()
    {
        if (OnnxRuntime is { } library) EnvironmentVariables = [.. EnvironmentVariables, $"ROBUSTVERIFY_ONNXRUNTIME={library}"];
        return base.Execute();
    }

    /// <inheritdoc/>
    protected override bool SkipTaskExecution()
    {
        var inputs = Report + ".inputs";
        if (!File.Exists(Report) || !File.Exists(inputs)) return false;
        var read = File.ReadAllLines(inputs).Select(line => line.Split(['\t'], 2)).ToDictionary(parts => parts[parts.Length - 1], parts => parts[0]);
        var current = new[] { Engine, Model, Specification, OnnxRuntime }.OfType<string>().All(path => read.ContainsKey(Path.GetFullPath(path)))
            && read.All(input => File.Exists(input.Key) && Sha256(input.Key) == input.Value);
        if (current) Log.LogMessage(MessageImportance.Low, "{0} is up to date.", Report);
        return current;
    }

    private static string Sha256(string path)
    {
        using var hash = SHA256.Create();
        using var file = File.OpenRead(path);
        return BitConverter.ToString(hash.ComputeHash(file)).Replace("-", "").ToLowerInvariant();
    }
}
