namespace RobustVerify.Core.Baselines;

/// <summary>Whether this process runs on a build server, where nobody looks on and nothing is written beside the sources.</summary>
public static class BuildServer
{
    /// <summary>True where the environment says so: <c>CI</c>, or <c>TF_BUILD</c> on Azure Pipelines, is set and not <c>false</c>.</summary>
    public static bool Detected => IsSet("CI") || IsSet("TF_BUILD");

    private static bool IsSet(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        && !value.Equals("false", StringComparison.OrdinalIgnoreCase) && value != "0";
}
