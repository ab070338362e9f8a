using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Xunit;

/// <summary>Proves the properties of one test, compares them with its snapshot, and fails the test where it must.</summary>
[StackTraceHidden]
internal sealed class RobustnessProof
{
    private readonly MethodInfo method;
    private readonly RobustWithinAttribute attribute;
    private readonly RobustSettings settings;
    private readonly Assembly assembly;
    private readonly StringBuilder notes;
    private readonly string test;

    public RobustnessProof(MethodInfo method, Type testClass, StringBuilder notes)
    {
        (this.method, this.notes) = (method, notes);
        attribute = method.GetCustomAttribute<RobustWithinAttribute>()!;
        settings = RobustSettings.Of(method, testClass);
        assembly = testClass.Assembly;
        test = $"{testClass.Name}.{method.Name}";
    }

    /// <summary>The network's answer stays the same around a sample.</summary>
    public void OfSample(string name, object[] arguments, CancellationToken cancellation)
    {
        var radius = attribute.Radius
            ?? throw new ArgumentException($"{test} names no radius: write [RobustWithin(0.1)], or return properties from the method.");
        var model = Load();
        var sample = arguments[0] switch
        {
            double[] values => values,
            float[] values => [.. values.Select(value => (double)value)],
            var other => throw new ArgumentException(
                $"The first argument of {test} is the sample, a double[] or float[]; {name} gives {other?.GetType().Name ?? "null"}."),
        };
        var label = arguments.Length > 1 && arguments[1] is sbyte or byte or short or ushort or int or long ? Convert.ToDouble(arguments[1]) : (double?)null;
        var specification = new Specification
        {
            Name = test,
            ModelPath = model.Path,
            Samples = [new Sample(name, [.. sample], label)],
            FeatureNames = method.GetCustomAttributes<CsvRowsAttribute>().FirstOrDefault()?.Read(assembly).FeatureNames ?? [],
            Radius = radius,
            Norm = settings.Norm ?? Norm.Linf,
            Semantics = settings.Semantics ?? Semantics.Real,
            DomainLower = settings.DomainLower is { } lower ? new FeatureValues(lower) : null,
            DomainUpper = settings.DomainUpper is { } upper ? new FeatureValues(upper) : null,
            Requirement = settings.ChangesAtMost is { } amount ? new ChangesAtMost(amount) : new SameLabel(Predicted: label is null),
        };
        Prove(model, specification, string.Create(CultureInfo.InvariantCulture, $"within {radius} of it ({Spelled(specification.Norm)})"), cancellation);
    }

    /// <summary>The properties that the method returned hold.</summary>
    public void OfProperties(object? returned, CancellationToken cancellation)
    {
        switch (returned)
        {
            case Specification specification:
                Prove(LoadedModels.Load(specification.ModelPath), specification, "within its radius", cancellation);
                break;
            case IEnumerable<Property> properties:
                Prove(Load(), [.. properties], cancellation);
                break;
            default:
                throw new ArgumentException($"{test} returned no properties.");
        }
    }

    private DeployedModel Load() => LoadedModels.Load(TestFiles.Find(
        settings.Model ?? throw new ArgumentException(
            $"{test} names no model: set Model in [RobustWithin], or in [RobustDefaults] on the class or the assembly."),
        attribute.SourceFile, assembly));

    private void Prove(DeployedModel model, Specification specification, string region, CancellationToken cancellation)
    {
        var report = new Verifier(model).Verify(specification, cancellation: cancellation);
        var samples = specification.Samples.ToDictionary(sample => sample.Name, sample => sample.Values.ToArray());
        Judge(model, report, [.. specification.Properties(model)], specification.FeatureNames, region, property => samples[property.Name]);
    }

    private void Prove(DeployedModel model, ImmutableArray<Property> properties, CancellationToken cancellation)
    {
        if (properties.IsEmpty) throw new ArgumentException($"{test} has no properties to prove.");
        var report = new Verifier(model).Verify(test, properties, Budget.Default, cancellation: cancellation);
        Judge(model, report, properties, [], "of its region", Middle);
    }

    private void Judge(
        DeployedModel model, Report report, ImmutableArray<Property> properties, ImmutableArray<string> features, string region,
        Func<Property, double[]> sample)
    {
        if (!report.Complete) throw new OperationCanceledException();
        var certificates = report.Certificates;
        var snapshot = Snapshot.For(TestFiles.FolderOf(attribute.SourceFile, assembly), test);
        var comparison = snapshot.Compare(model, certificates);

        var problems = properties.Zip(certificates)
            .Where(pair => pair.Second.Verdict != Verdict.Verified)
            .OrderBy(pair => pair.Second.Verdict).ToList();
        if (problems.Count == 0)
        {
            notes.Append(comparison.Note);
            if (comparison.Failure is { } failure) throw new RegressionException(failure);
            return;
        }

        // One counterexample says more than ten: the others are named.
        var (worst, certificate) = problems[0];
        var others = problems.Count == 1 ? "" :
            $"\n\nAlso not verified: {string.Join(", ", problems.Skip(1).Select(pair => $"{pair.First.Name} ({pair.Second.Verdict})"))}.";
        var before = comparison.Before is { } place ? $"\n\nThe model was better before: {place}" : "";
        if (certificate.Counterexample is not { } counterexample)
            throw new InconclusiveException(FailureMessage.Inconclusive(worst, region, certificate) + others + before);
        var file = CounterexampleFile.Write(test, model, worst, counterexample);
        throw new FalsifiedException(
            FailureMessage.Falsified(model, worst, region, sample(worst), features, counterexample, file) + others + before);
    }

    // What a region that is no ball around a sample has instead of one.
    private static double[] Middle(Property property)
    {
        var region = property.Region;
        if (!region.IsBox) return region.Center.ToArray();
        var middle = new double[region.Size];
        for (var i = 0; i < middle.Length; i++) middle[i] = 0.5 * region.Lower[i] + 0.5 * region.Upper[i];
        return middle;
    }

    private static string Spelled(Norm norm) => norm switch { Norm.L1 => "l1", Norm.L2 => "l2", _ => "l∞" };
}
