using System.Collections.Immutable;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications.Json;

namespace RobustVerify.Core.Specifications;

/// <summary>What is to hold of a model around each of some samples, and what is to be measured of it.</summary>
public sealed record Specification : SampleRegions
{
    /// <summary>A short name, for reports.</summary>
    public required string Name { get; init; }

    /// <summary>The file that the specification was read from, where it was.</summary>
    public string? File { get; init; }

    /// <summary>The ONNX file of the model, as an absolute path.</summary>
    public required string ModelPath { get; init => field = Path.GetFullPath(value); }

    /// <summary>What must hold of the outputs around every sample.</summary>
    public OutputRequirement Requirement { get; init; } = new SameLabel();

    /// <summary>Which arithmetic a proof is to speak of.</summary>
    public Semantics Semantics { get; init; }

    /// <summary>How much work each property may cost.</summary>
    public Budget Budget { get; init; } = Budget.Default;

    /// <summary>True where the largest certified radius of every sample is to be found, not only whether the given one holds.</summary>
    public bool MeasureRadius { get; init; }

    /// <summary>What else is to be measured; the names differ.</summary>
    public ImmutableArray<Measure> Measures
    {
        get;
        init => field = value.GroupBy(measure => measure.Name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice }
            ? throw new ArgumentException($"Two measures are named '{twice}'; a measure is told from others by its name.")
            : value;
    } = [];

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
        new Property(Samples[sample].Name, Around(center, scale), Requirement.At(model, Samples[sample], center)) { Semantics = Semantics });

    /// <summary>The inputs around one sample.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The number of the sample, from 0.</param>
    /// <exception cref="SpecificationException">The sample does not fit the model, or its region is empty.</exception>
    public InputRegion RegionAt(DeployedModel model, int sample) => At(model, sample, center => Around(center));

    /// <summary>What there is at a sample, as the model is given it.</summary>
    private T At<T>(DeployedModel model, int sample, Func<float[], T> at)
    {
        var name = Samples[sample].Name;
        try
        {
            // The model is given float32 numbers: the region lies around what it sees.
            return at(Center(Samples[sample], model.Network.Input.Size));
        }
        catch (ArgumentException exception)
        {
            throw Refusal(name, exception);
        }
    }

    /// <summary>Says of what part of the specification something is wrong.</summary>
    internal SpecificationException Refusal(string part, ArgumentException exception)
    {
        // The parameter that .NET appends is one of ours, and says nothing to whoever wrote the specification.
        var problem = exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);
        return new SpecificationException(File ?? Name, $"{part}: {problem}", innerException: exception);
    }
}
