using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>An input near which a network is too steep, with all that it takes to see it again.</summary>
internal sealed record WitnessFile(string Name, string Claim, string Model, [property: JsonConverter(typeof(JsonStringEnumConverter<Norm>))] Norm Norm, double Limit, ImmutableArray<double> Input)
{
    /// <summary>Writes a witness below the test's output folder, and returns the file.</summary>
    public string Write(string test)
    {
        var path = TestFiles.Result($"{(Name == test ? test : $"{test}.{Name}")}.witness");
        var content = this with { Model = Path.GetRelativePath(Path.GetDirectoryName(path)!, Model) };
        File.WriteAllText(path, JsonSerializer.Serialize(content, CounterexampleFile.Options));
        return path;
    }

    /// <summary>Reads a witness.</summary>
    public static WitnessFile Read(string path)
    {
        try
        {
            var content = JsonSerializer.Deserialize<WitnessFile>(File.ReadAllText(path), CounterexampleFile.Options)
                ?? throw new InvalidDataException($"{path} holds no witness.");
            return content with { Model = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, content.Model)) };
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} holds no witness: {exception.Message}", exception);
        }
    }
}
