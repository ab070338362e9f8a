using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Tests.Onnx;

/// <summary>Operators on numbers small enough to compute by hand, for machines without ONNX Runtime.</summary>
public sealed class OperatorValueTests
{
    private static readonly Dictionary<string, (int[] Shape, double[] Input, double[] Output, Action<ModelBuilder> Build)> Cases = new()
    {
        ["Gemm"] = ([1, 2], [1, 2], [1 * 1 + 2 * 3 + 10, 1 * 2 + 2 * 4 + 20], m => m.Node("Gemm", ["x", m.Floats([2, 2], 1, 2, 3, 4), m.Floats([2], 10, 20)])),
        ["Gemm transposed"] = ([1, 2], [1, 2], [5, 11], m => m.Node("Gemm", ["x", m.Floats([2, 2], 1, 2, 3, 4)], ("transB", 1))),
        ["MatMul after a constant"] = ([2, 2], [1, 2, 3, 4], [7, 10], m => m.Node("MatMul", [m.Floats([1, 2], 1, 2), "x"])),
        ["MatMul of computed tensors"] = ([2, 2], [1, 2, 3, 4], [7, 10, 15, 22], m => m.Node("MatMul", ["x", "x"])),
        ["Conv"] = ([1, 1, 2, 3], [1, 2, 3, 4, 5, 6], [1 + 10, 2 + 12], m => m.Node("Conv", ["x", m.Floats([1, 1, 2, 2], 1, 0, 0, 2)])),
        ["Conv padded over one axis"] = ([1, 1, 3], [1, 2, 3], [1 + 4, 2 + 6, 3], m => m.Node("Conv", ["x", m.Floats([1, 1, 2], 1, 2)], ("pads", new[] { 0, 1 }))),
        ["ConvTranspose"] = ([1, 1, 2], [1, 10], [1, 2, 13, 20, 30], m => m.Node("ConvTranspose", ["x", m.Floats([1, 1, 3], 1, 2, 3)], ("strides", new[] { 2 }))),
        ["MaxPool"] = ([1, 1, 2, 4], [1, 5, 2, 3, 4, 0, 7, 6], [5, 7], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }))),
        ["AveragePool padded"] = ([1, 1, 3], [3, 6, 9], [4.5, 6, 7.5], m => m.Node("AveragePool", ["x"], ("kernel_shape", new[] { 3 }), ("pads", new[] { 1, 1 }))),
        ["BatchNormalization"] = ([1, 2, 1], [5, 7], [2 * (5 - 1) / 2.0 + 3, 7], m => m.Node("BatchNormalization", ["x", m.Floats([2], 2, 1), m.Floats([2], 3, 0), m.Floats([2], 1, 0), m.Floats([2], 4, 1)], ("epsilon", 0.0))),
        ["Max and Min"] = ([2], [-3, 3], [-1, 2], m => m.Node("Min", [m.Node("Max", ["x", m.Floats([], -1)]), m.Floats([], 2)])),
        ["Abs"] = ([2], [-3, 2], [3, 2], m => m.Node("Abs", ["x"])),
        ["LeakyRelu"] = ([2], [-4, 4], [-1, 4], m => m.Node("LeakyRelu", ["x"], ("alpha", 0.25))),
        ["LeakyRelu as ONNX says"] = ([2], [-4e9, 4], [-4e9 * 0.01f, 4], m => m.Node("LeakyRelu", ["x"])),
        ["Clip"] = ([3], [-4, 0.5, 4], [-1, 0.5, 1], m => m.Node("Clip", ["x", m.Floats([], -1), m.Floats([], 1)])),
        ["Softmax"] = ([3], [0, Math.Log(2), Math.Log(5)], [0.125, 0.25, 0.625], m => m.Node("Softmax", ["x"])),
        ["LogSoftmax"] = ([1, 2], [0, Math.Log(3)], [Math.Log(0.25), Math.Log(0.75)], m => m.Node("LogSoftmax", ["x"])),
        ["ReduceMean"] = ([2, 2], [1, 2, 3, 4], [2, 3], m => m.Node("ReduceMean", ["x"], ("axes", new[] { 0 }))),
        ["Div of computed tensors"] = ([2], [2, 4], [0.5, 0.25], m => m.Node("Div", ["x", m.Node("Mul", ["x", "x"])])),
        ["Slice backwards"] = ([4], [1, 2, 3, 4], [4, 2], m => m.Node("Slice", ["x", m.Integers(-1), m.Integers(-5), m.Integers(0), m.Integers(-2)])),
        ["Pad"] = ([2], [1, 2], [9, 1, 2, 9, 9], m => m.Node("Pad", ["x", m.Integers(1, 2), m.Floats([], 9)])),
        ["Resize"] = ([1, 1, 2], [1, 2], [1, 1, 2, 2], m => m.Node("Resize", ["x", "", m.Floats([3], 1, 1, 2)], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"))),
        ["Floor"] = ([3], [-1.5, 2, 2.75], [-2, 2, 2], m => m.Node("Floor", ["x"])),
        ["LayerNormalization"] = ([1, 2], [1, 3], [-1, 1], m => m.Node("LayerNormalization", ["x", m.Floats([2], 1, 1)], ("epsilon", 0.0))),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operator_has_the_values_computed_by_hand(string name)
    {
        var (shape, input, output, build) = Cases[name];
        var builder = new ModelBuilder();
        builder.Input(shape);
        build(builder);
        var values = builder.Import().Network.Evaluate<double>(input);
        Assert.Equal(output.Length, values.Length);
        Assert.All(output.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
