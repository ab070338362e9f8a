using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit.Sdk;

namespace RobustVerify.Xunit;

/// <summary>A test that passes where a Lipschitz constant of the network is proved to be small enough: how much more the outputs change than the inputs.</summary>
/// <remarks>
/// <para>
/// On a method without data it is the constant over all inputs from <see cref="ModelTestAttribute.DomainLower"/> to
/// <see cref="ModelTestAttribute.DomainUpper"/>, or over all inputs there are where neither is set. On a method with data ([CsvRows],
/// [MemberData], …) every row is a test, of the constant within <see cref="Radius"/> of the sample. <see cref="ModelTestAttribute.Norm"/> measures
/// inputs and outputs. The method's body runs first and may assert more.
/// </para>
/// <para>
/// Fails with <see cref="FalsifiedException"/> where an input is found near which the network is steeper, and with
/// <see cref="InconclusiveException"/> where the limit lies between what is proved and what is found.
/// </para>
/// </remarks>
/// <param name="limit">The largest constant that passes.</param>
/// <param name="sourceFile">Filled in by the compiler: files are looked for beside this one.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LipschitzAtMostAttribute(double limit, [CallerFilePath] string sourceFile = "") : ModelTestAttribute(sourceFile)
{
    /// <summary>The largest constant that passes.</summary>
    public double Limit { get; } = limit;

    /// <summary>How far from a sample inputs may lie, in the units of the network's inputs.</summary>
    public double Radius { get; set; } = double.NaN;

    internal override bool TakesSamples(MethodInfo method) => method.GetCustomAttributes<DataAttribute>().Any();

    internal override ModelTest TestOf(MethodInfo method, Type testClass, StringBuilder notes) => new LipschitzTest(method, testClass, this, notes);
}
