using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications;

/// <summary>A number for every feature: the same for all, or by the feature's name.</summary>
public sealed record FeatureValues
{
    private readonly double all;
    private readonly ImmutableDictionary<string, double>? byName;

    /// <summary>One number for all features.</summary>
    public FeatureValues(double all) => this.all = all;

    /// <summary>A number for each of some features; the others have a default.</summary>
    public FeatureValues(IEnumerable<KeyValuePair<string, double>> byName) => this.byName = byName.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>One number for all features.</summary>
    public static implicit operator FeatureValues(double all) => new(all);

    /// <summary>One number for all features.</summary>
    public static FeatureValues FromDouble(double all) => new(all);

    /// <summary>The number of all features, where they have the same.</summary>
    public double? Uniform => byName is null ? all : null;

    /// <summary>The numbers in the order of the features.</summary>
    /// <param name="features">The names of the features.</param>
    /// <param name="otherwise">The number of a feature that is not named.</param>
    /// <exception cref="ArgumentException">A name is none of the features'.</exception>
    public double[] InOrder(ImmutableArray<string> features, double otherwise)
    {
        if (byName is null) return [.. features.Select(_ => all)];
        foreach (var name in byName.Keys)
        {
            if (!features.Contains(name)) throw new ArgumentException(Spelling.Unknown("feature", name, features));
        }

        return [.. features.Select(feature => byName.GetValueOrDefault(feature, otherwise))];
    }
}
