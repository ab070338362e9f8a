using System.Collections.Concurrent;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Xunit;

/// <summary>The models of a test run, each loaded once: the rows of a test share one.</summary>
internal static class LoadedModels
{
    private static readonly ConcurrentDictionary<string, Lazy<DeployedModel>> Models = new();

    public static DeployedModel Load(string path) =>
        Models.GetOrAdd(path, key => new Lazy<DeployedModel>(() => DeployedModel.Load(key))).Value;
}
