using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.Measuring;

/// <summary>All that a specification asks for: its properties are verified, then its measures taken.</summary>
public static class SpecificationRun
{
    /// <summary>Runs a specification of the verifier's model.</summary>
    /// <param name="verifier">What verifies the properties.</param>
    /// <param name="specification">The specification.</param>
    /// <param name="certificates">Told every certificate as it is reached.</param>
    /// <param name="measurements">Told every measurement as it is made.</param>
    /// <param name="cancellation">Ends the work; what was found out until then is returned as an incomplete report.</param>
    /// <exception cref="SpecificationException">The samples, a region or a measure do not fit the model.</exception>
    public static Report Run(
        Verifier verifier,
        Specification specification,
        IProgress<Certificate>? certificates = null,
        IProgress<Measurement>? measurements = null,
        CancellationToken cancellation = default)
    {
        var report = verifier.Verify(specification, certificates, cancellation);
        if (!report.Complete) return report;
        var made = ImmutableArray.CreateBuilder<Measurement>();
        foreach (var (measure, sample) in specification.Measures.SelectMany(Parts))
        {
            if (Take(verifier.Model, specification, measure, sample, cancellation) is not { } measurement)
                return report with { Measurements = made.ToImmutable(), Complete = false };
            made.Add(measurement);
            measurements?.Report(measurement);
        }

        return report with { Measurements = made.ToImmutable() };
    }

    /// <summary>How many measurements a specification asks for.</summary>
    public static int Count(Specification specification) => specification.Measures.SelectMany(Parts).Count();

    private static IEnumerable<(Measure Measure, Sample? Sample)> Parts(Measure measure) =>
        measure.Regions.Samples.IsEmpty ? [(measure, null)] : measure.Regions.Samples.Select(sample => (measure, (Sample?)sample));

    /// <summary>One measurement; null where the work was ended before it was made, so that what is kept does not depend on when that was.</summary>
    private static Measurement? Take(DeployedModel model, Specification specification, Measure measure, Sample? sample, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            Measurement measurement = measure switch
            {
                LipschitzMeasure lipschitz => LipschitzMeasuring.Take(model, lipschitz, sample, cancellation),
                SensitivityMeasure sensitivity => SensitivityMeasuring.Take(model, sensitivity, sample, cancellation),
                CleverMeasure clever => CleverMeasuring.Take(model, clever, sample!, cancellation),
                _ => throw new NotSupportedException($"Nothing takes the measure {measure.GetType().Name}."),
            };
            return cancellation.IsCancellationRequested ? null : measurement with { Engine = Verifier.Engine };
        }
        catch (ArgumentException exception)
        {
            throw specification.Refusal(sample is null ? measure.Name : $"{measure.Name}: {sample.Name}", exception);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
