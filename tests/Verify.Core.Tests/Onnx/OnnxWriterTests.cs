using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Onnx;

public sealed class OnnxWriterTests
{
    public static TheoryData<string> Names => [.. Networks.Keys];

    // Numbers that float32 holds, so that nothing is rounded.
    private static Dictionary<string, Func<Network>> Networks { get; } = new()
    {
        ["dense"] = () => Chain(4, x => Dense(x, 6), x => new ElementwiseNode(x, Tanh.Instance), x => Dense(x, 3)),
        ["activations"] = () => Chain(
            3, x => Dense(x, 4), x => new ElementwiseNode(x, Sigmoid.Instance), x => new ElementwiseNode(x, Softplus.Instance), x => Dense(x, 2)),
        ["convolution"] = () => Chain(
            32,
            x => Convolution(x, new ConvolutionShape(2, 4, 4, 3, 3, 2, StrideHeight: 2, PadTop: 1, PadBottom: 1, PadLeft: 1)),
            x => new ElementwiseNode(x, ReLU.Instance),
            x => Dense(x, 3)),
        ["groups"] = () => Chain(32, x => Convolution(x, new ConvolutionShape(2, 4, 4, 2, 2, 2, StrideHeight: 2, StrideWidth: 2, Groups: 2))),
        ["dense first"] = () => Chain(3, x => Dense(x, 16), x => Convolution(x, new ConvolutionShape(1, 4, 4, 2, 2, 2)), x => new ElementwiseNode(x, ReLU.Instance)),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_is_read_as_the_same_function(string name)
    {
        var network = Networks[name]();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("model.onnx");

        OnnxWriter.Write(network, path);

        // Where ONNX Runtime is present, loading compares the file with it.
        using var model = DeployedModel.Load(path);
        Assert.True(model.Model.Inputs[0].HasBatchAxis);
        var inputs = new double[3 * network.Input.Size];
        RandomStream.From(name, 0).Fill(inputs, -1, 1);
        foreach (var (expected, actual) in network.Evaluate<double>(inputs, 3).Zip(model.Network.Evaluate<double>(inputs, 3)))
            Assert.Equal(expected, actual, 1e-12);
    }

    [OnnxRuntimeFact]
    public void Several_rows_run_at_once()
    {
        var network = Networks["convolution"]();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("model.onnx");
        OnnxWriter.Write(network, path);
        using var model = DeployedModel.Load(path);
        var inputs = new float[2 * network.Input.Size];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = i % 7 / 8f;

        var outputs = model.Runtime.Run(inputs, rows: 2);

        Assert.All(network.Evaluate<float>(inputs, 2).Zip(outputs), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void What_is_no_such_chain_is_refused_by_name()
    {
        var input = new InputNode(2);
        var sum = new AffineNode([new AffineTerm(input, ScaleMap.Uniform(2, 2))], [0.0, 0]);

        var error = Assert.Throws<NotSupportedException>(() => OnnxWriter.ToBytes(new Network(input, sum)));

        Assert.Contains("affine", error.Message, StringComparison.Ordinal);
    }

    private static Network Chain(int inputs, params Func<Node, Node>[] layers)
    {
        var input = new InputNode(inputs);
        return new Network(input, layers.Aggregate((Node)input, (node, layer) => layer(node)));
    }

    private static AffineNode Dense(Node source, int outputs) =>
        new(source, new DenseMap(Singles(source.Size * outputs), outputs, source.Size), Singles(outputs));

    private static AffineNode Convolution(Node source, ConvolutionShape shape)
    {
        var (bias, positions) = (Singles(shape.OutputChannels), shape.OutputHeight * shape.OutputWidth);
        return new(source, new ConvolutionMap(shape, Singles(shape.WeightSize)), [.. Enumerable.Range(0, shape.OutputSize).Select(i => bias[i / positions])]);
    }

    private static double[] Singles(int count)
    {
        var values = new double[count];
        RandomStream.From("weights", (ulong)count).Fill(values, -1, 1);
        return Array.ConvertAll(values, value => (double)(float)value);
    }
}
