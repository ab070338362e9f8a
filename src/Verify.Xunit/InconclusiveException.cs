namespace RobustVerify.Xunit;

/// <summary>Neither a proof nor a counterexample was found: the network may be robust, but nobody knows.</summary>
public sealed class InconclusiveException(string message) : Exception(message);
