namespace RobustVerify.Xunit;

/// <summary>The network is proved robust, but by less than the committed snapshot says, or no snapshot is committed.</summary>
public sealed class RegressionException(string message) : Exception(message);
