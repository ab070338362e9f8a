namespace RobustVerify.Xunit;

/// <summary>Neither a proof nor an input that refutes it was found: the network may be as it should, but nobody knows.</summary>
public sealed class InconclusiveException(string message) : Exception(message);
