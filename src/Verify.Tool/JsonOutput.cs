using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobustVerify.Tool;

/// <summary>Results for programs: JSON on standard output, everything else on standard error.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Option<bool> Option() => new("--json") { Description = "Write the result as JSON on standard output, and messages on standard error." };

    public static void Write<T>(Terminal terminal, T result) => terminal.Output.WriteLine(JsonSerializer.Serialize(result, Options));
}
