namespace RobustVerify.Core.Onnx;

/// <summary>A model file that is damaged or contradicts itself. The message names the file and the node or tensor.</summary>
public sealed class InvalidModelException(string message, Exception? innerException = null)
    : Exception(message, innerException);
