namespace RobustVerify.Xunit;

/// <summary>An input within the radius changes the network's answer.</summary>
public sealed class FalsifiedException(string message) : Exception(message);
