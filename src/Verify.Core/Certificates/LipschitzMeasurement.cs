using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>A Lipschitz constant between two bounds, of the network's function of real numbers.</summary>
public sealed record LipschitzMeasurement : Measurement
{
    /// <inheritdoc cref="LipschitzMeasure.Norm"/>
    public required Norm Norm { get; init; }

    /// <summary>One output, or two of which it is the difference; null for all outputs together.</summary>
    public ImmutableArray<int>? Outputs { get; init; }

    /// <inheritdoc cref="LipschitzMeasure.Scores"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Scores { get; init; }

    /// <summary>Whether the bounds agree to a part in 10⁹, as they do not once they are rounded.</summary>
    [JsonPropertyOrder(2)]
    public required bool Exact { get; init; }

    /// <summary>What gave the upper bound.</summary>
    [JsonPropertyOrder(2)]
    public required string Method { get; init; }

    /// <summary>The largest constant allowed, where there is one.</summary>
    [JsonPropertyOrder(3)]
    public double? AtMost { get; init; }

    /// <summary>Where the limit is broken, an input near which the network is at least as steep as the lower bound.</summary>
    [JsonPropertyOrder(5)]
    public ImmutableArray<double>? Witness { get; init; }

    /// <inheritdoc/>
    public override string Quantity()
    {
        var outputs = Outputs switch
        {
            [var output] => $"output {output}",
            [var added, var subtracted] => $"output {added} less output {subtracted}",
            _ => "all outputs",
        };
        return $"{Norm.ToString().ToLowerInvariant()} Lipschitz constant of {outputs}{(Scores ? ", as scores" : "")}";
    }

    /// <inheritdoc/>
    public override string Value()
    {
        var (lower, upper) = (Text(Rounding.RoundDown(Lower)), Upper is { } most ? Text(Rounding.RoundUp(most)) : "infinity");
        return lower == upper ? lower : $"between {lower} and {upper}{(Exact ? " (exact)" : "")}";
    }

    /// <inheritdoc/>
    public override string? Demand() => AtMost is { } limit ? $"at most {Text(limit)}" : null;

    /// <inheritdoc/>
    public override string Evidence() => "the report holds an input near which it is so large, its witness";

    internal override Measurement Rounded() => this with { Lower = Rounding.RoundDown(Lower), Upper = Upper is { } upper ? Rounding.RoundUp(upper) : null };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
