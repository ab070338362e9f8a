using System.Buffers.Binary;
using Google.Protobuf;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Onnx.Format;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;
using Kind = RobustVerify.Core.Onnx.Format.AttributeProto.Types.AttributeType;

namespace RobustVerify.Core.Onnx;

/// <summary>Writes a chain of dense and convolutional layers and activations as an ONNX model in float32.</summary>
/// <remarks>
/// The input is named <c>input</c>, the output <c>output</c>; both have a symbolic batch axis. A first convolution takes
/// channels × height × width. Numbers are rounded to float32, and so is what the model computes.
/// </remarks>
public sealed class OnnxWriter
{
    private const int Opset = 17;
    private const int IrVersion = 8;
    private const string BatchAxis = "N";

    private readonly GraphProto graph = new() { Name = "network" };
    private string last = "input";
    private int names;

    // Whether the tensor written last has channels, rows and columns, and not only elements.
    private bool isImage;

    private OnnxWriter()
    {
    }

    /// <summary>Writes a network to a file, in the place of what may be there.</summary>
    /// <exception cref="NotSupportedException">The network is no such chain.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(Network network, string path)
    {
        var bytes = ToBytes(network);

        // A model that a build may be reading is replaced in one step.
        var temporary = path + ".writing";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The bytes of the file.</summary>
    /// <exception cref="NotSupportedException">The network is no such chain.</exception>
    public static byte[] ToBytes(Network network)
    {
        var writer = new OnnxWriter();
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "RobustVerify", Graph = writer.graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        writer.Write(network);
        return model.ToByteArray();
    }

    private void Write(Network network)
    {
        var previous = (Node)network.Input;
        foreach (var node in network.Nodes.Skip(1))
        {
            if (node.Sources is not [var source] || source != previous) throw Unsupported(node, "it is not applied to the layer before it only");
            switch (node)
            {
                case AffineNode { Terms: [{ Map: DenseMap { Blocks: 1 } map }] } dense: Write(dense, map); break;
                case AffineNode { Terms: [{ Map: ConvolutionMap { IsTransposed: false } map }] } convolution: Write(convolution, map.Shape, map.Kernel); break;
                case ElementwiseNode elementwise: Write(elementwise); break;
                default: throw Unsupported(node, "only dense and convolutional layers and activations are written");
            }

            previous = node;
        }

        if (network.Nodes.Length == 1) throw Unsupported(network.Input, "there is nothing behind the input");
        if (isImage) Flatten();
        graph.Node[^1].Output[0] = "output";
        if (graph.Input.Count == 0) graph.Input.Add(Declare("input", network.Input.Size));
        graph.Output.Add(Declare("output", network.Output.Size));
    }

    private void Write(AffineNode node, DenseMap map)
    {
        if (isImage) Flatten();
        var weights = new double[map.OutputSize * map.InputSize];
        for (var i = 0; i < weights.Length; i++) weights[i] = map[i / map.InputSize, i % map.InputSize];
        Add("Gemm", [Tensor(weights, map.OutputSize, map.InputSize), Tensor(node.Bias, node.Size)],
            new AttributeProto { Name = "transB", Type = Kind.Int, I = 1 });
    }

    private void Write(AffineNode node, ConvolutionShape shape, ReadOnlySpan<double> kernel)
    {
        if (!isImage && node.Sources[0] is not InputNode)
            Add("Reshape", [Integers(0, shape.InputChannels, shape.InputHeight, shape.InputWidth)]);
        if (node.Sources[0] is InputNode) graph.Input.Add(Declare("input", shape.InputChannels, shape.InputHeight, shape.InputWidth));
        isImage = true;
        var positions = shape.OutputHeight * shape.OutputWidth;
        var bias = new double[shape.OutputChannels];
        for (var channel = 0; channel < bias.Length; channel++)
        {
            var values = node.Bias.Slice(channel * positions, positions);
            bias[channel] = values[0];
            if (values.ContainsAnyExcept(values[0])) throw Unsupported(node, "its bias differs within a channel");
        }

        Add("Conv",
            [Tensor(kernel, shape.OutputChannels, shape.InputChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth), Tensor(bias, bias.Length)],
            Numbers("kernel_shape", shape.KernelHeight, shape.KernelWidth),
            Numbers("strides", shape.StrideHeight, shape.StrideWidth),
            Numbers("dilations", shape.DilationHeight, shape.DilationWidth),
            Numbers("pads", shape.PadTop, shape.PadLeft, shape.PadBottom, shape.PadRight),
            new AttributeProto { Name = "group", Type = Kind.Int, I = shape.Groups });
    }

    private void Write(ElementwiseNode node) => Add(
        node.Activation switch
        {
            ReLU => "Relu",
            Tanh => "Tanh",
            Sigmoid => "Sigmoid",
            Softplus => "Softplus",
            _ => throw Unsupported(node, "no operator is known for it"),
        },
        []);

    private void Flatten()
    {
        isImage = false;
        Add("Flatten", [], new AttributeProto { Name = "axis", Type = Kind.Int, I = 1 });
    }

    private void Add(string op, string[] constants, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"{op}_{names}", Input = { last }, Output = { $"value_{names++}" } };
        node.Input.AddRange(constants);
        node.Attribute.AddRange(attributes);
        graph.Node.Add(node);
        last = node.Output[0];
    }

    private string Tensor(ReadOnlySpan<double> values, params int[] shape)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), (float)values[i]);
        return Constant(new TensorProto { DataType = DataType.Float, RawData = ByteString.CopyFrom(bytes) }, shape);
    }

    private string Integers(params long[] values) => Constant(new TensorProto { DataType = DataType.Int64, Int64Data = { values } }, values.Length);

    private string Constant(TensorProto tensor, params int[] shape)
    {
        tensor.Name = $"constant_{names++}";
        tensor.Dims.AddRange(shape.Select(dimension => (long)dimension));
        graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private static AttributeProto Numbers(string name, params long[] values) => new() { Name = name, Type = Kind.Ints, Ints = { values } };

    private static ValueInfoProto Declare(string name, params int[] shape)
    {
        var declared = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = BatchAxis } } };
        declared.Dim.AddRange(shape.Select(dimension => new TensorShapeProto.Types.Dimension { DimValue = dimension }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = DataType.Float, Shape = declared } },
        };
    }

    private static NotSupportedException Unsupported(Node node, string reason) => new($"{node.Name} cannot be written as ONNX: {reason}.");
}
