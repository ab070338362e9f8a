using RobustVerify.Core.Onnx;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Onnx;

/// <summary>Models that cannot be imported: the message says where and why.</summary>
public sealed class BadModelTests
{
    private static readonly string Digits = Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "digits-plain.onnx");

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<InvalidModelException>(() => OnnxImporter.Import("no/such/model.onnx"));
        Assert.Contains("no/such/model.onnx", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(20000)]
    [InlineData(27158)]
    public void A_truncated_model_is_refused(int length)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("truncated.onnx");
        File.WriteAllBytes(path, File.ReadAllBytes(Digits)[..length]);
        var error = Assert.Throws<InvalidModelException>(() => OnnxImporter.Import(path));
        Assert.Contains("truncated.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_file_is_no_model()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<InvalidModelException>(() => OnnxImporter.Import(folder.Write("model.onnx", "This is no model at all.\n")));
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "infinite")]
    public void Weights_that_are_no_numbers_are_named(double weight, string word) => Refused(
        m => m.Node("Mul", [m.Input([2]), m.Floats([2], 1, weight)]), "'c0'", word, "element 1");

    [Fact]
    public void A_cast_to_less_than_float32_is_not_taken_for_nothing() =>
        Unsupported(m => m.Node("Cast", [m.Input([2])], ("to", 10)), "Cast", "Float16");

    [Fact]
    public void An_infinite_scalar_is_no_weight() =>
        Refused(m => m.Node("Add", [m.Input([2]), m.Floats([], double.PositiveInfinity)]), "Add", "infinite");

    [Fact]
    public void Shapes_that_do_not_fit_are_shown_with_their_node() =>
        Refused(m => m.Node("MatMul", [m.Input([1, 3]), m.Weights(4, 2)]), "MatMul 'MatMul1'", "[1, 3]", "[4, 2]");

    [Fact]
    public void Convolutions_of_other_channels_are_shown_with_their_node() =>
        Refused(m => m.Node("Conv", [m.Input([1, 3, 5, 5]), m.Weights(2, 4, 3, 3)]), "Conv 'Conv1'", "[1, 3, 5, 5]");

    [Fact]
    public void A_reshape_to_other_elements_is_shown_with_its_node() =>
        Refused(m => m.Node("Reshape", [m.Input([2, 3]), m.Integers(4, -1)]), "Reshape 'Reshape1'", "[2, 3]");

    [Fact]
    public void A_symbolic_axis_that_is_not_the_batch_is_named() =>
        Refused(m => m.Node("Relu", [m.Input([1, -1])]), "'x'", "axis 1");

    [Fact]
    public void A_value_that_nothing_computes_is_named() =>
        Refused(m => m.Node("Add", [m.Input([2]), "nowhere"]), "'nowhere'");

    [Fact]
    public void An_unknown_operator_is_named_with_its_node_operator_set_and_the_nearest() =>
        Unsupported(m => m.Node("LeakyReluu", [m.Input([2])]), "LeakyReluu", "'LeakyReluu0'", "17", "LeakyRelu");

    [Fact]
    public void A_recurrent_operator_is_answered_with_what_to_do() =>
        Unsupported(m => m.Node("LSTM", [m.Input([2])]), "LSTM", "written out for every step");

    [Fact]
    public void An_unsupported_use_of_an_operator_says_what_is_supported() => Unsupported(
        m => m.Node("Resize", [m.Input([1, 1, 4, 4]), "", m.Floats([4], 1, 1, 2, 2)], ("mode", "cubic")), "Resize", "'cubic'", "nearest");

    [Theory]
    [InlineData(6)]
    [InlineData(23)]
    public void Operator_sets_outside_the_range_are_refused(int opset) =>
        Unsupported(m => m.Node("Relu", [m.Input([2])]), new ModelBuilder(opset), opset.ToString(), "7 to 22");

    private static void Refused(Action<ModelBuilder> build, params string[] words)
    {
        var builder = new ModelBuilder();
        build(builder);
        var error = Assert.Throws<InvalidModelException>(builder.Import);
        Assert.All([.. words, "model.onnx"], word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    private static void Unsupported(Action<ModelBuilder> build, params string[] words) => Unsupported(build, new ModelBuilder(), words);

    private static void Unsupported(Action<ModelBuilder> build, ModelBuilder builder, params string[] words)
    {
        build(builder);
        var error = Assert.Throws<UnsupportedModelException>(builder.Import);
        Assert.All([.. words, "model.onnx"], word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }
}
