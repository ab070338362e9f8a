using System.Globalization;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>Runs a network on a counterexample that an earlier test found.</summary>
public static class Replay
{
    /// <summary>Passes where the network no longer violates the property at the counterexample.</summary>
    /// <param name="path">The file that the falsified test named.</param>
    /// <exception cref="FalsifiedException">The network violates the property there, still or again.</exception>
    public static void Counterexample(string path)
    {
        var file = CounterexampleFile.Read(path);
        var model = LoadedModels.Load(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file.Model)));
        var output = model.Runtime.Run(file.Input.AsSpan());
        var property = new OutputProperty(file.Violations, file.Description);
        if (property.IsViolatedBy([.. output.Select(value => (double)value)]))
        {
            throw new FalsifiedException(
                $"{file.Property}: '{file.Description}' is violated by {model.Path} at the input of {path}; "
                + $"the outputs are {string.Join(", ", output.Select(value => value.ToString("G6", CultureInfo.InvariantCulture)))}.");
        }
    }
}
