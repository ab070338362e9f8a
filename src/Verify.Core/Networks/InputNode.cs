namespace RobustVerify.Core.Networks;

/// <summary>The network's input: all its input tensors, one after another.</summary>
public sealed class InputNode(int size, string name = "input") : Node(size, [], name);
