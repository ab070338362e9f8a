using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>A test that passes where the network is proved robust around every sample.</summary>
/// <remarks>
/// <para>
/// On a method with data ([InlineData], [MemberData], [CsvRows], …) every row is a test. The first argument is the sample, a
/// double[] or float[]; the second, where it is an integer, is its label, and without one the label is what the network
/// answers at the sample. The method's body runs first and may assert more of the sample; it may be empty.
/// </para>
/// <para>
/// A method that returns <see cref="Property"/>s, or a <see cref="Specification"/>, is one test of all of them; the radius
/// is then theirs.
/// </para>
/// <para>
/// Fails with <see cref="FalsifiedException"/> where an input within the radius changes the answer, with
/// <see cref="InconclusiveException"/> where neither a proof nor such an input was found, and with
/// <see cref="RegressionException"/> where the proof is weaker than the committed <c>*.robust.verified.json</c> says.
/// </para>
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RobustWithinAttribute : ModelTestAttribute
{
    /// <summary>Asks that the answer stays the same within a radius of every sample.</summary>
    /// <param name="radius">The radius, in the units of the network's inputs.</param>
    /// <param name="sourceFile">Filled in by the compiler: snapshots lie beside this file.</param>
    public RobustWithinAttribute(double radius, [CallerFilePath] string sourceFile = "")
        : this(sourceFile) => Radius = radius;

    /// <summary>Asks what the properties that the method returns ask.</summary>
    /// <param name="sourceFile">Filled in by the compiler: snapshots lie beside this file.</param>
    public RobustWithinAttribute([CallerFilePath] string sourceFile = "")
        : base(sourceFile)
    {
    }

    /// <summary>The radius, in the units of the network's inputs; absent where the method returns properties.</summary>
    public double? Radius { get; }

    /// <summary>For regression: how far an output may move from its value at the sample. Where it is set, labels play no part.</summary>
    public double ChangesAtMost { get => Settings.ChangesAtMost ?? double.PositiveInfinity; set => Settings = Settings with { ChangesAtMost = value }; }

    /// <summary>
    /// Which arithmetic the proof is to speak of; real unless set. Where the method returns properties or a specification,
    /// theirs counts.
    /// </summary>
    public Semantics Semantics { get => Settings.Semantics ?? Semantics.Real; set => Settings = Settings with { Semantics = value }; }

    internal override bool TakesSamples(MethodInfo method) =>
        !typeof(IEnumerable<Property>).IsAssignableFrom(method.ReturnType) && !typeof(Specification).IsAssignableFrom(method.ReturnType);

    internal override ModelTest TestOf(MethodInfo method, Type testClass, StringBuilder notes) => new RobustnessProof(method, testClass, this, notes);
}
