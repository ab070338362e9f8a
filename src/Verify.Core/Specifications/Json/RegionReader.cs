using System.Collections.Immutable;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Core.Specifications.Json;

/// <summary>Reads samples, and the regions around them: those of a specification, and those that a measure has of its own.</summary>
/// <param name="root">The specification.</param>
/// <param name="folder">What paths are relative to.</param>
public sealed class RegionReader(JsonValue root, string folder)
{
    private const string Global = "global";

    // What several measures share is read once.
    private readonly Dictionary<JsonValue, SampleTable> tables = [];

    /// <summary>The regions around samples.</summary>
    public SampleRegions Read(JsonValue samples, JsonValue region)
    {
        var table = Table(samples);
        return Within(region, table.FeatureNames) with
        {
            Samples = table.Samples,
            SamplesFile = samples["file"] is { } file ? Path.Combine(folder, file.String) : null,
            Radius = Features(region.Require("radius"), table.FeatureNames, isRadius: true)!,
        };
    }

    /// <summary>The samples themselves: rows of a CSV file, or inputs.</summary>
    public SampleTable Table(JsonValue samples)
    {
        if (tables.TryGetValue(samples, out var known)) return known;
        samples.WithOnly(SpecificationReader.Members["samples"]);
        return tables[samples] = samples["file"] is null ? Inline(samples) : FromCsv(samples);
    }

    /// <summary>What a specification says of samples and regions for its measures alone.</summary>
    public SampleRegions Unused()
    {
        if (root["samples"] is { } samples && root["region"] is { } region) Read(samples, region);
        return new SampleRegions { Samples = [], Radius = 0 };
    }

    /// <summary>The regions of a measure: its own, or what it leaves out the specification's.</summary>
    public SampleRegions Of(JsonValue measure)
    {
        var region = measure["region"] ?? root["region"] ?? throw measure.Error("the member 'region' is missing, and the specification has none either");
        if (!region.IsString && region["radius"] is not null)
            return Read(measure["samples"] ?? root["samples"] ?? throw measure.Error("the member 'samples' is missing, and the specification has none either"), region);
        if (measure["samples"] is { } samples) throw samples.Error("the region is not one around samples; give it a radius, or leave the samples out");
        if (region.IsString)
            return region.String == Global ? new SampleRegions { Samples = [], Radius = 0 } : throw region.Error($"expected \"{Global}\", or an object with a radius, a domain or both");
        var box = Within(region, root["samples"] is { } all ? Table(all).FeatureNames : []);
        if (box.DomainLower is null || box.DomainUpper is null) throw region.Error("expected a radius, or a domain with 'lower' and 'upper'");
        if (region["norm"] is { } norm) throw norm.Error("a norm is of use with a radius only");
        return box;
    }

    /// <summary>A norm; l∞ where none is named.</summary>
    public static Norm NormOf(JsonValue? norm) => norm?.String switch
    {
        null or "linf" => Norm.Linf,
        "l2" => Norm.L2,
        "l1" => Norm.L1,
        var other => throw norm.Error(Spelling.Unknown("norm", other, ["l1", "l2", "linf"])),
    };

    private SampleTable FromCsv(JsonValue samples)
    {
        foreach (var inline in new[] { "inputs", "labels" })
        {
            if (samples[inline] is { } value) throw value.Error("samples are given by a file or as inputs, not both");
        }

        var rows = samples["rows"]?.WithOnly(SpecificationReader.Members["samples.rows"]);
        return CsvSamples.Read(Path.Combine(folder, samples.Require("file").String), new CsvSelection
        {
            Label = samples["label"]?.String,
            Features = Strings(samples["features"]),
            Ignore = Strings(samples["ignore"]),
            First = rows?["first"]?.AtLeast(1) ?? 1,
            Count = rows?["count"]?.AtLeast(1),
            Where = rows?["where"]?.Members.ToImmutableSortedDictionary(member => member.Key, member => member.Value.StringOrNumber)
                ?? ImmutableSortedDictionary<string, string>.Empty,
        });
    }

    private static SampleRegions Within(JsonValue region, ImmutableArray<string> names)
    {
        var domain = region.WithOnly(SpecificationReader.Members["region"])["domain"]?.WithOnly(SpecificationReader.Members["region.domain"]);
        return new SampleRegions
        {
            Samples = [],
            FeatureNames = names,
            Radius = 0,
            Norm = NormOf(region["norm"]),
            DomainLower = Features(domain?["lower"], names),
            DomainUpper = Features(domain?["upper"], names),
        };
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
        // Without samples the features have no names yet.
        if (names.Length > 0) value.WithOnly(names);
        return new FeatureValues(value.Members.Select(member => KeyValuePair.Create(member.Key, Number(member.Value))));

        double Number(JsonValue number) =>
            isRadius && number.Number < 0 ? throw number.Error("a radius must not be negative") : number.Number;
    }

    private static ImmutableArray<string> Strings(JsonValue? value) => value is null ? [] : [.. value.Items.Select(item => item.String)];
}
