using System.Collections.Immutable;
using System.Text.Json;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>An input near which a network is too steep, with all that it takes to see it again.</summary>
internal sealed record WitnessFile(string Name, string Claim, string Model, Norm Norm, double Limit, ImmutableArray<double> Input)
{
    /// <summary>Writes a witness below the test's output folder, and returns the file.</summary>
    public string Write(string test, string name)
    {
        var path = TestFiles.Result($"{test}.{name}.witness");
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
