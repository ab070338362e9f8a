using RobustVerify.Core.Onnx;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Specifications;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Tests.Runtimes;

public sealed class ModelRuntimeTests
{
    private static readonly string Models = Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models");

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Models, "*.onnx").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void A_loaded_model_runs_in_ONNX_Runtime(string name)
    {
        using var model = DeployedModel.Load(Path.Combine(Models, name));
        Assert.StartsWith("ONNX Runtime 1.", model.Runtime.Name, StringComparison.Ordinal);
        using var managed = new ManagedRuntime(model.Model);
        var input = new float[model.Network.Input.Size];
        Assert.All(managed.Run(input).Zip(model.Runtime.Run(input)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [OnnxRuntimeFact]
    public void A_network_that_computes_something_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder();
        builder.Node("Mul", [builder.Input([2]), builder.Floats([2], 1, 2)]);
        var model = OnnxImporter.Import(builder.Save(folder));

        // The same file, but with another weight, is what the runtime opens.
        builder.Model.Graph.Initializer[0].FloatData[1] = 2.001f;
        builder.Save(folder);
        using var runtime = OnnxRuntime.Open(model);
        var error = Assert.Throws<InvalidModelException>(() => DeployedModel.Compare(model, runtime));
        Assert.Contains("output 1 for seeded input 0", error.Message, StringComparison.Ordinal);
    }

    [OnnxRuntimeFact]
    public void Several_inputs_of_several_types_reach_the_runtime_as_it_declares_them()
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder();
        var (a, b) = (builder.Input([2], "a"), builder.Input([2], "b", DataType.Double));
        builder.Node("Sub", [a, builder.Node("Cast", [b], ("to", (int)DataType.Float))]);
        using var model = DeployedModel.Load(builder.Save(folder));
        Assert.Equal([-9, -18], model.Runtime.Run([1, 2, 10, 20]));
        Assert.Equal([-9, -18, 0, 1], model.Runtime.Run([1, 2, 10, 20, 3, 4, 3, 3], rows: 2));
    }

    [OnnxRuntimeFact]
    public void A_model_that_ONNX_Runtime_refuses_is_an_error_with_its_reason()
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder();
        builder.Node("Relu", [builder.Input([2])]);
        var path = builder.Save(folder);
        var model = OnnxImporter.Import(path);
        File.WriteAllText(path, "no model");
        var error = Assert.Throws<InvalidOperationException>(() => OnnxRuntime.Open(model));
        Assert.StartsWith("ONNX Runtime 1.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_managed_runtime_marks_the_choice_of_a_final_ArgMax() => MarksTheChoice(model => new ManagedRuntime(model));

    [OnnxRuntimeFact]
    public void ONNX_Runtime_marks_the_choice_of_a_final_ArgMax() => MarksTheChoice(OnnxRuntime.Open);

    [Fact]
    public void An_input_of_another_size_is_refused()
    {
        using var runtime = new ManagedRuntime(OnnxImporter.Import(Path.Combine(Models, "iris.onnx")));
        Assert.Contains("4 numbers, not 3", Assert.Throws<ArgumentException>(() => runtime.Run(new float[3])).Message, StringComparison.Ordinal);
    }

    private static void MarksTheChoice(Func<OnnxModel, ModelRuntime> open)
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder { OutputType = DataType.Int64 };
        builder.Node("ArgMax", [builder.Node("Neg", [builder.Input([-1, 3])])], ("axis", -1), ("keepdims", 0));
        using var runtime = open(OnnxImporter.Import(builder.Save(folder)));
        Assert.Equal([0, 1, 0], runtime.Run([1, -2, 3]));
    }
}
