using System.Globalization;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Measuring;

/// <summary>Estimates the CLEVER score of a sample. Its limit is broken only where the whole interval lies below it: an estimate is noise, too.</summary>
internal static class CleverMeasuring
{
    public static CleverMeasurement Take(DeployedModel model, CleverMeasure measure, Sample sample, CancellationToken cancellation)
    {
        var network = model.Scores;
        var question = new CleverQuestion
        {
            Norm = measure.Regions.Norm,
            Radius = measure.Regions.Radius.Uniform ?? throw new ArgumentException("a CLEVER score needs one radius for all features"),
            Order = measure.Order,
            Label = sample.Class,
            Targets = measure.Targets,
            Target = measure.Target,
            Domain = measure.Regions.Domain(network.Input.Size),
            Batches = measure.Batches,
            Samples = measure.BatchSize ?? CleverQuestion.UsualSamples(measure.Order),
            Seed = measure.Seed,
        };
        var score = CleverEstimator.Estimate(network, SampleRegions.Center(sample, network.Input.Size), question, cancellation).Score;
        return new CleverMeasurement
        {
            Measure = measure.Name,
            Sample = sample.Name,
            Norm = question.Norm,
            Radius = question.Radius,
            Order = question.Order,
            Target = TargetOf(measure),
            Batches = question.Batches,
            BatchSize = question.Samples,
            Seed = question.Seed,
            Score = score.Value,
            Lower = score.Lower,
            Upper = score.Upper,
            AtLeast = measure.AtLeast,
            Limit = measure.AtLeast is not { } least ? null
                : score.Upper < least ? LimitStatus.Broken
                : score.Lower >= least ? LimitStatus.Kept
                : LimitStatus.Undecided,
        };
    }

    private static string TargetOf(CleverMeasure measure) => measure.Target?.ToString(CultureInfo.InvariantCulture) ?? measure.Targets switch
    {
        CleverTargets.RunnerUp => "runner-up",
        CleverTargets.LeastLikely => "least-likely",
        _ => "untargeted",
    };
}
