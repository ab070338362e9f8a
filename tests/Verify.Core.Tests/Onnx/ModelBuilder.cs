using Google.Protobuf;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Onnx.Format;
using RobustVerify.Core.Tests.Specifications;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;
using Kind = RobustVerify.Core.Onnx.Format.AttributeProto.Types.AttributeType;

namespace RobustVerify.Core.Tests.Onnx;

/// <summary>Writes small ONNX models. The input is "x", the output is what the last node computes.</summary>
internal sealed class ModelBuilder(int opset = 17)
{
    private int names;

    /// <summary>The type of the outputs' elements.</summary>
    public DataType OutputType { get; set; } = DataType.Float;

    public ModelProto Model { get; } = new()
    {
        IrVersion = 8,
        Graph = new GraphProto { Name = "test" },
        OpsetImport = { new OperatorSetIdProto { Version = opset } },
    };

    /// <summary>Declares an input; −1 is a symbolic axis.</summary>
    public string Input(int[] shape, string name = "x", DataType type = DataType.Float)
    {
        Model.Graph.Input.Add(Declare(name, shape, type));
        return name;
    }

    /// <summary>A known tensor of floats.</summary>
    public string Floats(int[] shape, params double[] values)
    {
        var tensor = new TensorProto { Name = $"c{names++}", DataType = DataType.Float };
        tensor.Dims.AddRange(shape.Select(d => (long)d));
        tensor.FloatData.AddRange(values.Select(v => (float)v));
        Model.Graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>A known list of whole numbers.</summary>
    public string Integers(params long[] values)
    {
        var tensor = new TensorProto { Name = $"c{names++}", DataType = DataType.Int64, Dims = { values.Length } };
        tensor.Int64Data.AddRange(values);
        Model.Graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>Pseudo-random weights between −1 and 1.</summary>
    public string Weights(params int[] shape)
    {
        var random = new Random(names);
        var size = shape.Aggregate(1, (a, b) => a * b);
        return Floats(shape, [.. Enumerable.Range(0, size).Select(_ => Math.Round(random.NextDouble() * 2 - 1, 3))]);
    }

    /// <summary>Adds a node of one output.</summary>
    public string Node(string op, string[] inputs, params (string Name, object Value)[] attributes) =>
        Node(op, inputs, 1, attributes)[0];

    /// <summary>Adds a node of several outputs.</summary>
    public string[] Node(string op, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"{op}{names}" };
        node.Input.AddRange(inputs);
        node.Output.AddRange(Enumerable.Range(0, outputs).Select(_ => $"v{names++}"));
        foreach (var (name, value) in attributes) node.Attribute.Add(Attribute(name, value));
        Model.Graph.Node.Add(node);
        return [.. node.Output];
    }

    /// <summary>Declares outputs, those of the last node unless named, and writes the model.</summary>
    public string Save(TemporaryFolder folder, params string[] outputs)
    {
        if (Model.Graph.Output.Count == 0)
        {
            foreach (var name in outputs.Length > 0 ? outputs : [.. Model.Graph.Node[^1].Output])
                Model.Graph.Output.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = OutputType } } });
        }

        var path = folder.PathOf("model.onnx");
        File.WriteAllBytes(path, Model.ToByteArray());
        return path;
    }

    /// <summary>Writes the model and imports it.</summary>
    public OnnxModel Import()
    {
        using var folder = new TemporaryFolder();
        return OnnxImporter.Import(Save(folder));
    }

    public static ValueInfoProto Declare(string name, int[] shape, DataType type = DataType.Float)
    {
        var declared = new TensorShapeProto();
        declared.Dim.AddRange(shape.Select(d => d < 0
            ? new TensorShapeProto.Types.Dimension { DimParam = "batch" }
            : new TensorShapeProto.Types.Dimension { DimValue = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = declared } } };
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case int i: (attribute.I, attribute.Type) = (i, Kind.Int); break;
            case double f: (attribute.F, attribute.Type) = ((float)f, Kind.Float); break;
            case string s: (attribute.S, attribute.Type) = (ByteString.CopyFromUtf8(s), Kind.String); break;
            case TensorProto t: (attribute.T, attribute.Type) = (t, Kind.Tensor); break;
            case int[] integers:
                attribute.Type = Kind.Ints;
                attribute.Ints.AddRange(integers.Select(i => (long)i));
                break;
            case double[] numbers:
                attribute.Type = Kind.Floats;
                attribute.Floats.AddRange(numbers.Select(f => (float)f));
                break;
            default: throw new ArgumentException($"{name} is a {value.GetType().Name}.");
        }

        return attribute;
    }
}
