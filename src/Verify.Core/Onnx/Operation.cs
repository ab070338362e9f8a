using RobustVerify.Core.Onnx.Format;

namespace RobustVerify.Core.Onnx;

/// <summary>One node of the model, with its inputs already lowered: what a lowering method is given.</summary>
internal sealed class Operation(NodeProto node, Value?[] inputs, int opset, Func<TensorProto, Constant> readTensor)
    : Algebra(Describe(node))
{
    /// <summary>The version of the operator set that says what the node means.</summary>
    public int Opset { get; } = opset;

    /// <summary>How many outputs the node has.</summary>
    public int OutputCount => node.Output.Count;

    /// <summary>An input that must be there.</summary>
    public Value this[int input] => Optional(input) ?? throw new InvalidModelException($"{Name}: input {input} is missing");

    /// <summary>All inputs that are there.</summary>
    public Value[] Inputs => [.. inputs.OfType<Value>()];

    /// <summary>How messages name a node.</summary>
    public static string Describe(NodeProto node) =>
        node.Name.Length > 0 ? $"{node.OpType} '{node.Name}'" : $"{node.OpType} of '{node.Output.FirstOrDefault()}'";

    /// <summary>An input, or nothing where it is left out.</summary>
    public Value? Optional(int input) => input < inputs.Length ? inputs[input] : null;

    /// <summary>An input that must not depend on the network's input, such as a shape.</summary>
    public Constant Known(int input) => this[input] as Constant
        ?? throw Unsupported($"with input {input} computed from the network's input", "the same with a constant");

    /// <summary>An input that must not be computed, or nothing where it is left out.</summary>
    public Constant? OptionalKnown(int input) => Optional(input) is null ? null : Known(input);

    /// <summary>True where the node writes the attribute.</summary>
    public bool Has(string attribute) => Find(attribute) is not null;

    /// <summary>A whole number.</summary>
    public long Integer(string attribute, long otherwise) => Find(attribute)?.I ?? otherwise;

    /// <summary>A number. Attributes are float32, and so are ONNX's own values for those that are left out.</summary>
    public double Number(string attribute, double otherwise) => Find(attribute)?.F ?? (float)otherwise;

    /// <summary>A word.</summary>
    public string Word(string attribute, string otherwise) => Find(attribute)?.S.ToStringUtf8() ?? otherwise;

    /// <summary>Whole numbers, or nothing where the attribute is left out.</summary>
    public int[]? Integers(string attribute) =>
        Find(attribute) is { } found ? [.. found.Ints.Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))] : null;

    /// <summary>Numbers, or nothing where the attribute is left out.</summary>
    public double[]? Numbers(string attribute) =>
        Find(attribute) is { } found ? [.. found.Floats.Select(value => (double)value)] : null;

    /// <summary>A tensor, or nothing where the attribute is left out.</summary>
    public Constant? Tensor(string attribute) => Find(attribute) is { } found ? readTensor(found.T) : null;

    /// <summary>Whole numbers that older operator sets write as an attribute and newer ones as an input.</summary>
    public long[]? IntegersFrom(string attribute, int input) =>
        OptionalKnown(input)?.Integers ?? Find(attribute)?.Ints.ToArray();

    /// <summary>An axis counted from the front.</summary>
    public int Axis(long otherwise, int rank) => Shapes.Axis(Integer("axis", otherwise), rank);

    /// <summary>The error for a use of the operator that cannot be imported.</summary>
    public UnsupportedModelException Unsupported(string use, string nearest) =>
        new($"{Name} (operator set {Opset}) {use} is not supported; supported is {nearest}.");

    private AttributeProto? Find(string attribute) => node.Attribute.FirstOrDefault(found => found.Name == attribute);
}
