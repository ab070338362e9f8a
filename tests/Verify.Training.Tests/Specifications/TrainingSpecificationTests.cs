using System.Globalization;
using System.Text.Json;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests;
using RobustVerify.Core.Tests.Specifications.Json;
using RobustVerify.Training.Specifications;

namespace RobustVerify.Training.Tests.Specifications;

public sealed class TrainingSpecificationTests : IDisposable
{
    private static readonly JsonSchema Schema = new(File.ReadAllText(Path.Combine(Repository.Root, "docs", "schemas", "training.schema.json")));

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("robustverify-");

    public TrainingSpecificationTests()
    {
        // Inside a square, outside of it, in units that a network does not learn in.
        var lines = Enumerable.Range(0, 100).Select(i =>
        {
            var (x, y) = (i % 10, i / 10);
            return string.Create(CultureInfo.InvariantCulture, $"{100 + x},{y / 1000.0},{(x is > 2 and < 7 && y is > 2 and < 7 ? 1 : 0)},{(i % 4 == 0 ? "test" : "train")}");
        });
        File.WriteAllLines(PathOf("square.csv"), ["x,y,inside,split", .. lines]);
    }

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_specification_says_what_is_trained_on_what()
    {
        var specification = Load("""
            {
              "samples": { "file": "square.csv", "label": "inside", "ignore": ["split"], "rows": { "where": { "split": "train" } } },
              "test": { "file": "square.csv", "label": "inside", "rows": { "where": { "split": "test" } } },
              "scaling": "standard",
              "region": { "radius": { "x": 0.2, "y": 0.001 }, "domain": { "lower": { "x": 100 } } },
              "layers": [ { "size": 8, "activation": "tanh" }, { "kind": "dense", "size": 6, "activation": "relu" } ],
              "loss": { "weightDecay": 1e-4, "sensitivity": 0.1 },
              "training": { "epochs": 7, "seed": 3 },
              "output": "square.onnx"
            }
            """);

        Assert.Equal([2, 8, 8, 6, 6], specification.Architecture.Layers.Select(layer => layer.InputSize));
        Assert.Equal(2, specification.Architecture.OutputSize);
        Assert.Equal((75, 25), (specification.Training.Count, specification.Test!.Count));
        Assert.Equal(0, Enumerable.Range(0, 75).Sum(i => specification.Training.Input(i)[1]), 1e-9);
        Assert.Equal(0.2 / specification.Scaling.InputScales[0], specification.Loss.Perturbation!.Radii[0], 1e-12);
        Assert.Equal(double.NegativeInfinity, specification.Loss.Perturbation.Lower[1]);
        Assert.Equal((7, 3, 3ul), (specification.Plan.Epochs, specification.Plan.RampEpochs, specification.Plan.Seed));
        Assert.Equal(PathOf("square.onnx"), specification.OutputPath);
    }

    [Fact]
    public void A_share_of_the_samples_is_kept_for_the_test()
    {
        var specification = Load(Square(test: """{ "share": 0.2, "seed": 1 }"""));
        var other = Load(Square(test: """{ "share": 0.2, "seed": 2 }"""));

        Assert.Equal((80, 20), (specification.Training.Count, specification.Test!.Count));
        Assert.NotEqual(specification.Test.Inputs, other.Test!.Inputs);
    }

    [Fact]
    public void A_trained_model_takes_raw_units_and_answers_as_it_was_trained()
    {
        var specification = Load(Square(test: """{ "share": 0.2 }"""));

        var report = ModelTraining.Run(specification);

        Assert.True(report.Test!.Accuracy > 0.75, $"{report.Test}");
        Assert.NotNull(report.Test.Sensitivity);
        using var model = DeployedModel.Load(specification.OutputPath);
        var right = File.ReadLines(PathOf("square.csv")).Skip(1).Select(line => line.Split(',')).Count(cells =>
        {
            var scores = model.Runtime.Run([float.Parse(cells[0], CultureInfo.InvariantCulture), float.Parse(cells[1], CultureInfo.InvariantCulture)]);
            return (scores[1] > scores[0]) == (cells[2] == "1");
        });
        Assert.Equal(report.Training.Accuracy!.Value * 80 + report.Test.Accuracy!.Value * 20, right, 1e-9);
        Assert.False(File.Exists(ModelTraining.CheckpointPath(specification)));
    }

    [Fact]
    public void An_interrupted_training_writes_the_same_model()
    {
        var specification = Load(Square());
        ModelTraining.Run(specification);
        var whole = File.ReadAllBytes(specification.OutputPath);
        File.Delete(specification.OutputPath);

        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ModelTraining.Run(specification, state => Cancel(state, 11), source.Token));
        Assert.True(File.Exists(ModelTraining.CheckpointPath(specification)));
        Assert.False(File.Exists(specification.OutputPath));
        var epochs = new List<int>();
        ModelTraining.Run(Load(Square()), state => epochs.Add(state.Epochs));

        Assert.Equal(12, epochs[0]);
        Assert.Equal(whole, File.ReadAllBytes(specification.OutputPath));

        void Cancel(TrainingState state, int epoch)
        {
            if (state.Epochs == epoch) source.Cancel();
        }
    }

    [Fact]
    public void A_training_that_diverges_says_what_helps()
    {
        var specification = Load(Square());

        var error = Assert.Throws<SpecificationException>(
            () => ModelTraining.Run(specification with { Plan = specification.Plan with { LearningRate = 1e200 } }));

        Assert.Contains("smaller learningRate", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(specification.OutputPath));
    }

    [Fact]
    public void A_checkpoint_of_another_specification_is_not_taken_up()
    {
        var specification = Load(Square());
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ModelTraining.Run(specification, _ => source.Cancel(), source.Token));
        var epochs = new List<int>();

        ModelTraining.Run(Load(Square(seed: 9)), state => epochs.Add(state.Epochs));

        Assert.Equal(1, epochs[0]);
    }

    [Fact]
    public void Convolutions_are_scaled_trained_and_written()
    {
        var pixels = string.Join(",", Enumerable.Range(0, 16).Select(i => $"p{i}"));
        var images = Enumerable.Range(0, 40).Select(i => string.Join(",", Enumerable.Range(0, 16).Select(k => (i % 2 == 0 ? k / 4 : k % 4) == i / 2 % 4 ? 9 : i * k % 3)) + $",{i % 2}");
        File.WriteAllLines(PathOf("images.csv"), [pixels + ",label", .. images]);
        var specification = Load("""
            {
              "samples": { "file": "images.csv", "label": "label" },
              "scaling": { "scale": 9 },
              "shape": [1, 4, 4],
              "layers": [
                { "kind": "convolution", "channels": 4, "kernel": 3, "padding": 1, "activation": "relu" },
                { "kind": "average-pool", "size": 2 },
                { "size": 8, "activation": "relu" }
              ],
              "training": { "epochs": 60, "batchSize": 8 },
              "output": "images.onnx"
            }
            """);

        var report = ModelTraining.Run(specification);

        Assert.True(report.Training.Accuracy > 0.9, $"{report.Training}");
        using var model = DeployedModel.Load(specification.OutputPath);
        Assert.Equal((int[])[1, 1, 4, 4], model.Model.Inputs[0].Shape);
    }

    [Fact]
    public void Values_are_learnt_and_answered_in_their_units()
    {
        File.WriteAllLines(PathOf("line.csv"), ["x,y", .. Enumerable.Range(0, 30).Select(i => $"{i},{500 + 7 * i}")]);
        var specification = Load("""
            {
              "samples": { "file": "line.csv", "label": "y" },
              "scaling": "standard",
              "region": { "radius": 1 },
              "layers": [],
              "loss": { "task": "squared-error", "sensitivity": 1e-6 },
              "training": { "method": "lbfgs", "epochs": 5 },
              "output": "line.onnx"
            }
            """);

        ModelTraining.Run(specification);

        using var model = DeployedModel.Load(specification.OutputPath);
        Assert.Equal(500 + 7 * 12.5, model.Network.Evaluate<double>([12.5])[0], 0.01);
    }

    [Theory]
    [InlineData("\"layers\": [ { \"size\": 8, \"activation\": \"rleu\" } ]", "$.layers[0].activation: there is no activation 'rleu'; did you mean 'relu'?")]
    [InlineData("\"layers\": [ { \"kind\": \"convolution\", \"channels\": 2, \"kernel\": 3, \"activation\": \"relu\" } ]", "say them as 'shape'")]
    [InlineData("\"layers\": [], \"sampels\": {}", "$.sampels: there is no member 'sampels'; did you mean 'samples'?")]
    [InlineData("\"layers\": [], \"loss\": { \"sensitivity\": 1 }", "give a 'region' with a radius")]
    [InlineData("\"layers\": [], \"loss\": { \"jacobian\": -1 }", "$.loss.jacobian: expected 0 or more")]
    [InlineData("\"layers\": [], \"test\": { \"share\": 2 }", "$.test.share: expected a number between 0 and 1")]
    [InlineData("\"layers\": [], \"region\": { \"radius\": { \"z\": 1 } }", "there is no member 'z'")]
    [InlineData("\"layers\": [], \"region\": { \"radius\": 1, \"norm\": \"l2\" }", "$.region.norm: training moves every feature on its own")]
    [InlineData("\"layers\": [], \"training\": { \"epochs\": 0 }", "$.training.epochs: expected 1 or more")]
    [InlineData("\"layers\": [], \"scaling\": { \"scale\": 0 }", "$.scaling.scale: expected a positive number")]
    public void Mistakes_are_told_at_their_place(string members, string problem)
    {
        var error = Assert.Throws<SpecificationException>(() => Load(
            $$"""{ "samples": { "file": "square.csv", "label": "inside", "ignore": ["split"] }, "output": "square.onnx", {{members}} }"""));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(PathOf("train.json"), error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Published =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"), "*.train.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Published))]
    public void Every_sample_is_valid_by_the_schema_and_by_the_reader(string file)
    {
        var path = Path.Combine(Repository.Root, file);

        Assert.Null(Schema.Problem(File.ReadAllText(path)));
        Assert.True(File.Exists(TrainingSpecification.Load(path).OutputPath));
    }

    [Fact]
    public void The_example_of_the_documentation_is_valid_by_the_schema()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "training.md"));
        var example = page[(page.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length)..];

        Assert.Null(Schema.Problem(example[..example.IndexOf("```", StringComparison.Ordinal)]));
    }

    [Fact]
    public void The_schema_lists_the_members_that_are_read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "schemas", "training.schema.json")));
        var properties = document.RootElement.GetProperty("properties");
        var layers = properties.GetProperty("layers").GetProperty("items").GetProperty("anyOf").EnumerateArray().ToDictionary(
            layer => "$.layers/" + layer.GetProperty("properties").GetProperty("kind").GetProperty("const").GetString(), layer => layer.GetProperty("properties"));
        foreach (var (place, members) in TrainingReader.Members)
        {
            var listed = place switch
            {
                "$" => properties,
                "$.test" or "$.scaling" => properties.GetProperty(place[2..]).GetProperty("anyOf").EnumerateArray()
                    .First(option => option.TryGetProperty("properties", out _)).GetProperty("properties"),
                _ => layers.TryGetValue(place, out var layer) ? layer : properties.GetProperty(place[2..]).GetProperty("properties"),
            };
            Assert.Equal(members.Order(StringComparer.Ordinal), listed.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_label_that_is_no_class_is_told_by_its_row()
    {
        var error = Assert.Throws<SpecificationException>(() => Load(
            """{ "samples": { "file": "square.csv", "label": "y", "ignore": ["split"] }, "layers": [], "output": "square.onnx" }"""));

        Assert.Contains("row 11 has the label 0.001", error.Message, StringComparison.Ordinal);
    }

    private static string Square(string test = """{ "share": 0.1 }""", int seed = 1) =>
        $$"""
        {
          "samples": { "file": "square.csv", "label": "inside", "ignore": ["split"] },
          "test": {{test}},
          "scaling": "standard",
          "region": { "radius": { "x": 0.2 } },
          "layers": [ { "size": 16, "activation": "relu" } ],
          "loss": { "sensitivity": 0.05 },
          "training": { "epochs": 60, "seed": {{seed}} },
          "output": "square.onnx"
        }
        """;

    private TrainingSpecification Load(string text)
    {
        File.WriteAllText(PathOf("train.json"), text);
        var specification = TrainingSpecification.Load(PathOf("train.json"));
        Assert.Null(Schema.Problem(text));
        return specification;
    }

    private string PathOf(string name) => Path.Combine(folder.FullName, name);
}
