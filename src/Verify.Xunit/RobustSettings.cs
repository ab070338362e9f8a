using System.Reflection;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>What a test asks, as far as one attribute says it; what it leaves open, a wider one may say.</summary>
internal sealed record RobustSettings(
    string? Model, Norm? Norm, double? DomainLower, double? DomainUpper, double? ChangesAtMost, Semantics? Semantics)
{
    /// <summary>Where nothing is said.</summary>
    public static RobustSettings Open { get; } = new(null, null, null, null, null, null);

    /// <summary>The settings of a test: its own, then its class's, then its assembly's.</summary>
    public static RobustSettings Of(MethodInfo method, Type testClass)
    {
        var settings = method.GetCustomAttribute<ModelTestAttribute>()!.Settings;
        if (testClass.GetCustomAttribute<RobustDefaultsAttribute>() is { } ofClass) settings = settings.Or(ofClass.Settings);
        if (testClass.Assembly.GetCustomAttribute<RobustDefaultsAttribute>() is { } ofAssembly) settings = settings.Or(ofAssembly.Settings);
        return settings;
    }

    private RobustSettings Or(RobustSettings wider) => new(
        Model ?? wider.Model,
        Norm ?? wider.Norm,
        DomainLower ?? wider.DomainLower,
        DomainUpper ?? wider.DomainUpper,
        ChangesAtMost ?? wider.ChangesAtMost,
        Semantics ?? wider.Semantics);
}
