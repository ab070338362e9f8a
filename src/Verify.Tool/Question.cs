using RobustVerify.Core.Certificates;
using RobustVerify.Core.Measuring;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.VnnLib;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool;

/// <summary>What a command line asks of a model.</summary>
internal abstract record Question
{
    /// <summary>The file of the model.</summary>
    public abstract string ModelPath { get; }

    /// <summary>How many properties there are, where it is known before the model is loaded.</summary>
    public abstract int? Count { get; }

    /// <summary>How many numbers are to be measured beside.</summary>
    public virtual int Measurements => 0;

    /// <summary>The verdict on every property, and what is to be measured beside.</summary>
    public abstract Report Verify(Verifier verifier, RunProgress progress, CancellationToken cancellation);

    /// <summary>The largest certified and the smallest attacked radius of every property, in multiples of the radius that was given.</summary>
    public abstract Report MeasureRadii(Verifier verifier, RunProgress progress, CancellationToken cancellation);
}

/// <summary>A property around each of some samples, and measures beside.</summary>
internal sealed record SampleQuestion(Specification Specification) : Question
{
    public override string ModelPath => Specification.ModelPath;

    public override int? Count => Specification.Samples.Length;

    public override int Measurements => SpecificationRun.Count(Specification);

    public override Report Verify(Verifier verifier, RunProgress progress, CancellationToken cancellation) =>
        SpecificationRun.Run(verifier, Specification, progress.Certificates, progress.Measurements, cancellation);

    public override Report MeasureRadii(Verifier verifier, RunProgress progress, CancellationToken cancellation) =>
        verifier.Verify(Specification with { MeasureRadius = true }, progress.Certificates, cancellation);
}

/// <summary>A VNN-LIB query.</summary>
internal sealed record QueryQuestion(string Model, string Query, Semantics Semantics) : Question
{
    public override string ModelPath => Model;

    public override int? Count => null;

    public override Report Verify(Verifier verifier, RunProgress progress, CancellationToken cancellation) =>
        verifier.Verify(Name, Read(verifier.Model), Budget.Default, progress.Certificates, cancellation);

    public override Report MeasureRadii(Verifier verifier, RunProgress progress, CancellationToken cancellation) =>
        verifier.MeasureRadii(
            Name, Read(verifier.Model).Select<Property, Func<double, Property>>(property => scale => Scaled(property, scale)), Budget.Default, progress.Certificates, cancellation);

    private string Name => Path.GetFileName(Query);

    private IEnumerable<Property> Read(DeployedModel model) =>
        VnnLibReader.Read(Query, model.Network.Input.Size, model.Network.Output.Size).Select(property => property with { Semantics = Semantics });

    /// <summary>The property over its box, stretched about the box's centre.</summary>
    private static Property Scaled(Property property, double scale)
    {
        var lower = property.Region.Lower;
        var upper = property.Region.Upper;
        var (center, radii) = (new double[lower.Length], new double[lower.Length]);
        for (var i = 0; i < lower.Length; i++)
        {
            center[i] = lower[i] + (upper[i] - lower[i]) / 2;
            radii[i] = scale * Math.Max(center[i] - lower[i], upper[i] - center[i]);
        }

        return property with { Region = InputRegion.Ball(center, radii, Norm.Linf) };
    }
}
