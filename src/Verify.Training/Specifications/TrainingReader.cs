using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Json;
using RobustVerify.Core.Specifications.Samples;
using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Specifications;

/// <summary>Reads what is to be trained. Samples and region are written as in a specification of what is to be verified.</summary>
internal sealed class TrainingReader
{
    private const string Dense = "dense";
    private const string Convolution = "convolution";
    private const string AveragePool = "average-pool";

    private static readonly Dictionary<string, TaskTerm> Tasks = new()
    {
        ["cross-entropy"] = TaskTerm.CrossEntropy,
        ["squared-error"] = TaskTerm.SquaredError,
    };

    private static readonly Dictionary<string, ReachableWidth> Widths = new()
    {
        ["margins"] = ReachableWidth.Margins,
        ["outputs"] = ReachableWidth.Outputs,
    };

    private static readonly Dictionary<string, TrainingMethod> Methods = new()
    {
        ["adam"] = TrainingMethod.Adam,
        ["lbfgs"] = TrainingMethod.Lbfgs,
    };

    private readonly string file;
    private readonly string folder;
    private readonly JsonValue root;
    private readonly RegionReader regions;
    private readonly TaskTerm task;

    private TrainingReader(string file)
    {
        this.file = Path.GetFullPath(file);
        folder = Path.GetDirectoryName(this.file)!;
        root = JsonValue.Read(file).WithOnly(Members["$"]);
        regions = new RegionReader(root, folder);
        task = Named(root["loss"]?["task"], "task", Tasks);
    }

    /// <summary>The members of every object that has fixed ones, by its place; those of a layer by its kind.</summary>
    public static IReadOnlyDictionary<string, string[]> Members { get; } = new Dictionary<string, string[]>
    {
        ["$"] = ["$schema", "samples", "test", "scaling", "region", "shape", "layers", "loss", "training", "output"],
        ["$.test"] = ["share", "seed"],
        ["$.scaling"] = ["shift", "scale"],
        ["$.layers/" + Dense] = ["kind", "size", "activation"],
        ["$.layers/" + Convolution] = ["kind", "channels", "kernel", "stride", "padding", "activation"],
        ["$.layers/" + AveragePool] = ["kind", "size"],
        ["$.loss"] = ["task", "weightDecay", "sensitivity", "sensitivityOf", "worstCase", "jacobian"],
        ["$.training"] = ["method", "epochs", "batchSize", "learningRate", "rampEpochs", "seed"],
    };

    public static TrainingSpecification Read(string file) => new TrainingReader(file).Read();

    private TrainingSpecification Read()
    {
        var (samples, test, perturbation) = Samples();
        var outputs = task == TaskTerm.CrossEntropy ? Math.Max(2, 1 + samples.Concat(test).Max(sample => (int)sample.Label!.Value)) : 1;
        var raw = ToExamples(samples);
        var scaling = ScalingOf(root["scaling"], raw);
        var layers = LayersOf(root.Require("layers"), raw.InputSize);
        layers = layers.Add(new DenseLayer(layers.LastOrDefault()?.OutputSize ?? raw.InputSize, outputs));
        if (scaling.Obstacle(layers[0]) is { } obstacle) throw (root["scaling"] ?? root.Require("layers")).Error(obstacle);
        return new TrainingSpecification
        {
            File = file,
            OutputPath = Path.GetFullPath(Path.Combine(folder, root.Require("output").String)),
            Architecture = new Architecture(layers),
            Training = scaling.Apply(raw),
            Test = test.Length > 0 ? scaling.Apply(ToExamples(test)) : null,
            Scaling = scaling,
            Loss = LossOf(root["loss"]?.WithOnly(Members["$.loss"]), perturbation is null ? null : scaling.Apply(perturbation)),
            Plan = PlanOf(root["training"]?.WithOnly(Members["$.training"])),
            Fingerprint = FingerprintOf(raw, test.Length > 0 ? ToExamples(test) : null),
        };
    }

    private (ImmutableArray<Sample> Training, ImmutableArray<Sample> Test, Perturbation? Perturbation) Samples()
    {
        var all = root.Require("samples");
        var table = Labelled(all);
        var perturbation = root["region"] is { } region ? PerturbationOf(region, regions.Read(all, region)) : null;
        if (root["test"] is not { } test) return (table.Samples, [], perturbation);
        if (test["share"] is { } share)
        {
            test.WithOnly(Members["$.test"]);
            var count = (int)Math.Round(share.Number * table.Samples.Length);
            if (count <= 0 || count >= table.Samples.Length)
                throw share.Error($"expected a number between 0 and 1 that leaves some of the {table.Samples.Length} samples on either side");
            var order = RandomOrder.Of("test samples", (ulong)(test["seed"]?.AtLeast(0) ?? 0), table.Samples.Length);
            return (Chosen(table, order[count..]), Chosen(table, order[..count]), perturbation);
        }

        var other = Labelled(test);
        if (!other.FeatureNames.SequenceEqual(table.FeatureNames)) throw test.Error("its features are not those of the samples");
        return (table.Samples, other.Samples, perturbation);
    }

    private SampleTable Labelled(JsonValue samples)
    {
        var table = regions.Table(samples);
        foreach (var sample in table.Samples)
        {
            if (sample.Label is not { } label) throw samples.Error("what is to be learnt is missing; name the column that holds it as 'label'");
            if (task == TaskTerm.CrossEntropy && (label < 0 || label != (int)label))
                throw samples.Error($"{sample.Name} has the label {label.ToString(CultureInfo.InvariantCulture)}, which is no number of a class; classes are counted from 0, and values are learnt with the task squared-error");
        }

        return table;
    }

    private static ImmutableArray<Sample> Chosen(SampleTable table, int[] rows) => [.. rows.Order().Select(row => table.Samples[row])];

    private static Examples ToExamples(ImmutableArray<Sample> samples) => new(
        [.. samples.SelectMany(sample => sample.Values)], [.. samples.Select(sample => sample.Label!.Value)], samples.Length);

    private static Perturbation PerturbationOf(JsonValue region, SampleRegions around)
    {
        if (around.Norm != Norm.Linf) throw region["norm"]!.Error("training moves every feature on its own; the norm must be linf");
        try
        {
            return new Perturbation(
                around.Radius.InOrder(around.FeatureNames, otherwise: 0),
                (around.DomainLower ?? double.NegativeInfinity).InOrder(around.FeatureNames, double.NegativeInfinity),
                (around.DomainUpper ?? double.PositiveInfinity).InOrder(around.FeatureNames, double.PositiveInfinity));
        }
        catch (ArgumentException exception)
        {
            throw region.Error(exception.Message);
        }
    }

    private Scaling ScalingOf(JsonValue? scaling, Examples examples)
    {
        if (scaling is null) return Scaling.None(examples.InputSize);
        if (scaling.IsString)
        {
            return scaling.String == "standard"
                ? Scaling.Standard(examples, scalesTargets: task == TaskTerm.SquaredError)
                : throw scaling.Error("expected \"standard\", or an object with 'shift' and 'scale'");
        }

        scaling.WithOnly(Members["$.scaling"]);
        return Scaling.Uniform(examples.InputSize, scaling["shift"]?.Number ?? 0, scaling["scale"] is { } scale ? Positive(scale) : 1);
    }

    private ImmutableArray<Layer> LayersOf(JsonValue layers, int inputs)
    {
        var built = ImmutableArray.CreateBuilder<Layer>();
        var image = ShapeOf(root["shape"], inputs);
        foreach (var layer in layers.Items)
        {
            var kind = layer["kind"]?.String ?? Dense;
            if (!Members.TryGetValue("$.layers/" + kind, out var members)) throw layer["kind"]!.Error(Spelling.Unknown("kind of layer", kind, [Dense, Convolution, AveragePool]));
            layer.WithOnly(members);
            switch (kind)
            {
                case Dense:
                    built.Add(new DenseLayer(built.LastOrDefault()?.OutputSize ?? inputs, layer.Require("size").AtLeast(1)));
                    image = null;
                    break;
                case Convolution:
                    var convolution = new ConvolutionLayer(ConvolutionOf(layer, image ?? throw NoImage(layer)));
                    built.Add(convolution);
                    image = (convolution.Shape.OutputChannels, convolution.Shape.OutputHeight, convolution.Shape.OutputWidth);
                    break;
                default:
                    var (channels, height, width) = image ?? throw NoImage(layer);
                    var size = layer.Require("size").AtLeast(1);
                    if (size > height || size > width) throw layer["size"]!.Error($"it is larger than the {height}×{width} that are left");
                    built.Add(new AveragePoolLayer(channels, height, width, size));
                    image = (channels, height / size, width / size);
                    break;
            }

            if (kind != AveragePool) built.Add(new ActivationLayer(built[^1].OutputSize, Named(layer.Require("activation"), "activation", ActivationLayer.Functions)));
        }

        return built.ToImmutable();
    }

    private static ConvolutionShape ConvolutionOf(JsonValue layer, (int Channels, int Height, int Width) image)
    {
        var (kernel, stride, padding) = (layer.Require("kernel").AtLeast(1), layer["stride"]?.AtLeast(1) ?? 1, layer["padding"]?.AtLeast(0) ?? 0);
        if (kernel > Math.Min(image.Height, image.Width) + 2 * padding)
            throw layer["kernel"]!.Error($"it is larger than the {image.Height}×{image.Width} that are left, with their padding");
        return new ConvolutionShape(
            image.Channels, image.Height, image.Width, layer.Require("channels").AtLeast(1), kernel, kernel, stride, stride,
            PadTop: padding, PadLeft: padding, PadBottom: padding, PadRight: padding);
    }

    private static (int Channels, int Height, int Width)? ShapeOf(JsonValue? shape, int inputs)
    {
        if (shape is null) return null;
        var sizes = shape.Items.Select(item => item.AtLeast(1)).ToArray();
        return sizes is [var channels, var height, var width] && (long)channels * height * width == inputs
            ? (channels, height, width)
            : throw shape.Error($"expected channels, height and width, whose product is the {inputs} features of a sample");
    }

    private SpecificationException NoImage(JsonValue layer) => layer.Error(root["shape"] is null
        ? "it needs to know the input's channels, height and width; say them as 'shape'"
        : "it cannot follow a dense layer");

    private TrainingLoss LossOf(JsonValue? loss, Perturbation? perturbation)
    {
        var result = new TrainingLoss
        {
            Task = task,
            WeightDecay = Weight("weightDecay"),
            SensitivityWeight = Weight("sensitivity"),
            SensitivityOf = loss?["sensitivityOf"] is { } of ? Named(of, "width", Widths)
                : task == TaskTerm.CrossEntropy ? ReachableWidth.Margins : ReachableWidth.Outputs,
            WorstCaseShare = Weight("worstCase"),
            JacobianWeight = Weight("jacobian"),
            Perturbation = perturbation,
        };
        if (result.WorstCaseShare > 1) throw loss!["worstCase"]!.Error("expected a share, from 0 to 1");
        if (result.SensitivityOf == ReachableWidth.Margins && task != TaskTerm.CrossEntropy) throw loss!["sensitivityOf"]!.Error("only classes have margins");
        if ((result.SensitivityWeight > 0 || result.WorstCaseShare > 0) && perturbation is null)
            throw loss!.Error("it says nothing of how far inputs move; give a 'region' with a radius");
        return result;

        double Weight(string name) => loss?[name] is not { } weight ? 0 : weight.Number >= 0 ? weight.Number : throw weight.Error("expected 0 or more");
    }

    private static TrainingPlan PlanOf(JsonValue? plan)
    {
        var usual = new TrainingPlan { Method = Named(plan?["method"], "method", Methods) };
        var epochs = plan?["epochs"]?.AtLeast(1) ?? usual.Epochs;
        return usual with
        {
            Epochs = epochs,
            BatchSize = plan?["batchSize"]?.AtLeast(1) ?? usual.BatchSize,
            LearningRate = plan?["learningRate"] is { } rate ? Positive(rate) : usual.LearningRate,
            RampEpochs = plan?["rampEpochs"]?.AtLeast(0) ?? Math.Min(usual.RampEpochs, epochs / 2),
            Seed = (ulong)(plan?["seed"]?.AtLeast(0) ?? 0),
        };
    }

    private static double Positive(JsonValue number) => number.Number > 0 ? number.Number : throw number.Error("expected a positive number");

    // The first of the table where nothing is named.
    private static T Named<T>(JsonValue? name, string what, IReadOnlyDictionary<string, T> table) => name is null ? table.Values.First()
        : table.TryGetValue(name.String, out var value) ? value
        : throw name.Error(Spelling.Unknown(what, name.String, [.. table.Keys]));

    private string FingerprintOf(Examples training, Examples? test)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(file));
        foreach (var examples in new[] { training, test })
        {
            if (examples is null) continue;
            hash.AppendData(MemoryMarshal.AsBytes(examples.Inputs.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(examples.Targets.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
