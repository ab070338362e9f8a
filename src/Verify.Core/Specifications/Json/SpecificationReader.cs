using System.Collections.Immutable;

namespace RobustVerify.Core.Specifications.Json;

/// <summary>Reads specifications in JSON. Its schema is <c>docs/schemas/robustverify.schema.json</c>.</summary>
internal static class SpecificationReader
{
    private const string SameLabelKind = "same-label";
    private const string WithinRangeKind = "within-range";
    private const string ChangesAtMostKind = "changes-at-most";

    /// <summary>The members of every object that has fixed ones, by its place; those of a property or a measure by its kind.</summary>
    public static ImmutableDictionary<string, ImmutableArray<string>> Members { get; } = new Dictionary<string, ImmutableArray<string>>
    {
        ["$"] = ["$schema", "model", "samples", "region", "property", "semantics", "budget", "measureRadius", "measures"],
        ["samples"] = ["file", "label", "features", "ignore", "rows", "inputs", "labels"],
        ["samples.rows"] = ["first", "count", "where"],
        ["region"] = ["norm", "radius", "domain"],
        ["region.domain"] = ["lower", "upper"],
        ["$.property/" + SameLabelKind] = ["kind", "label"],
        ["$.property/" + WithinRangeKind] = ["kind", "output", "lower", "upper"],
        ["$.property/" + ChangesAtMostKind] = ["kind", "amount"],
        ["$.budget"] = ["attackRestarts", "attackSteps", "slopeIterations", "subproblems", "seconds"],
        ["$.measures/" + MeasureReader.Lipschitz] = ["kind", "name", "samples", "region", "norm", "outputs", "scores", "exact", "atMost"],
        ["$.measures/" + MeasureReader.Sensitivity] = ["kind", "name", "samples", "region", "quantity", "set", "outputs", "scores", "atMost"],
        ["$.measures/" + MeasureReader.Clever] = ["kind", "name", "samples", "region", "order", "target", "batches", "batchSize", "seed", "atLeast"],
    }.ToImmutableDictionary();

    /// <summary>The JSON Schema.</summary>
    public static string Schema
    {
        get
        {
            using var reader = new StreamReader(typeof(SpecificationReader).Assembly.GetManifestResourceStream("robustverify.schema.json")!);
            return reader.ReadToEnd();
        }
    }

    public static Specification Read(string file)
    {
        file = Path.GetFullPath(file);
        var folder = Path.GetDirectoryName(file)!;
        var root = JsonValue.Read(file).WithOnly(Members["$"]);
        var regions = new RegionReader(root, folder);
        // Where numbers are measured, a property need not be stated.
        var isStated = root["property"] is not null || root["measures"] is null;
        var own = isStated ? regions.Read(root.Require("samples"), root.Require("region")) : regions.Unused();
        return new Specification
        {
            Name = NameOf(file),
            File = file,
            SamplesFile = own.SamplesFile,
            ModelPath = Path.Combine(folder, root.Require("model").String),
            Samples = own.Samples,
            FeatureNames = own.FeatureNames,
            Radius = own.Radius,
            Norm = own.Norm,
            DomainLower = own.DomainLower,
            DomainUpper = own.DomainUpper,
            Requirement = isStated ? Requirement(root.Require("property"), root.Require("samples")) : new SameLabel(),
            Semantics = SemanticsOf(root["semantics"]),
            Budget = BudgetOf(root["budget"]?.WithOnly(Members["$.budget"])),
            MeasureRadius = root["measureRadius"]?.Boolean ?? false,
            Measures = MeasuresOf(root["measures"], regions),
        };
    }

    private static string NameOf(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name.EndsWith(".robust", StringComparison.OrdinalIgnoreCase) ? name[..^".robust".Length] : name;
    }

    private static Semantics SemanticsOf(JsonValue? semantics) => semantics?.String switch
    {
        null or "real" => Semantics.Real,
        "float32" => Semantics.Float32,
        var other => throw semantics.Error(Spelling.Unknown("semantics", other, ["real", "float32"])),
    };

    private static OutputRequirement Requirement(JsonValue property, JsonValue samples)
    {
        var kind = property.Require("kind");
        if (!Members.TryGetValue("$.property/" + kind.String, out var members))
            throw kind.Error(Spelling.Unknown("kind of property", kind.String, [SameLabelKind, WithinRangeKind, ChangesAtMostKind]));
        property.WithOnly(members);
        switch (kind.String)
        {
            case WithinRangeKind:
                if (property["lower"] is null && property["upper"] is null) throw property.Error("expected 'lower', 'upper' or both");
                var (lower, upper) = (property["lower"]?.Number ?? double.NegativeInfinity, property["upper"]?.Number ?? double.PositiveInfinity);
                if (lower > upper) throw property.Error($"the range [{lower}, {upper}] is empty");
                return new WithinRange(property["output"]?.AtLeast(0) ?? 0, lower, upper);
            case ChangesAtMostKind:
                var amount = property.Require("amount");
                return amount.Number >= 0 ? new ChangesAtMost(amount.Number) : throw amount.Error("the amount must not be negative");
            default:
                if (property["label"] is { } label && label.String is not "predicted")
                    throw label.Error("expected \"predicted\"; leave it out where the samples have labels");
                if (property["label"] is null && samples["label"] is null && samples["labels"] is null)
                    throw property.Error("the samples have no labels; name the column as samples.label, or write \"label\": \"predicted\"");
                return new SameLabel(Predicted: property["label"] is not null);
        }
    }

    private static ImmutableArray<Measure> MeasuresOf(JsonValue? measures, RegionReader regions)
    {
        if (measures is null) return [];
        if (measures.Items.Count == 0) throw measures.Error("expected one measure or more");
        var names = new HashSet<string>();
        foreach (var name in measures.Items.Select(measure => measure.Require("name")))
        {
            if (string.IsNullOrWhiteSpace(name.String)) throw name.Error("the name is empty");
            if (name.String.Contains(':', StringComparison.Ordinal)) throw name.Error("a name has no colon: in a report the sample stands behind one");
            if (!names.Add(name.String)) throw name.Error($"another measure is named '{name.String}', too; give each a name of its own");
        }

        return [.. measures.Items.Select(measure => MeasureReader.Read(measure, regions))];
    }

    private static Budget BudgetOf(JsonValue? budget)
    {
        if (budget is null) return Budget.Default;
        if (budget["seconds"] is { Number: <= 0 } seconds) throw seconds.Error("the limit must be positive");
        return new Budget
        {
            AttackRestarts = budget["attackRestarts"]?.AtLeast(0) ?? Budget.Default.AttackRestarts,
            AttackSteps = budget["attackSteps"]?.AtLeast(0) ?? Budget.Default.AttackSteps,
            SlopeIterations = budget["slopeIterations"]?.AtLeast(0) ?? Budget.Default.SlopeIterations,
            Subproblems = budget["subproblems"]?.AtLeast(0),
            Seconds = budget["seconds"]?.Number,
        };
    }
}
