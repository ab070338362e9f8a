using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>What the <see cref="ModelTestAttribute"/>s of a class or an assembly have in common.</summary>
/// <example><code>[assembly: RobustDefaults(Model = "digits.onnx", DomainLower = 0, DomainUpper = 16)]</code></example>
[AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Class)]
public sealed class RobustDefaultsAttribute : Attribute
{
    internal RobustSettings Settings { get; private set; } = RobustSettings.Open;

    /// <inheritdoc cref="ModelTestAttribute.Model"/>
    public string Model { get => Settings.Model ?? ""; set => Settings = Settings with { Model = value }; }

    /// <inheritdoc cref="ModelTestAttribute.Norm"/>
    public Norm Norm { get => Settings.Norm ?? Norm.Linf; set => Settings = Settings with { Norm = value }; }

    /// <inheritdoc cref="ModelTestAttribute.DomainLower"/>
    public double DomainLower { get => Settings.DomainLower ?? double.NegativeInfinity; set => Settings = Settings with { DomainLower = value }; }

    /// <inheritdoc cref="ModelTestAttribute.DomainUpper"/>
    public double DomainUpper { get => Settings.DomainUpper ?? double.PositiveInfinity; set => Settings = Settings with { DomainUpper = value }; }

    /// <inheritdoc cref="RobustWithinAttribute.ChangesAtMost"/>
    public double ChangesAtMost { get => Settings.ChangesAtMost ?? double.PositiveInfinity; set => Settings = Settings with { ChangesAtMost = value }; }

    /// <inheritdoc cref="RobustWithinAttribute.Semantics"/>
    public Semantics Semantics { get => Settings.Semantics ?? Semantics.Real; set => Settings = Settings with { Semantics = value }; }
}
