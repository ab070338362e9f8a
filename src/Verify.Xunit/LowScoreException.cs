namespace RobustVerify.Xunit;

/// <summary>An estimate of how robust the network is lies below what is asked. It proves nothing.</summary>
public sealed class LowScoreException(string message) : Exception(message);
