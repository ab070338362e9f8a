using RobustVerify.Core.Onnx.Format;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Onnx;

/// <summary>Whether a runtime's arithmetic in float32 is that of the nodes that its operators are lowered to, but for rounding.</summary>
/// <remarks>
/// An operator is covered where, whatever the order in which a runtime adds, there are values of the lowered nodes that
/// each differ from the node's function by no more than the rounding error that is taken for that node, and that lead to what
/// the runtime computes. Nodes that the runtime does not evaluate, such as the difference in max(a, b) = b + relu(a − b), have
/// their exact values. ONNX Runtime's fusions keep to that: they fold factors into weights, add in another order, or
/// evaluate one function by fewer operations.
/// </remarks>
internal sealed class Float32Arithmetic(GraphProto graph)
{
    /// <summary>Operators that only move or create elements: what they return of known tensors is exact.</summary>
    private static readonly HashSet<string> Moving =
    [
        "Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "Concat", "Split", "Slice",
        "Gather", "Pad", "DepthToSpace", "SpaceToDepth", "Resize", "Upsample", "Where", "Constant", "ConstantOfShape", "Shape", "Size",
    ];

    /// <summary>Operators that round the exact result once: where double holds it as a float32 number, float32 does.</summary>
    private static readonly HashSet<string> RoundingOnce =
    [
        "Add", "Sub", "Neg", "Mul", "Div", "Reciprocal", "Max", "Min", "Abs", "Relu", "Clip", "Sign", "Floor", "Ceil", "Round", "Sqrt",
        "Cast", "Range", "Equal", "Less", "Greater", "And", "Or", "Not", "ReduceMax", "ReduceMin", "MaxPool", "GlobalMaxPool",
    ];

    /// <summary>Operators of computed tensors that are covered, beside those that only move elements.</summary>
    private static readonly HashSet<string> Covered =
    [
        "Add", "Sub", "Sum", "Mean", "Neg", "Mul", "Div", "Reciprocal", "Pow", "Max", "Min", "Abs", "MatMul", "Gemm", "Conv", "ConvTranspose",
        "BatchNormalization", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
        "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1",
        "Relu", "LeakyRelu", "PRelu", "ThresholdedRelu", "Clip", "Sign", "HardSigmoid", "HardSwish", "Sigmoid", "Tanh", "Softplus", "Softsign",
        "Elu", "Celu", "Selu", "Gelu", "Mish", "Erf", "Exp", "Log", "Sqrt", "Sin", "Cos", "Floor", "Ceil", "Atan", "Cast",
    ];

    /// <summary>Operators that runtimes evaluate in another way than they are lowered: by the largest element, or by other moments.</summary>
    private static readonly HashSet<string> Otherwise =
        ["Softmax", "LogSoftmax", "LayerNormalization", "InstanceNormalization", "ReduceL2"];

    private readonly List<(NodeProto Node, string Reason)> refused = [];

    /// <summary>All operators that it is known of whether they are covered.</summary>
    public static IEnumerable<string> Known => Moving.Union(RoundingOnce).Union(Covered).Union(Otherwise);

    /// <summary>Why nothing is known of the model in float32, or null; a final layer that is left out does not count.</summary>
    public string? Refusal(NodeProto? without = null) =>
        refused.Where(entry => entry.Node != without).Select(entry => $"{Operation.Describe(entry.Node)} {entry.Reason}").FirstOrDefault();

    /// <summary>Notes a node that is not covered.</summary>
    /// <param name="node">The node.</param>
    /// <param name="outputs">What it was lowered to.</param>
    public void Check(NodeProto node, Value[] outputs)
    {
        if (Moving.Contains(node.OpType)) return;
        if (outputs.OfType<Constant>().Any(constant => !IsExact(node.OpType, constant)))
            refused.Add((node, "computes a constant that float32 rounds"));
        if (!outputs.OfType<Computed>().Any()) return;
        if (!Covered.Contains(node.OpType))
            refused.Add((node, "is evaluated in float32 in a way whose error is not bounded"));
        else if (node.OpType == "Sqrt" && graph.Node.Any(other => other.OpType == "ReduceMean"))
            refused.Add((node, "and ReduceMean may be evaluated as one layer normalisation, whose error in float32 is not bounded"));
        else if (node.OpType == "Cast" && !IsFloatThroughout())
            refused.Add((node, "rounds what is computed in another type than float32"));
    }

    private static bool IsExact(string op, Constant constant) =>
        constant.IsInteger || (RoundingOnce.Contains(op) && constant.Data.All(value => (float)value == value));

    private bool IsFloatThroughout() =>
        graph.Input.All(input => (input.Type?.TensorType?.ElemType ?? DataType.Float) == DataType.Float || graph.Initializer.Any(tensor => tensor.Name == input.Name))
        && !graph.Node.Any(node => node.OpType == "Cast" && node.Attribute.Any(attribute => attribute.Name == "to" && attribute.I == (long)DataType.Double));
}
