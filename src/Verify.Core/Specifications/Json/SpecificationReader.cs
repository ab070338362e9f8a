using System.Collections.Immutable;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Core.Specifications.Json;

/// <summary>Reads specifications in JSON. Its schema is <c>docs/schemas/robustverify.schema.json</c>.</summary>
internal static class SpecificationReader
{
    private const string SameLabelKind = "same-label";
    private const string WithinRangeKind = "within-range";
    private const string ChangesAtMostKind = "changes-at-most";

    /// <summary>The members of every object that has fixed ones, by its place; those of a property by its kind.</summary>
    public static ImmutableDictionary<string, ImmutableArray<string>> Members { get; } = new Dictionary<string, ImmutableArray<string>>
    {
        ["$"] = ["$schema", "model", "samples", "region", "property", "semantics", "budget", "measureRadius"],
        ["$.samples"] = ["file", "label", "features", "ignore", "rows", "inputs", "labels"],
        ["$.samples.rows"] = ["first", "count", "where"],
        ["$.region"] = ["norm", "radius", "domain"],
        ["$.region.domain"] = ["lower", "upper"],
        ["$.property/" + SameLabelKind] = ["kind", "label"],
        ["$.property/" + WithinRangeKind] = ["kind", "output", "lower", "upper"],
        ["$.property/" + ChangesAtMostKind] = ["kind", "amount"],
        ["$.budget"] = ["attackRestarts", "attackSteps", "slopeIterations", "subproblems", "seconds"],
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
        var samples = root.Require("samples").WithOnly(Members["$.samples"]);
        var table = samples["file"] is null ? Inline(samples) : FromCsv(samples, folder);
        var region = root.Require("region").WithOnly(Members["$.region"]);
        var domain = region["domain"]?.WithOnly(Members["$.region.domain"]);
        return new Specification
        {
            Name = NameOf(file),
            File = file,
            SamplesFile = samples["file"] is { } data ? Path.Combine(folder, data.String) : null,
            ModelPath = Path.Combine(folder, root.Require("model").String),
            Samples = table.Samples,
            FeatureNames = table.FeatureNames,
            Radius = Features(region.Require("radius"), table.FeatureNames, isRadius: true)!,
            Norm = NormOf(region["norm"]),
            DomainLower = Features(domain?["lower"], table.FeatureNames),
            DomainUpper = Features(domain?["upper"], table.FeatureNames),
            Requirement = Requirement(root.Require("property"), samples),
            Semantics = SemanticsOf(root["semantics"]),
            Budget = BudgetOf(root["budget"]?.WithOnly(Members["$.budget"])),
            MeasureRadius = root["measureRadius"]?.Boolean ?? false,
        };
    }

    private static string NameOf(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name.EndsWith(".robust", StringComparison.OrdinalIgnoreCase) ? name[..^".robust".Length] : name;
    }

    private static SampleTable FromCsv(JsonValue samples, string folder)
    {
        foreach (var inline in new[] { "inputs", "labels" })
        {
            if (samples[inline] is { } value) throw value.Error("samples are given by a file or as inputs, not both");
        }

        var rows = samples["rows"]?.WithOnly(Members["$.samples.rows"]);
        return CsvSamples.Read(Path.Combine(folder, samples.Require("file").String), new CsvSelection
        {
            Label = samples["label"]?.String,
            Features = Strings(samples["features"]),
            Ignore = Strings(samples["ignore"]),
            First = AtLeast(1, rows?["first"]) ?? 1,
            Count = AtLeast(1, rows?["count"]),
            Where = rows?["where"]?.Members.ToImmutableSortedDictionary(member => member.Key, member => member.Value.StringOrNumber)
                ?? ImmutableSortedDictionary<string, string>.Empty,
        });
    }

    private static SampleTable Inline(JsonValue samples)
    {
        foreach (var ofFile in new[] { "label", "ignore", "rows" })
        {
            if (samples[ofFile] is { } value) throw value.Error("this is said of a CSV file; name one as 'file'");
        }

        var inputs = (samples["inputs"] ?? throw samples.Error("expected 'file', a CSV file, or 'inputs', the inputs themselves")).Items;
        if (inputs.Count == 0) throw samples["inputs"]!.Error("expected one input or more");
        var labels = samples["labels"]?.Items;
        if (labels is not null && labels.Count != inputs.Count)
            throw samples["labels"]!.Error($"there are {labels.Count} labels for {inputs.Count} inputs");
        var names = Strings(samples["features"]);
        var size = names.Length > 0 ? names.Length : inputs[0].Items.Count;
        if (names.Length == 0) names = [.. Enumerable.Range(0, size).Select(i => $"X_{i}")];
        return new SampleTable(names, [.. inputs.Select(Sample)]);

        Sample Sample(JsonValue input, int i)
        {
            if (input.Items.Count != size) throw input.Error($"expected {size} values, not {input.Items.Count}");
            return new Sample($"input {i + 1}", [.. input.Items.Select(value => value.Number)], labels?[i].Number);
        }
    }

    private static FeatureValues? Features(JsonValue? value, ImmutableArray<string> names, bool isRadius = false)
    {
        if (value is null) return null;
        if (!value.IsObject) return Number(value);
        value.WithOnly(names);
        return new FeatureValues(value.Members.Select(member => KeyValuePair.Create(member.Key, Number(member.Value))));

        double Number(JsonValue number) =>
            isRadius && number.Number < 0 ? throw number.Error("a radius must not be negative") : number.Number;
    }

    private static Norm NormOf(JsonValue? norm) => norm?.String switch
    {
        null or "linf" => Norm.Linf,
        "l2" => Norm.L2,
        "l1" => Norm.L1,
        var other => throw norm.Error(Spelling.Unknown("norm", other, ["l1", "l2", "linf"])),
    };

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
                return new WithinRange(AtLeast(0, property["output"]) ?? 0, lower, upper);
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

    private static Budget BudgetOf(JsonValue? budget)
    {
        if (budget is null) return Budget.Default;
        if (budget["seconds"] is { Number: <= 0 } seconds) throw seconds.Error("the limit must be positive");
        return new Budget
        {
            AttackRestarts = AtLeast(0, budget["attackRestarts"]) ?? Budget.Default.AttackRestarts,
            AttackSteps = AtLeast(0, budget["attackSteps"]) ?? Budget.Default.AttackSteps,
            SlopeIterations = AtLeast(0, budget["slopeIterations"]) ?? Budget.Default.SlopeIterations,
            Subproblems = AtLeast(0, budget["subproblems"]),
            Seconds = budget["seconds"]?.Number,
        };
    }

    private static int? AtLeast(int least, JsonValue? value) =>
        value is null || value.Integer >= least ? value?.Integer : throw value.Error($"expected {least} or more");

    private static ImmutableArray<string> Strings(JsonValue? value) => value is null ? [] : [.. value.Items.Select(item => item.String)];
}
