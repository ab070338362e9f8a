using System.Collections.Immutable;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications.Json;

namespace RobustVerify.Core.Specifications;

/// <summary>What is to hold of a model around each of some samples.</summary>
public sealed record Specification
{
    /// <summary>A short name, for reports.</summary>
    public required string Name { get; init; }

    /// <summary>The file that the specification was read from, where it was.</summary>
    public string? File { get; init; }

    /// <summary>The file that the samples were read from, where they were.</summary>
    public string? SamplesFile { get; init; }

    /// <summary>The ONNX file of the model, as an absolute path.</summary>
    public required string ModelPath { get; init => field = Path.GetFullPath(value); }

    /// <summary>The samples, in the order of the properties; their names differ.</summary>
    public required ImmutableArray<Sample> Samples
    {
        get;
        init => field = value.GroupBy(sample => sample.Name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice }
            ? throw new ArgumentException($"Two samples are named '{twice}'; a sample is told from others by its name.")
            : value;
    }

    /// <summary>The name of every element of an input, for messages; empty where the inputs have no names.</summary>
    public ImmutableArray<string> FeatureNames { get; init; } = [];

    /// <summary>How far an input may move from its sample, in the units of each feature; features that are not named stay.</summary>
    public required FeatureValues Radius { get; init; }

    /// <summary>How the distance from a sample is measured.</summary>
    public Norm Norm { get; init; } = Norm.Linf;

    /// <summary>The smallest value of every feature, where there is one.</summary>
    public FeatureValues? DomainLower { get; init; }

    /// <summary>The largest value of every feature, where there is one.</summary>
    public FeatureValues? DomainUpper { get; init; }

    /// <summary>What must hold of the outputs.</summary>
    public OutputRequirement Requirement { get; init; } = new SameLabel();

    /// <summary>Which arithmetic a proof is to speak of.</summary>
    public Semantics Semantics { get; init; }

    /// <summary>How much work each property may cost.</summary>
    public Budget Budget { get; init; } = Budget.Default;

    /// <summary>True where the largest certified radius of every sample is to be found, not only whether the given one holds.</summary>
    public bool MeasureRadius { get; init; }

    /// <summary>The JSON Schema of the files that <see cref="Load"/> reads.</summary>
    public static string JsonSchema => SpecificationReader.Schema;

    /// <summary>Reads a specification in JSON, and the samples that it names.</summary>
    /// <exception cref="SpecificationException">A file cannot be read, or something in it is wrong; the message says where, and what to do.</exception>
    public static Specification Load(string path) => SpecificationReader.Read(path);

    /// <summary>The property of every sample, in their order.</summary>
    /// <exception cref="SpecificationException">The samples do not fit the model, or a region is empty.</exception>
    public IEnumerable<Property> Properties(DeployedModel model) =>
        Enumerable.Range(0, Samples.Length).Select(sample => PropertyAt(model, sample));

    /// <summary>The property of one sample, with all radii multiplied.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The number of the sample, from 0.</param>
    /// <param name="scale">What the radii are multiplied by, not negative.</param>
    /// <exception cref="SpecificationException">The sample does not fit the model, or its region is empty.</exception>
    public Property PropertyAt(DeployedModel model, int sample, double scale = 1) => At(model, sample, center =>
        new Property(Samples[sample].Name, RegionAround(center, scale), Requirement.At(model, Samples[sample], center)) { Semantics = Semantics });

    /// <summary>The inputs around one sample.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The number of the sample, from 0.</param>
    /// <exception cref="SpecificationException">The sample does not fit the model, or its region is empty.</exception>
    public InputRegion RegionAt(DeployedModel model, int sample) => At(model, sample, center => RegionAround(center, 1));

    /// <summary>What there is at a sample, as the model is given it.</summary>
    private T At<T>(DeployedModel model, int sample, Func<float[], T> at)
    {
        var (name, values) = (Samples[sample].Name, Samples[sample].Values);
        try
        {
            var inputs = model.Network.Input.Size;
            if (values.Length != inputs)
                throw new ArgumentException($"it has {values.Length} values, but the model reads {inputs} inputs{Hint(values.Length, inputs)}");
            // The model is given float32 numbers: the region lies around what it sees.
            return at([.. values.Select(value => (float)value)]);
        }
        catch (ArgumentException exception)
        {
            // The parameter that .NET appends is one of ours, and says nothing to whoever wrote the specification.
            var problem = exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);
            throw new SpecificationException(File ?? Name, $"{name}: {problem}", innerException: exception);
        }
    }

    private static string Hint(int values, int inputs) => values > inputs
        ? "; name the columns that are inputs as features, or ignore the others"
        : "; every input needs a value, in the order of the model's inputs";

    private InputRegion RegionAround(float[] center, double scale)
    {
        var names = FeatureNames.Length == center.Length
            ? FeatureNames
            : [.. Enumerable.Range(0, center.Length).Select(i => $"X_{i}")];
        var radii = Radius.InOrder(names, otherwise: 0);
        var lower = (DomainLower ?? double.NegativeInfinity).InOrder(names, double.NegativeInfinity);
        var upper = (DomainUpper ?? double.PositiveInfinity).InOrder(names, double.PositiveInfinity);
        for (var i = 0; i < center.Length; i++)
        {
            if (!(radii[i] >= 0)) throw new ArgumentException($"the radius of {names[i]} is {radii[i]}; it must not be negative");
            if (!(lower[i] <= upper[i])) throw new ArgumentException($"the domain [{lower[i]}, {upper[i]}] of {names[i]} is empty");
            radii[i] *= scale;
            // Rounded as the samples are: one on the domain's border stays on it.
            (lower[i], upper[i]) = (Math.Max((float)lower[i], -float.MaxValue), Math.Min((float)upper[i], float.MaxValue));
            if (center[i] + radii[i] < lower[i] || center[i] - radii[i] > upper[i])
                throw new ArgumentException($"the region is empty: {names[i]} is {center[i]}, further from its domain [{lower[i]}, {upper[i]}] than the radius {radii[i]}");
        }

        return InputRegion.Ball(Array.ConvertAll(center, value => (double)value), radii, Norm, InputRegion.Box(lower, upper));
    }
}
