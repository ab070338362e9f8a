using System.Globalization;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>Runs a network on what an earlier test found.</summary>
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

    /// <summary>Passes where the network is no longer too steep near an input that an earlier test found.</summary>
    /// <param name="path">The file that the falsified test named.</param>
    /// <exception cref="FalsifiedException">The network is too steep there, still or again.</exception>
    public static void Witness(string path)
    {
        var file = WitnessFile.Read(path);
        var constant = LipschitzChecker.Lower(LoadedModels.Load(file.Model).Network, file.Norm, null, file.Input.AsSpan());
        if (constant > file.Limit)
        {
            throw new FalsifiedException(string.Create(
                CultureInfo.InvariantCulture,
                $"{file.Name}: it is not true of {file.Model} that {file.Claim}; near the input of {path} they change {constant:G6} times as much."));
        }
    }
}
