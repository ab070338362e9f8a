using System.Collections;

namespace RobustVerify.Core.Onnx;

/// <summary>Turns a node of the model into the values of its outputs.</summary>
internal delegate Value[] Lowering(Operation operation);

/// <summary>The lowering methods of related operators, by operator name.</summary>
internal sealed class OperatorFamily : IEnumerable<KeyValuePair<string, Lowering>>
{
    private readonly Dictionary<string, Lowering> lowerings = [];

    /// <summary>Registers an operator of one output.</summary>
    public void Add(string name, Func<Operation, Value> lowering) => lowerings.Add(name, operation => [lowering(operation)]);

    /// <summary>Registers an operator of several outputs.</summary>
    public void Add(string name, Lowering lowering) => lowerings.Add(name, lowering);

    public IEnumerator<KeyValuePair<string, Lowering>> GetEnumerator() => lowerings.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
