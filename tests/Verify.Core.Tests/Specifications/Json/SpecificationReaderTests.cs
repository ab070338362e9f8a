using System.Collections.Immutable;
using System.Text.Json;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Json;

namespace RobustVerify.Core.Tests.Specifications.Json;

public sealed class SpecificationReaderTests : IDisposable
{
    private const string Samples = """ "samples": { "inputs": [[1, 2], [3, 4]], "labels": [0, 1], "features": ["width", "height"] } """;

    private readonly TemporaryFolder folder = new();

    public SpecificationReaderTests() => folder.Write("data.csv", "width,height,class,split\n1,2,0,train\n3,4,1,test\n5,6,0,test\n");

    public void Dispose() => folder.Dispose();

    private Specification Load(string text)
    {
        Assert.Null(JsonSchema.Published.Problem(text));
        return Specification.Load(folder.Write("shapes.robust.json", text));
    }

    private string Refused(string text) =>
        Assert.Throws<SpecificationException>(() => Specification.Load(folder.Write("shapes.robust.json", text))).Message;

    [Fact]
    public void Everything_that_can_be_said_is_read()
    {
        var specification = Load("""
            {
                // The path is relative to this file.
                "$schema": "https://example.org/robustverify.schema.json",
                "model": "models/shapes.onnx",
                "samples": {
                    "file": "data.csv",
                    "label": "class",
                    "features": ["height", "width"],
                    "rows": { "first": 2, "count": 5, "where": { "split": "test", "class": 0 } }
                },
                "region": {
                    "norm": "l2",
                    "radius": { "height": 0.5 },
                    "domain": { "lower": 0, "upper": { "width": 10 } }
                },
                "property": { "kind": "within-range", "output": 1, "lower": -2.5, "upper": 1e3 },
                "budget": { "attackRestarts": 3, "attackSteps": 7, "slopeIterations": 9, "subproblems": 11, "seconds": 1.5 },
                "measureRadius": true,
                "semantics": "float32",
            }
            """);

        Assert.Equal("shapes", specification.Name);
        Assert.Equal(folder.PathOf("models/shapes.onnx"), specification.ModelPath);
        Assert.Equal(["height", "width"], specification.FeatureNames.ToArray());
        var sample = Assert.Single(specification.Samples);
        Assert.Equal(("row 3", 0.0), (sample.Name, sample.Label));
        Assert.Equal([6.0, 5.0], sample.Values.ToArray());
        Assert.Equal([0.5, 0.0], specification.Radius.InOrder(specification.FeatureNames, 0));
        Assert.Equal(Norm.L2, specification.Norm);
        Assert.Equal([0.0, 0.0], specification.DomainLower!.InOrder(specification.FeatureNames, -1));
        Assert.Equal([99.0, 10.0], specification.DomainUpper!.InOrder(specification.FeatureNames, 99));
        Assert.Equal(new WithinRange(1, -2.5, 1000), specification.Requirement);
        Assert.Equal(new Budget { AttackRestarts = 3, AttackSteps = 7, SlopeIterations = 9, Subproblems = 11, Seconds = 1.5 }, specification.Budget);
        Assert.True(specification.MeasureRadius);
        Assert.Equal(Semantics.Float32, specification.Semantics);
    }

    [Fact]
    public void What_is_left_out_has_a_default()
    {
        var specification = Load($$"""{ "model": "m.onnx", {{Samples}}, "region": { "radius": 0.25 }, "property": { "kind": "same-label" } }""");

        Assert.Equal(["input 1", "input 2"], specification.Samples.Select(sample => sample.Name));
        Assert.Equal([0.0, 1.0], specification.Samples.Select(sample => sample.Label!.Value));
        Assert.Equal([0.25, 0.25], specification.Radius.InOrder(specification.FeatureNames, 0));
        Assert.Equal(Norm.Linf, specification.Norm);
        Assert.Equal(Semantics.Real, specification.Semantics);
        Assert.Null(specification.DomainLower);
        Assert.Equal(new SameLabel(), specification.Requirement);
        Assert.Equal(Budget.Default, specification.Budget);
        Assert.False(specification.MeasureRadius);
    }

    [Fact]
    public void Inputs_without_names_are_numbered_and_need_no_labels_where_the_model_gives_them()
    {
        var specification = Load("""
            { "model": "m.onnx", "samples": { "inputs": [[1, 2, 3]] }, "region": { "radius": { "X_2": 1 } },
              "property": { "kind": "same-label", "label": "predicted" } }
            """);

        Assert.Equal(["X_0", "X_1", "X_2"], specification.FeatureNames.ToArray());
        Assert.Null(Assert.Single(specification.Samples).Label);
        Assert.Equal(new SameLabel(Predicted: true), specification.Requirement);
    }

    [Theory]
    [InlineData("{ \"modle\": 1 }", 1, 3, "$.modle: there is no member 'modle'; did you mean 'model'?")]
    [InlineData("{ \"model\": \"m\",\n  \"model\": \"n\" }", 2, 3, "$.model: the member is given twice")]
    [InlineData("{ \"model\": \"m\", }", 1, 1, "$: the member 'samples' is missing")]
    [InlineData("{ \"model\": ", 1, 12, "this is no JSON")]
    [InlineData("", 1, 1, "this is no JSON")]
    [InlineData("{ \"model\": \"\\ud800\" }", 1, 12, "this is no JSON")]
    [InlineData("{} {}", 1, 4, "this is no JSON")]
    [InlineData("[]", 1, 1, "$: expected an object")]
    public void What_is_no_specification_is_refused_at_its_place(string text, int line, int column, string problem)
    {
        var message = Refused(text);

        Assert.StartsWith($"{folder.PathOf("shapes.robust.json")}({line},{column}): {problem}", message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal); // the reader's own place, counted from 0
    }

    [Theory]
    [InlineData("""{ "radius": -0.5 }""", "(1,13): $.region.radius: a radius must not be negative")]
    [InlineData("""{ "radius": { "height": -1 } }""", "(1,25): $.region.radius.height: a radius must not be negative")]
    [InlineData("""{ "radius": { "hight": 1 } }""", "(1,15): $.region.radius.hight: there is no member 'hight'; did you mean 'height'?")]
    [InlineData("""{ "radius": "big" }""", "(1,13): $.region.radius: expected a finite number")]
    [InlineData("""{ "radius": 1e999 }""", "(1,13): $.region.radius: expected a finite number")]
    [InlineData("""{ "norm": "l3", "radius": 1 }""", "(1,11): $.region.norm: there is no norm 'l3'")]
    [InlineData("""{ "radius": 1, "domain": { "min": 0 } }""", "(1,28): $.region.domain.min: there is no member 'min'")]
    [InlineData("""{ "norm": "l1" }""", "(1,1): $.region: the member 'radius' is missing")]
    public void A_mistake_in_the_region_is_refused(string region, string problem)
    {
        var message = Refused($$"""{ "model": "m.onnx", {{Samples}}, "property": { "kind": "same-label" }, "region":{{"\n"}}{{region}} }""");

        Assert.Contains(problem.Replace("(1,", "(2,", StringComparison.Ordinal), message, StringComparison.Ordinal);
        // The schema does not know the names of the features, nor the range of double.
        var seenBySchema = !problem.Contains("hight", StringComparison.Ordinal) && !region.Contains("1e999", StringComparison.Ordinal);
        Assert.Equal(seenBySchema, JsonSchema.Published.Problem($$"""{ "model": "m.onnx", {{Samples}}, "property": { "kind": "same-label" }, "region": {{region}} }""") is not null);
    }

    [Theory]
    [InlineData("""{ "kind": "same-lable" }""", "there is no kind of property 'same-lable'; did you mean 'same-label'?")]
    [InlineData("""{ "kind": "same-label", "amount": 1 }""", "$.property.amount: there is no member 'amount'")]
    [InlineData("""{ "kind": "same-label", "label": "mine" }""", "$.property.label: expected \"predicted\"")]
    [InlineData("""{ "kind": "within-range" }""", "$.property: expected 'lower', 'upper' or both")]
    [InlineData("""{ "kind": "within-range", "lower": 2, "upper": 1 }""", "$.property: the range [2, 1] is empty")]
    [InlineData("""{ "kind": "within-range", "output": -1, "lower": 2 }""", "$.property.output: expected 0 or more")]
    [InlineData("""{ "kind": "within-range", "output": 0.5, "lower": 2 }""", "$.property.output: expected a whole number")]
    [InlineData("""{ "kind": "changes-at-most", "amount": -1 }""", "$.property.amount: the amount must not be negative")]
    public void A_mistake_in_the_property_is_refused(string property, string problem)
    {
        Assert.Contains(problem, Refused($$"""{ "model": "m.onnx", {{Samples}}, "region": { "radius": 1 }, "property": {{property}} }"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ }""", "$.samples: expected 'file', a CSV file, or 'inputs'")]
    [InlineData("""{ "file": "data.csv", "inputs": [[1]] }""", "$.samples.inputs: samples are given by a file or as inputs, not both")]
    [InlineData("""{ "inputs": [[1]], "rows": { } }""", "$.samples.rows: this is said of a CSV file")]
    [InlineData("""{ "inputs": [] }""", "$.samples.inputs: expected one input or more")]
    [InlineData("""{ "inputs": [[1, 2], [3]] }""", "$.samples.inputs[1]: expected 2 values, not 1")]
    [InlineData("""{ "inputs": [[1, "2"]] }""", "$.samples.inputs[0][1]: expected a finite number")]
    [InlineData("""{ "inputs": [[1, 2]], "labels": [0, 1] }""", "$.samples.labels: there are 2 labels for 1 inputs")]
    [InlineData("""{ "inputs": [[1, 2]] }""", "$.property: the samples have no labels")]
    [InlineData("""{ "file": "absent.csv" }""", "absent.csv: the file cannot be read")]
    [InlineData("""{ "file": "data.csv", "label": "klass" }""", "data.csv(1): there is no column 'klass'; did you mean 'class'?")]
    [InlineData("""{ "file": "data.csv", "label": "class" }""", "data.csv(2): 'train' in column split is not a finite number")]
    [InlineData("""{ "file": "data.csv", "rows": { "first": 0 } }""", "$.samples.rows.first: expected 1 or more")]
    [InlineData("""{ "file": "data.csv", "rows": { "frist": 1 } }""", "$.samples.rows.frist: there is no member 'frist'; did you mean 'first'?")]
    public void A_mistake_in_the_samples_is_refused(string samples, string problem)
    {
        Assert.Contains(problem, Refused($$"""{ "model": "m.onnx", "samples": {{samples}}, "region": { "radius": 1 }, "property": { "kind": "same-label" } }"""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_absent_is_named()
    {
        var exception = Assert.Throws<SpecificationException>(() => Specification.Load(folder.PathOf("absent.json")));

        Assert.StartsWith($"{folder.PathOf("absent.json")}: the file cannot be read", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_names_the_members_that_are_read_and_no_others()
    {
        using var schema = JsonDocument.Parse(Specification.JsonSchema);
        var named = new Dictionary<string, ImmutableArray<string>>();
        Collect(schema.RootElement, "$");

        Assert.Equal(SpecificationReader.Members.Keys.Order(StringComparer.Ordinal), named.Keys.Order(StringComparer.Ordinal));
        Assert.All(named, place => Assert.Equal(SpecificationReader.Members[place.Key].Order(StringComparer.Ordinal), place.Value.Order(StringComparer.Ordinal)));

        void Collect(JsonElement element, string place)
        {
            if (element.TryGetProperty("properties", out var properties))
            {
                named.Add(place, [.. properties.EnumerateObject().Select(property => property.Name)]);
                Assert.False(element.GetProperty("additionalProperties").GetBoolean(), $"{place} lets unknown members pass");
                foreach (var property in properties.EnumerateObject()) Collect(property.Value, $"{place}.{property.Name}");
            }
            else if (element.TryGetProperty("oneOf", out var kinds))
            {
                foreach (var kind in kinds.EnumerateArray().Where(kind => kind.TryGetProperty("properties", out _)))
                    Collect(kind, $"{place}/{kind.GetProperty("properties").GetProperty("kind").GetProperty("const").GetString()}");
            }
        }
    }
}
