namespace RobustVerify.Xunit;

/// <summary>An input refutes what the test asks: it changes the network's answer, or the network is too steep there.</summary>
public sealed class FalsifiedException(string message) : Exception(message);
