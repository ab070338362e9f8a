using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications.Json;

/// <summary>Reads what a specification measures.</summary>
internal static class MeasureReader
{
    public const string Lipschitz = "lipschitz";
    public const string Clever = "clever";
    public const string Sensitivity = "sensitivity";

    private const int FewestBatches = 10;

    public static Measure Read(JsonValue measure, RegionReader regions)
    {
        var kind = measure.Require("kind");
        if (!SpecificationReader.Members.TryGetValue("$.measures/" + kind.String, out var members))
            throw kind.Error(Spelling.Unknown("kind of measure", kind.String, [Lipschitz, Clever, Sensitivity]));
        measure.WithOnly(members);
        return kind.String switch
        {
            Clever => CleverOf(measure, regions),
            Sensitivity => SensitivityOf(measure, regions),
            _ => LipschitzOf(measure, regions),
        };
    }

    private static LipschitzMeasure LipschitzOf(JsonValue measure, RegionReader regions) => new()
    {
        Name = measure.Require("name").String,
        Regions = regions.Of(measure),
        Norm = RegionReader.NormOf(measure.Require("norm")),
        Outputs = OutputsOf(measure["outputs"]),
        Scores = measure["scores"]?.Boolean ?? false,
        Exact = measure["exact"]?.Boolean ?? false,
        AtMost = Limit(measure["atMost"]),
    };

    private static SensitivityMeasure SensitivityOf(JsonValue measure, RegionReader regions)
    {
        var around = regions.Of(measure);
        var quantity = measure["quantity"]?.String switch
        {
            null or "mean-width" => SensitivityQuantity.MeanWidth,
            "width" => SensitivityQuantity.Width,
            "mean-margin-width" => SensitivityQuantity.MeanMarginWidth,
            "margin-width" => SensitivityQuantity.MarginWidth,
            var other => throw measure["quantity"]!.Error(Spelling.Unknown("quantity", other, ["mean-width", "width", "mean-margin-width", "margin-width"])),
        };
        var outputs = measure["outputs"];
        if (around.Samples.IsEmpty && around.DomainLower is null) throw (measure["region"] ?? measure).Error("outputs over all inputs there are have no bound; give the region a radius, or a domain");
        if (quantity is SensitivityQuantity.MarginWidth or SensitivityQuantity.MeanMarginWidth)
        {
            if (around.Samples.IsEmpty) throw measure["quantity"]!.Error("margins are those of a sample; give the region a radius");
            if (outputs is not null) throw outputs.Error("margins are those between all outputs; leave the outputs out");
        }

        return new SensitivityMeasure
        {
            Name = measure.Require("name").String,
            Regions = around,
            Quantity = quantity,
            Set = SetOf(measure["set"]),
            Outputs = outputs is null ? [] : Distinct(outputs, [.. outputs.Items.Select(output => output.AtLeast(0))]),
            Scores = measure["scores"]?.Boolean ?? false,
            AtMost = Limit(measure["atMost"]),
        };
    }

    private static ReachabilityMethod SetOf(JsonValue? set) => set?.String switch
    {
        null or "polytope" => ReachabilityMethod.Polytope,
        "interval" => ReachabilityMethod.Interval,
        "linear" => ReachabilityMethod.Linear,
        "zonotope" => ReachabilityMethod.Zonotope,
        "exact" => ReachabilityMethod.Exact,
        var other => throw set.Error(Spelling.Unknown("set", other, ["interval", "linear", "zonotope", "polytope", "exact"])),
    };

    private static ImmutableArray<int> Distinct(JsonValue outputs, ImmutableArray<int> numbers) =>
        !numbers.IsEmpty && numbers.Distinct().Count() == numbers.Length ? numbers : throw outputs.Error("expected the numbers of one output or more that differ");

    private static CleverMeasure CleverOf(JsonValue measure, RegionReader regions)
    {
        var around = regions.Of(measure);
        if (around.Samples.IsEmpty) throw measure.Error("a CLEVER score is one of a sample; give the region a radius");
        if (around.Radius.Uniform is not > 0)
            throw (measure["region"]?["radius"] ?? measure).Error("a CLEVER score needs one radius for all features, larger than 0");
        if (Limit(measure["atLeast"]) > around.Radius.Uniform)
            throw measure["atLeast"]!.Error("no score is larger than the radius of the ball, so this is always broken");
        var (targets, target) = TargetOf(measure["target"]);
        return new CleverMeasure
        {
            Name = measure.Require("name").String,
            Regions = around,
            Order = measure["order"] switch { null => 1, { Integer: 1 or 2 } order => order.Integer, var order => throw order.Error("expected 1 or 2") },
            Targets = targets,
            Target = target,
            Batches = measure["batches"]?.AtLeast(FewestBatches) ?? 100,
            BatchSize = measure["batchSize"]?.AtLeast(1),
            Seed = (ulong)(measure["seed"]?.AtLeast(0) ?? 0),
            AtLeast = Limit(measure["atLeast"]),
        };
    }

    private static ImmutableArray<int> OutputsOf(JsonValue? outputs)
    {
        if (outputs is null) return [];
        ImmutableArray<int> numbers = [.. outputs.Items.Select(output => output.AtLeast(0))];
        return numbers is [_] || (numbers is [var first, var second] && first != second)
            ? numbers
            : throw outputs.Error("expected the number of one output, or of two that differ");
    }

    private static (CleverTargets Targets, int? Target) TargetOf(JsonValue? target) => target switch
    {
        null => (CleverTargets.Untargeted, null),
        { IsString: false } => (CleverTargets.Untargeted, target.AtLeast(0)),
        { String: "untargeted" } => (CleverTargets.Untargeted, null),
        { String: "runner-up" } => (CleverTargets.RunnerUp, null),
        { String: "least-likely" } => (CleverTargets.LeastLikely, null),
        _ => throw target.Error(Spelling.Unknown("target", target.String, ["untargeted", "runner-up", "least-likely"]) + ", or the number of a class"),
    };

    private static double? Limit(JsonValue? limit) =>
        limit is null or { Number: >= 0 } ? limit?.Number : throw limit.Error("the limit must not be negative");
}
