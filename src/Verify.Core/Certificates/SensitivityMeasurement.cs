using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>How far outputs spread over a region, of the network's function of real numbers: at least as far as at some inputs, at most as far as in a set that holds them.</summary>
public sealed record SensitivityMeasurement : Measurement
{
    /// <inheritdoc cref="SensitivityMeasure.Quantity"/>
    public required SensitivityQuantity Of { get; init; }

    /// <inheritdoc cref="SensitivityMeasure.Set"/>
    public required ReachabilityMethod Set { get; init; }

    /// <summary>Some outputs; null for all.</summary>
    public ImmutableArray<int>? Outputs { get; init; }

    /// <inheritdoc cref="SensitivityMeasure.Scores"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Scores { get; init; }

    /// <summary>The natural logarithm of the volume of the set or of an upper bound of it; null where the set is flat.</summary>
    [JsonPropertyOrder(2)]
    public double? LogVolume { get; init; }

    /// <inheritdoc cref="SensitivityMeasure.AtMost"/>
    [JsonPropertyOrder(3)]
    public double? AtMost { get; init; }

    /// <inheritdoc/>
    public override string Quantity()
    {
        var what = Of switch
        {
            SensitivityQuantity.Width => "largest width",
            SensitivityQuantity.MeanWidth => "mean width",
            SensitivityQuantity.MarginWidth => "largest width of margins",
            _ => "mean width of margins",
        };
        var outputs = Outputs switch
        {
            null => "all outputs",
            [var one] => $"output {one}",
            { } some => $"outputs {string.Join(", ", some)}",
        };
        return $"{what} of {outputs}{(Scores ? ", as scores" : "")} ({Set.ToString().ToLowerInvariant()})";
    }

    /// <inheritdoc/>
    public override string Value()
    {
        if (Upper is not { } most) return "without bound: no margin is left at the sample";
        var (lower, upper) = (Text(Rounding.RoundDown(Lower)), Text(Rounding.RoundUp(most)));
        return lower == upper ? lower : $"between {lower} and {upper}";
    }

    /// <inheritdoc/>
    public override string? Demand() => AtMost is { } limit ? $"at most {Text(limit)}" : null;

    /// <inheritdoc/>
    public override string Evidence() => Upper is null ? "the model gives the sample another class" : "outputs at some inputs of the region lie that far apart";

    internal override Measurement Rounded() => this with
    {
        Lower = Rounding.RoundDown(Lower),
        Upper = Upper is { } upper ? Rounding.RoundUp(upper) : null,
        LogVolume = LogVolume is { } volume ? Rounding.RoundUp(volume) : null,
    };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
