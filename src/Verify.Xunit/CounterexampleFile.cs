using System.Collections.Immutable;
using System.Text.Json;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>A counterexample with all that it takes to see it again: model, property, input.</summary>
internal sealed record CounterexampleFile(
    string Property, string Description, string Model, string Runtime,
    ImmutableArray<float> Input, ImmutableArray<float> Output, ImmutableArray<Conjunction> Violations)
{
    internal static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes a counterexample below the test's output folder, and returns the file.</summary>
    public static string Write(string test, DeployedModel model, Property property, Counterexample counterexample)
    {
        var path = TestFiles.Result($"{test}.{property.Name}");
        var content = new CounterexampleFile(
            property.Name, property.Output.Description, Path.GetRelativePath(Path.GetDirectoryName(path)!, model.Path), counterexample.Runtime,
            counterexample.Input, counterexample.Output, property.Output.Violations);
        File.WriteAllText(path, JsonSerializer.Serialize(content, Options));
        return path;
    }

    /// <summary>Reads a counterexample.</summary>
    public static CounterexampleFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<CounterexampleFile>(File.ReadAllText(path), Options)
                ?? throw new InvalidDataException($"{path} holds no counterexample.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} holds no counterexample: {exception.Message}", exception);
        }
    }
}
