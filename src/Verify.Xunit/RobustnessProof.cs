using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Xunit;

/// <summary>Proves the properties of one test, compares them with its snapshot, and fails the test where it must.</summary>
[StackTraceHidden]
internal sealed class RobustnessProof(MethodInfo method, Type testClass, RobustWithinAttribute attribute, StringBuilder notes)
    : ModelTest(method, testClass, attribute)
{
    private readonly double? radius = attribute.Radius;

    /// <summary>The network's answer stays the same around a sample.</summary>
    public override void OfSample(string name, object[] arguments, CancellationToken cancellation)
    {
        var within = radius
            ?? throw new ArgumentException($"{Test} names no radius: write [RobustWithin(0.1)], or return properties from the method.");
        var model = Load();
        var around = Around(model, name, arguments, within);
        var specification = around with
        {
            Semantics = Settings.Semantics ?? Semantics.Real,
            Requirement = Settings.ChangesAtMost is { } amount ? new ChangesAtMost(amount) : new SameLabel(Predicted: around.Samples[0].Label is null),
        };
        Prove(model, specification, Within(within), cancellation);
    }

    /// <summary>The properties that the method returned hold.</summary>
    public override void OfMethod(object? returned, CancellationToken cancellation)
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
                throw new ArgumentException($"{Test} returned no properties.");
        }
    }

    private void Prove(DeployedModel model, Specification specification, string region, CancellationToken cancellation)
    {
        var report = new Verifier(model).Verify(specification, cancellation: cancellation);
        var samples = specification.Samples.ToDictionary(sample => sample.Name, sample => sample.Values.ToArray());
        Judge(model, report, [.. specification.Properties(model)], specification.FeatureNames, region, property => samples[property.Name]);
    }

    private void Prove(DeployedModel model, ImmutableArray<Property> properties, CancellationToken cancellation)
    {
        if (properties.IsEmpty) throw new ArgumentException($"{Test} has no properties to prove.");
        var report = new Verifier(model).Verify(Test, properties, Budget.Default, cancellation: cancellation);
        Judge(model, report, properties, [], "of its region", Middle);
    }

    private void Judge(
        DeployedModel model, Report report, ImmutableArray<Property> properties, ImmutableArray<string> features, string region,
        Func<Property, double[]> sample)
    {
        if (!report.Complete) throw new OperationCanceledException();
        var certificates = report.Certificates;
        var snapshot = Snapshot.For(Folder, Test);
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
        var file = CounterexampleFile.Write(Test, model, worst, counterexample);
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
}
