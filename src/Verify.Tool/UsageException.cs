namespace RobustVerify.Tool;

/// <summary>Arguments that are well formed but do not go together.</summary>
internal sealed class UsageException(string message) : Exception(message);
