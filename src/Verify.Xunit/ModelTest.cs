using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>What a test asks of a model, of one sample or of none; it throws where the test fails.</summary>
[StackTraceHidden]
internal abstract class ModelTest(MethodInfo method, Type testClass, ModelTestAttribute attribute)
{
    /// <summary>The name of the test, for messages.</summary>
    protected string Test { get; } = $"{testClass.Name}.{method.Name}";

    /// <summary>The test's own settings, then those of its class and its assembly.</summary>
    protected RobustSettings Settings { get; } = RobustSettings.Of(method, testClass);

    /// <summary>The assembly of the test.</summary>
    protected Assembly Assembly { get; } = testClass.Assembly;

    /// <summary>The folder of the test's source file.</summary>
    protected string Folder => TestFiles.FolderOf(attribute.SourceFile, Assembly);

    /// <summary>The norm that is asked for.</summary>
    protected Norm Norm => Settings.Norm ?? Norm.Linf;

    /// <summary>Of a row of the method's data.</summary>
    public abstract void OfSample(string name, object[] arguments, CancellationToken cancellation);

    /// <summary>Of a method that needs no data.</summary>
    /// <param name="returned">What the method returned.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public virtual void OfMethod(object? returned, CancellationToken cancellation) => throw new ArgumentException($"{Test} has no samples.");

    /// <summary>The model that the test names.</summary>
    protected DeployedModel Load() => LoadedModels.Load(TestFiles.Find(
        Settings.Model ?? throw new ArgumentException(
            $"{Test} names no model: set Model in [{attribute.GetType().Name.Replace(nameof(Attribute), "", StringComparison.Ordinal)}], or in [RobustDefaults] on the class or the assembly."),
        attribute.SourceFile, Assembly));

    /// <summary>The inputs within a radius of the sample that a row of data gives, with its label where it has one.</summary>
    protected Specification Around(DeployedModel model, string name, object[] arguments, double radius)
    {
        var sample = arguments[0] switch
        {
            double[] values => values,
            float[] values => [.. values.Select(value => (double)value)],
            var other => throw new ArgumentException(
                $"The first argument of {Test} is the sample, a double[] or float[]; {name} gives {other?.GetType().Name ?? "null"}."),
        };
        var label = arguments.Length > 1 && arguments[1] is sbyte or byte or short or ushort or int or long ? Convert.ToDouble(arguments[1]) : (double?)null;
        return new Specification
        {
            Name = Test,
            ModelPath = model.Path,
            Samples = [new Sample(name, [.. sample], label)],
            FeatureNames = method.GetCustomAttributes<CsvRowsAttribute>().FirstOrDefault()?.Read(Assembly).FeatureNames ?? [],
            Radius = radius,
            Norm = Norm,
            DomainLower = Settings.DomainLower is { } lower ? new FeatureValues(lower) : null,
            DomainUpper = Settings.DomainUpper is { } upper ? new FeatureValues(upper) : null,
        };
    }

    /// <summary>Where the inputs around a sample lie, in words.</summary>
    protected string Within(double radius) => string.Create(CultureInfo.InvariantCulture, $"within {radius} of it ({Spelled(Norm)})");

    /// <summary>A norm in words.</summary>
    protected static string Spelled(Norm norm) => norm switch { Norm.L1 => "l1", Norm.L2 => "l2", _ => "l∞" };
}
