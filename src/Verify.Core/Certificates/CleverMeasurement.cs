using System.Globalization;
using System.Text.Json.Serialization;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>A CLEVER score with its bootstrap interval: an estimate, which proves nothing.</summary>
public sealed record CleverMeasurement : Measurement
{
    /// <summary>How distances are measured.</summary>
    public required Norm Norm { get; init; }

    /// <summary>The radius of the ball that derivatives were sampled in, and the largest score.</summary>
    public required double Radius { get; init; }

    /// <inheritdoc cref="CleverMeasure.Order"/>
    public required int Order { get; init; }

    /// <summary>The target: <c>untargeted</c>, <c>runner-up</c>, <c>least-likely</c>, or the number of a class.</summary>
    public required string Target { get; init; }

    /// <summary>How many batches there were.</summary>
    public required int Batches { get; init; }

    /// <summary>How many points were drawn for each.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Which random numbers were used.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The estimate.</summary>
    [JsonPropertyOrder(1)]
    public required double Score { get; init; }

    /// <summary>The least score allowed, where there is one.</summary>
    [JsonPropertyOrder(3)]
    public double? AtLeast { get; init; }

    /// <inheritdoc/>
    public override string Quantity() => string.Create(
        CultureInfo.InvariantCulture, $"{Norm.ToString().ToLowerInvariant()} CLEVER score of order {Order} within {Radius} ({Target})");

    /// <inheritdoc/>
    public override string Value() => $"estimated to be {Text(Score)} (from {Text(Lower)} to {Text(Upper ?? double.PositiveInfinity)})";

    /// <inheritdoc/>
    public override string? Demand() => AtLeast is { } limit ? $"at least {limit.ToString(CultureInfo.InvariantCulture)}" : null;

    /// <inheritdoc/>
    public override string Evidence() => "this is an estimate and proves nothing";

    // An estimate has no sound side: it is rounded to the nearest.
    internal override Measurement Rounded() => this with { Score = Rounded(Score), Lower = Rounded(Lower), Upper = Upper is { } upper ? Rounded(upper) : null };

    private static double Rounded(double value) => double.Parse(Text(value), CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
