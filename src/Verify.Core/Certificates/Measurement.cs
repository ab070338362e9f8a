using System.Text.Json.Serialization;

namespace RobustVerify.Core.Certificates;

/// <summary>What was measured of a model for one measure of a specification, of one sample where it is one of samples.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LipschitzMeasurement), "lipschitz")]
[JsonDerivedType(typeof(CleverMeasurement), "clever")]
[JsonDerivedType(typeof(SensitivityMeasurement), "sensitivity")]
public abstract record Measurement
{
    /// <summary>The name of the measure.</summary>
    [JsonPropertyOrder(-2)]
    public required string Measure { get; init; }

    /// <summary>The name of the sample; null where the measure is of one region.</summary>
    [JsonPropertyOrder(-2)]
    public string? Sample { get; init; }

    /// <summary>The name of both, which is unique within a report.</summary>
    [JsonIgnore]
    public string Name => Sample is null ? Measure : $"{Measure}: {Sample}";

    /// <summary>The lower end of what is known or estimated.</summary>
    [JsonPropertyOrder(1)]
    public required double Lower { get; init; }

    /// <summary>The upper end; null where there is none.</summary>
    [JsonPropertyOrder(1)]
    public double? Upper { get; init; }

    /// <summary>What is known of the limit that the specification sets; null where it sets none.</summary>
    [JsonPropertyOrder(4)]
    public LimitStatus? Limit { get; init; }

    /// <summary>The version of the engine.</summary>
    [JsonIgnore]
    public string Engine { get; init; } = "";

    /// <summary>What was measured, in words. Two numbers can be compared where these are the same.</summary>
    public abstract string Quantity();

    /// <summary>What is known of it, in words.</summary>
    public abstract string Value();

    /// <summary>The limit, in words; null where there is none.</summary>
    public abstract string? Demand();

    /// <summary>What shows that a limit is broken, in words.</summary>
    public abstract string Evidence();

    /// <summary>The same with few digits, rounded to the sound side where there is one.</summary>
    internal abstract Measurement Rounded();
}
