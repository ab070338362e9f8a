using System.Reflection;
using System.Text;
using RobustVerify.Core.Specifications;
using Xunit;
using Xunit.Sdk;

namespace RobustVerify.Xunit;

/// <summary>A test of a model: what all of them say about the model and its inputs.</summary>
/// <remarks>Every such test has the trait <c>Category=Robustness</c>.</remarks>
[XunitTestCaseDiscoverer("RobustVerify.Xunit.RobustTestDiscoverer", "RobustVerify.Xunit")]
[AttributeUsage(AttributeTargets.Method)]
public abstract class ModelTestAttribute : FactAttribute
{
    private protected ModelTestAttribute(string sourceFile) => SourceFile = sourceFile;

    /// <summary>The file that the test is written in.</summary>
    public string SourceFile { get; }

    /// <summary>The ONNX file: in the test's output folder, beside its source file, or in its project's folder.</summary>
    public string Model { get => Settings.Model ?? ""; set => Settings = Settings with { Model = value }; }

    /// <summary>The norm that measures the distance from the sample; l∞ unless set.</summary>
    public Norm Norm { get => Settings.Norm ?? Norm.Linf; set => Settings = Settings with { Norm = value }; }

    /// <summary>The smallest value that an input can have at all.</summary>
    public double DomainLower { get => Settings.DomainLower ?? double.NegativeInfinity; set => Settings = Settings with { DomainLower = value }; }

    /// <summary>The largest value that an input can have at all.</summary>
    public double DomainUpper { get => Settings.DomainUpper ?? double.PositiveInfinity; set => Settings = Settings with { DomainUpper = value }; }

    internal RobustSettings Settings { get; private protected set; } = RobustSettings.Open;

    /// <summary>Whether every row of the method's data is a test, or the method is one.</summary>
    internal abstract bool TakesSamples(MethodInfo method);

    /// <summary>The test on a method of a class; it appends to the notes what its output should say.</summary>
    internal abstract ModelTest TestOf(MethodInfo method, Type testClass, StringBuilder notes);
}
