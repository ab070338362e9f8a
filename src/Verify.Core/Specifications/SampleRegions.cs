using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications;

/// <summary>A region of inputs around each of some samples; without samples one region, the domain, or all inputs where there is none.</summary>
public record SampleRegions
{
    /// <summary>The samples; their names differ.</summary>
    public required ImmutableArray<Sample> Samples
    {
        get;
        init => field = value.GroupBy(sample => sample.Name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice }
            ? throw new ArgumentException($"Two samples are named '{twice}'; a sample is told from others by its name.")
            : value;
    }

    /// <summary>The file that the samples were read from, where they were.</summary>
    public string? SamplesFile { get; init; }

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

    /// <summary>A sample as a model is given it: as float32 numbers.</summary>
    /// <exception cref="ArgumentException">The sample has not as many values as the model reads.</exception>
    internal static float[] Center(Sample sample, int inputs)
    {
        var values = sample.Values;
        if (values.Length != inputs)
            throw new ArgumentException($"it has {values.Length} values, but the model reads {inputs} inputs{Hint(values.Length, inputs)}");
        return [.. values.Select(value => (float)value)];
    }

    /// <summary>The region around a sample, with all radii multiplied.</summary>
    /// <exception cref="ArgumentException">The region is empty, or a feature is named that there is not.</exception>
    internal InputRegion Around(float[] center, double scale = 1)
    {
        var names = NamesOf(center.Length);
        var radii = Radius.InOrder(names, otherwise: 0);
        var (lower, upper) = Domain(names);
        for (var i = 0; i < center.Length; i++)
        {
            if (!(radii[i] >= 0)) throw new ArgumentException($"the radius of {names[i]} is {radii[i]}; it must not be negative");
            radii[i] *= scale;
            if (center[i] + radii[i] < lower[i] || center[i] - radii[i] > upper[i])
                throw new ArgumentException($"the region is empty: {names[i]} is {center[i]}, further from its domain [{lower[i]}, {upper[i]}] than the radius {radii[i]}");
        }

        return InputRegion.Ball(Array.ConvertAll(center, value => (double)value), radii, Norm, InputRegion.Box(lower, upper));
    }

    /// <summary>Where inputs lie at all; null where they lie everywhere.</summary>
    /// <exception cref="ArgumentException">The domain is empty, or a feature is named that there is not.</exception>
    internal InputRegion? Domain(int inputs)
    {
        if (DomainLower is null && DomainUpper is null) return null;
        var (lower, upper) = Domain(NamesOf(inputs));
        return InputRegion.Box(lower, upper);
    }

    private (double[] Lower, double[] Upper) Domain(ImmutableArray<string> names)
    {
        var lower = (DomainLower ?? double.NegativeInfinity).InOrder(names, double.NegativeInfinity);
        var upper = (DomainUpper ?? double.PositiveInfinity).InOrder(names, double.PositiveInfinity);
        for (var i = 0; i < names.Length; i++)
        {
            if (!(lower[i] <= upper[i])) throw new ArgumentException($"the domain [{lower[i]}, {upper[i]}] of {names[i]} is empty");
            // Rounded as the samples are: one on the domain's border stays on it.
            (lower[i], upper[i]) = (Math.Max((float)lower[i], -float.MaxValue), Math.Min((float)upper[i], float.MaxValue));
        }

        return (lower, upper);
    }

    private ImmutableArray<string> NamesOf(int inputs) =>
        FeatureNames.Length == inputs ? FeatureNames : [.. Enumerable.Range(0, inputs).Select(i => $"X_{i}")];

    private static string Hint(int values, int inputs) => values > inputs
        ? "; name the columns that are inputs as features, or ignore the others"
        : "; every input needs a value, in the order of the model's inputs";
}
