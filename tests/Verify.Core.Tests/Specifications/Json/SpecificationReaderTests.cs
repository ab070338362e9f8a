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
    public void Measures_take_what_they_leave_out_from_the_specification()
    {
        var specification = Load("""
            {
                "model": "m.onnx",
                "samples": { "file": "data.csv", "label": "class", "ignore": ["split"] },
                "region": { "norm": "l2", "radius": 0.5, "domain": { "lower": 0 } },
                "property": { "kind": "same-label" },
                "measures": [
                    { "kind": "lipschitz", "name": "near", "norm": "l1" },
                    { "kind": "lipschitz", "name": "of the first", "samples": { "file": "data.csv", "features": ["height", "width"], "rows": { "count": 1 } }, "norm": "linf" },
                    { "kind": "lipschitz", "name": "in the box", "region": { "domain": { "lower": 0, "upper": { "width": 2, "height": 3 } } }, "norm": "linf", "outputs": [1, 0], "scores": true, "exact": true, "atMost": 2.5 },
                    { "kind": "lipschitz", "name": "anywhere", "region": "global", "norm": "l2", "outputs": [1] },
                    { "kind": "clever", "name": "distance" },
                    { "kind": "clever", "name": "second order", "region": { "radius": 3 }, "order": 2, "target": 1, "batches": 20, "batchSize": 5, "seed": 7, "atLeast": 0.25 },
                    { "kind": "clever", "name": "third", "target": "runner-up" },
                    { "kind": "sensitivity", "name": "spread" },
                    { "kind": "sensitivity", "name": "margins", "quantity": "margin-width", "set": "interval", "scores": true, "atMost": 0.5 },
                    { "kind": "sensitivity", "name": "of the box", "region": { "domain": { "lower": 0, "upper": 1 } }, "quantity": "width", "set": "exact", "outputs": [2, 0] }
                ]
            }
            """);

        var near = Assert.IsType<LipschitzMeasure>(specification.Measures[0]);
        Assert.Equal((Norm.L1, Norm.L2, false, false, null), (near.Norm, near.Regions.Norm, near.Scores, near.Exact, near.AtMost));
        Assert.Empty(near.Outputs);
        Assert.Equal(["row 1", "row 2", "row 3"], near.Regions.Samples.Select(sample => sample.Name));
        Assert.Equal([0.5, 0.5], near.Regions.Radius.InOrder(near.Regions.FeatureNames, 0));
        Assert.Equal(specification.SamplesFile, near.Regions.SamplesFile);

        var first = specification.Measures[1].Regions;
        Assert.Equal(["height", "width"], first.FeatureNames.ToArray());
        Assert.Equal([2.0, 1.0], Assert.Single(first.Samples).Values.ToArray());
        Assert.Equal(Norm.L2, first.Norm);

        var box = Assert.IsType<LipschitzMeasure>(specification.Measures[2]);
        Assert.Equal((true, true, 2.5), (box.Scores, box.Exact, box.AtMost));
        Assert.Equal([1, 0], box.Outputs.ToArray());
        Assert.Empty(box.Regions.Samples);
        Assert.Equal([2.0, 3.0], box.Regions.Domain(2)!.Upper.ToArray());

        var anywhere = Assert.IsType<LipschitzMeasure>(specification.Measures[3]);
        Assert.Empty(anywhere.Regions.Samples);
        Assert.Null(anywhere.Regions.Domain(2));

        var distance = Assert.IsType<CleverMeasure>(specification.Measures[4]);
        Assert.Equal((1, CleverTargets.Untargeted, null, 100, null, 0ul, null), (distance.Order, distance.Targets, distance.Target, distance.Batches, distance.BatchSize, distance.Seed, distance.AtLeast));
        Assert.Equal([0.0, 1.0, 0.0], distance.Regions.Samples.Select(sample => sample.Label!.Value));

        var second = Assert.IsType<CleverMeasure>(specification.Measures[5]);
        Assert.Equal((2, 1, 20, 5, 7ul, 0.25), (second.Order, second.Target, second.Batches, second.BatchSize, second.Seed, second.AtLeast));
        Assert.Equal((Norm.Linf, 3), (second.Regions.Norm, second.Regions.Radius.Uniform));
        Assert.Null(second.Regions.DomainLower);
        Assert.Equal(CleverTargets.RunnerUp, Assert.IsType<CleverMeasure>(specification.Measures[6]).Targets);

        var spread = Assert.IsType<SensitivityMeasure>(specification.Measures[7]);
        Assert.Equal((SensitivityQuantity.MeanWidth, ReachabilityMethod.Polytope, false, null), (spread.Quantity, spread.Set, spread.Scores, spread.AtMost));
        Assert.Equal(3, spread.Regions.Samples.Length);
        var margins = Assert.IsType<SensitivityMeasure>(specification.Measures[8]);
        Assert.Equal((SensitivityQuantity.MarginWidth, ReachabilityMethod.Interval, true, 0.5), (margins.Quantity, margins.Set, margins.Scores, margins.AtMost));
        var ofBox = Assert.IsType<SensitivityMeasure>(specification.Measures[9]);
        Assert.Equal((SensitivityQuantity.Width, ReachabilityMethod.Exact), (ofBox.Quantity, ofBox.Set));
        Assert.Equal([2, 0], ofBox.Outputs.ToArray());
    }

    [Fact]
    public void Where_numbers_are_measured_no_property_need_be_stated()
    {
        var specification = Load("""{ "model": "m.onnx", "measures": [{ "kind": "lipschitz", "name": "steepness", "norm": "l2", "region": "global" }] }""");

        Assert.Empty(specification.Samples);
        Assert.Single(specification.Measures);
        Assert.Equal(2, Load($$"""{ "model": "m.onnx", {{Samples}}, "measures": [{ "kind": "clever", "name": "distance", "region": { "radius": 1 } }] }""").Measures[0].Regions.Samples.Length);
    }

    [Theory]
    [InlineData("""{ "kind": "lipshitz", "name": "a", "norm": "l2" }""", 11, "$.measures[0].kind: there is no kind of measure 'lipshitz'; did you mean 'lipschitz'?")]
    [InlineData("""{ "kind": "lipschitz", "norm": "l2" }""", 1, "$.measures[0]: the member 'name' is missing")]
    [InlineData("""{ "kind": "lipschitz", "name": " ", "norm": "l2" }""", 32, "$.measures[0].name: the name is empty")]
    [InlineData("""{ "kind": "lipschitz", "name": "a: b", "norm": "l2" }""", 32, "$.measures[0].name: a name has no colon")]
    [InlineData("""{ "kind": "lipschitz", "name": "a" }""", 1, "$.measures[0]: the member 'norm' is missing")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l3" }""", 45, "$.measures[0].norm: there is no norm 'l3'")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "seed": 1 }""", 51, "$.measures[0].seed: there is no member 'seed'")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "outputs": [] }""", 62, "$.measures[0].outputs: expected the number of one output, or of two that differ")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "outputs": [1, 1] }""", 62, "$.measures[0].outputs: expected the number of one output, or of two that differ")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "outputs": [-1] }""", 63, "$.measures[0].outputs[0]: expected 0 or more")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "atMost": -1 }""", 61, "$.measures[0].atMost: the limit must not be negative")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": "all" }""", 61, "$.measures[0].region: expected \"global\", or an object")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": { } }""", 61, "$.measures[0].region: expected a radius, or a domain with 'lower' and 'upper'")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": { "radius": -1 } }""", 73, "$.measures[0].region.radius: a radius must not be negative")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "quantity": "volume" }""", 51, "$.measures[0].quantity: there is no quantity 'volume'")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "set": "ball" }""", 46, "$.measures[0].set: there is no set 'ball'")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "outputs": [1, 1] }""", 50, "$.measures[0].outputs: expected the numbers of one output or more that differ")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "region": "global" }""", 49, "$.measures[0].region: outputs over all inputs there are have no bound")]
    [InlineData("""{ "kind": "clever", "name": "a", "norm": "l2" }""", 34, "$.measures[0].norm: there is no member 'norm'")]
    [InlineData("""{ "kind": "clever", "name": "a", "region": "global" }""", 1, "$.measures[0]: a CLEVER score is one of a sample")]
    [InlineData("""{ "kind": "clever", "name": "a", "order": 3 }""", 43, "$.measures[0].order: expected 1 or 2")]
    [InlineData("""{ "kind": "clever", "name": "a", "target": "second" }""", 44, "$.measures[0].target: there is no target 'second'")]
    [InlineData("""{ "kind": "clever", "name": "a", "batches": 9 }""", 45, "$.measures[0].batches: expected 10 or more")]
    [InlineData("""{ "kind": "clever", "name": "a", "atLeast": "1" }""", 45, "$.measures[0].atLeast: expected a finite number")]
    public void A_mistake_in_a_measure_is_refused_at_its_place(string measure, int column, string problem)
    {
        var text = $$"""{ "model": "m.onnx", {{Samples}}, "region": { "radius": 1 }, "property": { "kind": "same-label" }, "measures": [{{"\n"}}{{measure}}] }""";

        Assert.StartsWith($"{folder.PathOf("shapes.robust.json")}(2,{column}): {problem}", Refused(text), StringComparison.Ordinal);
        // The schema does not look into names.
        Assert.Equal(!problem.Contains(".name:", StringComparison.Ordinal), JsonSchema.Published.Problem(text) is not null);
    }

    [Theory]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": { "domain": { "lower": 0 } } }""", "$.measures[0].region: expected a radius, or a domain with 'lower' and 'upper'")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": { "norm": "l2", "domain": { "lower": 0, "upper": 1 } } }""", "$.measures[0].region.norm: a norm is of use with a radius only")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": "global", "samples": { "inputs": [[1, 2]] } }""", "$.measures[0].samples: the region is not one around samples")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "quantity": "margin-width", "region": { "domain": { "lower": 0, "upper": 1 } } }""", "$.measures[0].quantity: margins are those of a sample")]
    [InlineData("""{ "kind": "sensitivity", "name": "a", "quantity": "margin-width", "outputs": [0, 1] }""", "$.measures[0].outputs: margins are those between all outputs")]
    [InlineData("""{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": { "radius": { "hight": 1 } } }""", "$.measures[0].region.radius.hight: there is no member 'hight'; did you mean 'height'?")]
    [InlineData("""{ "kind": "clever", "name": "a", "region": { "radius": { "height": 1 } } }""", "$.measures[0].region.radius: a CLEVER score needs one radius for all features")]
    [InlineData("""{ "kind": "clever", "name": "a", "region": { "radius": 0 } }""", "$.measures[0].region.radius: a CLEVER score needs one radius for all features, larger than 0")]
    [InlineData("""{ "kind": "clever", "name": "a", "atLeast": 1.5 }""", "$.measures[0].atLeast: no score is larger than the radius")]
    [InlineData("""{ "kind": "clever", "name": "a" }, { "kind": "clever", "name": "a" }""", "$.measures[1].name: another measure is named 'a', too")]
    public void What_does_not_go_together_in_a_measure_is_refused(string measures, string problem)
    {
        Assert.Contains(problem, Refused($$"""{ "model": "m.onnx", {{Samples}}, "region": { "radius": 1 }, "property": { "kind": "same-label" }, "measures": [{{measures}}] }"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "model": "m.onnx", "measures": [] }""", "$.measures: expected one measure or more")]
    [InlineData("""{ "model": "m.onnx", "measures": [{ "kind": "lipschitz", "name": "a", "norm": "l2" }] }""", "$.measures[0]: the member 'region' is missing, and the specification has none either")]
    [InlineData("""{ "model": "m.onnx", "measures": [{ "kind": "clever", "name": "a", "region": { "radius": 1 } }] }""", "$.measures[0]: the member 'samples' is missing, and the specification has none either")]
    [InlineData("""{ "model": "m.onnx", "property": { "kind": "same-label" }, "measures": [{ "kind": "lipschitz", "name": "a", "norm": "l2", "region": "global" }] }""", "$: the member 'samples' is missing")]
    public void A_measure_that_lacks_what_it_is_of_is_refused(string text, string problem) => Assert.Contains(problem, Refused(text), StringComparison.Ordinal);

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
        foreach (var definition in schema.RootElement.GetProperty("$defs").EnumerateObject()) Collect(definition.Value, definition.Name);

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
            else if (element.TryGetProperty("items", out var items))
            {
                Collect(items, place);
            }
            else if (element.TryGetProperty("oneOf", out var kinds))
            {
                foreach (var kind in kinds.EnumerateArray().Where(kind => kind.TryGetProperty("properties", out _)))
                    Collect(kind, $"{place}/{kind.GetProperty("properties").GetProperty("kind").GetProperty("const").GetString()}");
            }
        }
    }
}
