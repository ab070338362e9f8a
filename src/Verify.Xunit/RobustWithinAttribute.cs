using System.Runtime.CompilerServices;
using RobustVerify.Core.Specifications;
using Xunit;
using Xunit.Sdk;

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
/// Every test has the trait <c>Category=Robustness</c>.
/// </para>
/// </remarks>
[XunitTestCaseDiscoverer("RobustVerify.Xunit.RobustTestDiscoverer", "RobustVerify.Xunit")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class RobustWithinAttribute : FactAttribute
{
    /// <summary>Asks that the answer stays the same within a radius of every sample.</summary>
    /// <param name="radius">The radius, in the units of the network's inputs.</param>
    /// <param name="sourceFile">Filled in by the compiler: snapshots lie beside this file.</param>
    public RobustWithinAttribute(double radius, [CallerFilePath] string sourceFile = "")
        : this(sourceFile) => Radius = radius;

    /// <summary>Asks what the properties that the method returns ask.</summary>
    /// <param name="sourceFile">Filled in by the compiler: snapshots lie beside this file.</param>
    public RobustWithinAttribute([CallerFilePath] string sourceFile = "") => SourceFile = sourceFile;

    /// <summary>The radius, in the units of the network's inputs; absent where the method returns properties.</summary>
    public double? Radius { get; }

    /// <summary>The file that the test is written in.</summary>
    public string SourceFile { get; }

    internal RobustSettings Settings { get; private set; } = RobustSettings.Open;

    /// <summary>The ONNX file: in the test's output folder, beside its source file, or in its project's folder.</summary>
    public string Model { get => Settings.Model ?? ""; set => Settings = Settings with { Model = value }; }

    /// <summary>The norm that measures the distance from the sample; l∞ unless set.</summary>
    public Norm Norm { get => Settings.Norm ?? Norm.Linf; set => Settings = Settings with { Norm = value }; }

    /// <summary>The smallest value that an input can have at all.</summary>
    public double DomainLower { get => Settings.DomainLower ?? double.NegativeInfinity; set => Settings = Settings with { DomainLower = value }; }

    /// <summary>The largest value that an input can have at all.</summary>
    public double DomainUpper { get => Settings.DomainUpper ?? double.PositiveInfinity; set => Settings = Settings with { DomainUpper = value }; }

    /// <summary>For regression: how far an output may move from its value at the sample. Where it is set, labels play no part.</summary>
    public double ChangesAtMost { get => Settings.ChangesAtMost ?? double.PositiveInfinity; set => Settings = Settings with { ChangesAtMost = value }; }

    /// <summary>
    /// Which arithmetic the proof is to speak of; real unless set. Where the method returns properties or a specification,
    /// theirs counts.
    /// </summary>
    public Semantics Semantics { get => Settings.Semantics ?? Semantics.Real; set => Settings = Settings with { Semantics = value }; }
}
