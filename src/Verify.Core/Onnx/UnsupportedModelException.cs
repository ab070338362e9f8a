namespace RobustVerify.Core.Onnx;

/// <summary>
/// A sound model that uses something which cannot be imported. The message names the operator, the node, the operator
/// set, and the nearest thing that is supported.
/// </summary>
public sealed class UnsupportedModelException(string message) : Exception(message);
