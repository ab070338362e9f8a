using RobustVerify.Core.Certificates;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Measuring;

/// <summary>Bounds the Lipschitz constant of a sample's region, or of one region, with the work that <see cref="LipschitzBudget"/> counts.</summary>
internal static class LipschitzMeasuring
{
    public static LipschitzMeasurement Take(DeployedModel model, LipschitzMeasure measure, Sample? sample, CancellationToken cancellation)
    {
        var network = measure.Scores ? model.Scores : model.Network;
        var inputs = network.Input.Size;
        var region = sample is null ? measure.Regions.Domain(inputs) : measure.Regions.Around(SampleRegions.Center(sample, inputs));
        var question = new LipschitzQuestion(network, measure.Norm, region).OfOutputs(measure.Outputs.AsSpan());
        var constant = LipschitzEstimation.Bound(question, measure.Exact ? LipschitzBudget.Exact : LipschitzBudget.Default, cancellation);
        var limit = Limit(measure, constant);
        return new LipschitzMeasurement
        {
            Measure = measure.Name,
            Sample = sample?.Name,
            Norm = measure.Norm,
            Outputs = measure.Outputs.IsEmpty ? null : measure.Outputs,
            Scores = measure.Scores,
            Lower = constant.Lower,
            Upper = double.IsFinite(constant.Upper) ? constant.Upper : null,
            Exact = constant.Status == LipschitzStatus.Exact,
            Method = constant.Method,
            AtMost = measure.AtMost,
            Limit = limit,
            Witness = limit == LimitStatus.Broken ? constant.Witness : null,
        };
    }

    private static LimitStatus? Limit(LipschitzMeasure measure, LipschitzConstant constant) =>
        measure.AtMost is not { } most ? null
        : constant.Lower > most ? LimitStatus.Broken
        : constant.Upper <= most ? LimitStatus.Kept
        : LimitStatus.Undecided;
}
