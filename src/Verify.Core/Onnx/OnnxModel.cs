using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Onnx;

/// <summary>An input or output tensor as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions, with a symbolic batch axis taken as 1.</param>
/// <param name="HasBatchAxis">True where the first axis is symbolic: the model takes several rows at once.</param>
public sealed record OnnxTensor(string Name, ImmutableArray<int> Shape, bool HasBatchAxis)
{
    /// <summary>The type of its elements.</summary>
    internal DataType Type { get; init; }

    /// <summary>Elements of one row.</summary>
    public int Size => Shape.Aggregate(1, (size, dimension) => size * dimension);
}

/// <summary>An imported model.</summary>
public sealed class OnnxModel
{
    internal OnnxModel(
        ImmutableArray<string> files,
        string sha256,
        long opset,
        ImmutableArray<OnnxTensor> inputs,
        ImmutableArray<OnnxTensor> outputs,
        Network network,
        Network scores,
        ComputedNetwork computed,
        ComputedNetwork computedScores,
        string? finalLayer,
        long parameters)
    {
        (Files, Sha256, Opset, Inputs, Outputs) = (files, sha256, opset, inputs, outputs);
        (Network, Scores, Computed, ComputedScores) = (network, scores, computed, computedScores);
        (FinalLayer, Parameters) = (finalLayer, parameters);
    }

    /// <summary>The file that the model was read from.</summary>
    public string Path => Files[0];

    /// <summary>All files that the model was read from: <see cref="Path"/>, then its external data.</summary>
    public ImmutableArray<string> Files { get; }

    /// <summary>The SHA-256 of the file followed by its external data, in lower-case hexadecimal digits.</summary>
    public string Sha256 { get; }

    /// <summary>The version of the ONNX operator set.</summary>
    public long Opset { get; }

    /// <summary>The input tensors, in the order of the network's input.</summary>
    public ImmutableArray<OnnxTensor> Inputs { get; }

    /// <summary>The output tensors, in the order of the network's output.</summary>
    public ImmutableArray<OnnxTensor> Outputs { get; }

    /// <summary>The function that the model computes; of a model that ends in ArgMax, the scores that it chooses from.</summary>
    public Network Network { get; }

    /// <summary>
    /// The same without a final Softmax, LogSoftmax, Sigmoid or ArgMax, none of which changes the order of the outputs:
    /// properties that compare outputs can be proved of it. <see cref="Network"/> itself where there is no such layer.
    /// </summary>
    public Network Scores { get; }

    /// <summary>True where the model returns the index of the largest score instead of the scores.</summary>
    public bool EndsInArgMax => FinalLayer == "ArgMax";

    /// <summary><see cref="Network"/>, operator by operator.</summary>
    internal ComputedNetwork Computed { get; }

    /// <summary><see cref="Scores"/>, operator by operator.</summary>
    internal ComputedNetwork ComputedScores { get; }

    /// <summary>The operator that <see cref="Scores"/> lacks, or null where it lacks none.</summary>
    internal string? FinalLayer { get; }

    /// <summary>How many numbers the model was trained to: the elements of its stored tensors that are not integers.</summary>
    public long Parameters { get; }
}
