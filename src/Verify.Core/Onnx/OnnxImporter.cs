using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Onnx.Format;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Onnx;

/// <summary>Reads ONNX models (operator sets 7 to 22) and lowers their operators to the three kinds of node.</summary>
public sealed class OnnxImporter
{
    private const int OldestOpset = 7;
    private const int NewestOpset = 22;

    private static readonly HashSet<string> OrderPreserving = ["Softmax", "LogSoftmax", "Sigmoid", "ArgMax"];

    private readonly ModelProto model;
    private readonly TensorReader tensors;
    private readonly int opset;
    private readonly Dictionary<string, Value> values = [];
    private readonly Float32Arithmetic arithmetic;

    private OnnxImporter(ModelProto model, string folder)
    {
        this.model = model;
        tensors = new TensorReader(folder);
        opset = ReadOpset(model);
        arithmetic = new Float32Arithmetic(model.Graph);
    }

    /// <summary>Imports a model.</summary>
    /// <param name="path">The .onnx file; external data lies in its folder.</param>
    /// <exception cref="InvalidModelException">The file cannot be read, or contradicts itself.</exception>
    /// <exception cref="UnsupportedModelException">The model uses an operator that is not supported.</exception>
    public static OnnxModel Import(string path)
    {
        byte[] bytes;
        ModelProto model;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidModelException($"The model '{path}' cannot be read: {e.Message}", e);
        }

        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidModelException($"'{path}' is not an ONNX model, or only a part of one: {e.Message}", e);
        }

        if (model.Graph is null || model.Graph.Output.Count == 0)
            throw new InvalidModelException($"'{path}' is not an ONNX model, or only a part of one: it has no graph with outputs.");
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return new OnnxImporter(model, folder).Import(path, bytes);
        }
        catch (InvalidModelException e)
        {
            throw new InvalidModelException($"'{path}': {e.Message}", e);
        }
        catch (UnsupportedModelException e)
        {
            throw new UnsupportedModelException($"'{path}': {e.Message}");
        }
    }

    private OnnxModel Import(string path, byte[] bytes)
    {
        foreach (var tensor in model.Graph.Initializer) values[tensor.Name] = tensors.Read(tensor);

        // Up to IR version 3 initialisers are listed as inputs too.
        var inputs = model.Graph.Input.Where(input => !values.ContainsKey(input.Name)).Select(ReadInput).ToImmutableArray();
        if (inputs.IsEmpty) throw new InvalidModelException("The model has no input.");
        var input = new InputNode(checked(inputs.Sum(i => i.Size)), string.Join(", ", inputs.Select(i => i.Name)));
        var offset = 0;
        foreach (var tensor in inputs)
        {
            values[tensor.Name] = inputs.Length == 1
                ? new Computed(input, [.. tensor.Shape])
                : new Computed(new AffineNode(input, SelectionMap.Slice(input.Size, offset, tensor.Size), name: tensor.Name), [.. tensor.Shape]);
            offset += tensor.Size;
        }

        var final = FinalLayer();
        foreach (var node in model.Graph.Node)
        {
            if (node == final && final.OpType == "ArgMax")
            {
                // Whatever follows only passes the index on.
                values[model.Graph.Output[0].Name] = Chosen(node);
                break;
            }

            Lower(node);
        }

        var batched = inputs.All(i => i.HasBatchAxis);
        var results = model.Graph.Output.Select(o => (Declared: o, Value: Find(null, o.Name))).ToArray();
        var outputs = results.Select(r => ReadOutput(r.Declared, r.Value, batched)).ToImmutableArray();
        Network Build(IReadOnlyList<Value> values, bool keepsArithmetic = false) => new(
            input,
            Simplification.Simplify(input, Flat(values), keepsArithmetic),
            Ports(inputs),
            Ports(outputs.Zip(values, (o, v) => o with { Shape = [.. v.Shape] })));

        Value[] all = [.. results.Select(r => r.Value)];
        var network = Build(all);
        var computed = new ComputedNetwork(arithmetic.Refusal(), () => Build(all, keepsArithmetic: true));
        if (final is not null && final.OpType != "ArgMax" && !ComparesAll(final, Find(final, final.Input[0]).Shape)) final = null;
        var (scores, computedScores) = (network, computed);
        if (final is not null && final.OpType != "ArgMax")
        {
            Value[] before = [Find(final, final.Input[0]).Reshape(results[0].Value.Shape)];
            scores = Build(before);
            computedScores = new ComputedNetwork(arithmetic.Refusal(final), () => Build(before, keepsArithmetic: true));
        }

        return new OnnxModel(
            [path, .. tensors.Paths], Hash(bytes), opset, inputs, outputs, network, scores, computed, computedScores, final?.OpType, Parameters());
    }

    private long Parameters() => model.Graph.Initializer
        .Concat(model.Graph.Node.Where(n => n.OpType == "Constant").SelectMany(n => n.Attribute).Select(a => a.T).OfType<TensorProto>())
        .Where(tensor => !TensorReader.IsInteger(tensor.DataType))
        .Sum(tensor => tensor.Dims.Aggregate(1L, (size, dimension) => size * dimension));

    // The node behind the only output, if it keeps the order of what it is given and nothing else uses its result.
    private NodeProto? FinalLayer()
    {
        if (model.Graph.Output.Count != 1) return null;
        var name = model.Graph.Output[0].Name;
        while (true)
        {
            var node = model.Graph.Node.FirstOrDefault(n => n.Output.Contains(name));
            if (node is null || model.Graph.Node.Count(n => n.Input.Contains(name)) > (name == model.Graph.Output[0].Name ? 0 : 1)) return null;
            if (node.OpType is not ("Identity" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Cast"))
                return OrderPreserving.Contains(node.OpType) ? node : null;
            name = node.Input[0];
        }
    }

    // The scores that a final ArgMax chooses from; the layers after it pass them on.
    private Value Chosen(NodeProto node)
    {
        var scores = Find(node, node.Input[0]);
        return ComparesAll(node, scores.Shape)
            ? scores
            : throw new UnsupportedModelException($"{Operation.Describe(node)} (operator set {opset}) over a part of a tensor of shape {Shapes.Text(scores.Shape)} is not supported; supported is one over all elements.");
    }

    // A softmax over several rows keeps the order within each row only.
    private bool ComparesAll(NodeProto final, int[] shape)
    {
        if (final.OpType == "Sigmoid") return true;
        var otherwise = final.OpType == "ArgMax" ? 0 : opset < 13 ? 1 : -1;
        var axis = Shapes.Axis(final.Attribute.FirstOrDefault(a => a.Name == "axis")?.I ?? otherwise, shape.Length);
        var compared = final.OpType != "ArgMax" && opset < 13 ? Shapes.Split(shape, axis).Inner : shape[axis];
        return compared == Shapes.Size(shape);
    }

    private void Lower(NodeProto node)
    {
        var lowering = node.Domain is "" or "ai.onnx" ? Operators.Find(node.OpType) : null;
        if (lowering is null)
        {
            var name = node.Domain is "" or "ai.onnx" ? node.OpType : $"{node.Domain}.{node.OpType}";
            throw new UnsupportedModelException(
                $"Operator {name} is not supported (node {Operation.Describe(node)}, operator set {opset}); the nearest that is: {Operators.Nearest(node.OpType)}.");
        }

        var inputs = node.Input.Select(name => name.Length == 0 ? null : Find(node, name)).ToArray();
        try
        {
            var outputs = lowering(new Operation(node, inputs, opset, tensors.Read));
            for (var i = 0; i < Math.Min(outputs.Length, node.Output.Count); i++) values[node.Output[i]] = outputs[i];
            arithmetic.Check(node, outputs);
        }
        catch (Exception e) when (e is InvalidModelException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            var shapes = string.Join(", ", inputs.Select(value => value is null ? "none" : Shapes.Text(value.Shape)));
            throw new InvalidModelException($"{Operation.Describe(node)} with inputs of shapes {shapes}: {e.Message}", e);
        }
    }

    private Value Find(NodeProto? user, string name) => values.TryGetValue(name, out var value)
        ? value
        : throw new InvalidModelException(user is null
            ? $"No node computes the output '{name}'."
            : $"{Operation.Describe(user)} uses '{name}', which no earlier node computes.");

    private static int ReadOpset(ModelProto model)
    {
        var versions = model.OpsetImport.Where(o => o.Domain is "" or "ai.onnx").Select(o => o.Version).ToArray();
        if (versions.Length == 0) throw new InvalidModelException("The model names no ONNX operator set.");
        return versions.Max() is var version and >= OldestOpset and <= NewestOpset
            ? (int)version
            : throw new UnsupportedModelException($"Operator set {versions.Max()} is not supported; supported are {OldestOpset} to {NewestOpset}.");
    }

    private static OnnxTensor ReadInput(ValueInfoProto info)
    {
        if (info.Type?.TensorType is not { Shape: { } declared } type)
            throw new InvalidModelException($"Input '{info.Name}' is no tensor of a declared shape.");
        var shape = new int[declared.Dim.Count];
        var hasBatchAxis = false;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (declared.Dim[axis].ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && declared.Dim[axis].DimValue > 0)
            {
                shape[axis] = checked((int)declared.Dim[axis].DimValue);
                continue;
            }

            if (axis > 0)
                throw new InvalidModelException($"Input '{info.Name}' has a symbolic axis {axis} ({declared.Dim[axis].DimParam}); only the first, the batch, may be symbolic. Export the model with fixed sizes.");
            (shape[axis], hasBatchAxis) = (1, true);
        }

        return new OnnxTensor(info.Name, [.. shape], hasBatchAxis) { Type = ReadType(info.Name, type.ElemType) };
    }

    private static OnnxTensor ReadOutput(ValueInfoProto info, Value value, bool batched)
    {
        // What the batch axis becomes is only known where the model says so.
        var first = info.Type?.TensorType?.Shape?.Dim.FirstOrDefault();
        var isSymbolic = first is null || first.ValueCase != TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue || first.DimValue <= 0;
        return new OnnxTensor(info.Name, [.. value.Shape], batched && isSymbolic && value.Shape is [1, ..])
        {
            Type = ReadType(info.Name, info.Type?.TensorType?.ElemType ?? DataType.Float),
        };
    }

    private static DataType ReadType(string name, DataType type) =>
        type is DataType.Float or DataType.Double or DataType.Int32 or DataType.Int64
            ? type
            : throw new UnsupportedModelException($"'{name}' is of type {type}; supported are Float, Double, Int32 and Int64.");

    private static ImmutableArray<Port> Ports(IEnumerable<OnnxTensor> tensors)
    {
        var offset = 0;
        var ports = ImmutableArray.CreateBuilder<Port>();
        foreach (var tensor in tensors)
        {
            ports.Add(new Port(tensor.Name, tensor.HasBatchAxis ? tensor.Shape[1..] : tensor.Shape, offset));
            offset += tensor.Size;
        }

        return ports.ToImmutable();
    }

    private static Node Flat(IReadOnlyList<Value> values)
    {
        var flat = values.Count == 1
            ? values[0]
            : new Algebra("outputs").Concatenate([.. values.Select(value => value.Reshape(value.Size))], 0);
        return flat is Computed { Node: var node } ? node : new AffineNode([], ((Constant)flat).Data, "output");
    }

    private string Hash(byte[] bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes);
        foreach (var file in tensors.Files) hash.AppendData(file);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
