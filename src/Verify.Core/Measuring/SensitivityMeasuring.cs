using RobustVerify.Core.Certificates;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Measuring;

/// <summary>Measures how far outputs spread over a sample's region, or over one region.</summary>
internal static class SensitivityMeasuring
{
    public static SensitivityMeasurement Take(DeployedModel model, SensitivityMeasure measure, Sample? sample, CancellationToken cancellation)
    {
        if (model.Model.EndsInArgMax && !measure.Scores) throw new ArgumentException("the model answers with a label (ArgMax), which has no width; ask for the scores before it");
        var network = measure.Scores ? model.Scores : model.Network;
        var center = sample is null ? [] : SampleRegions.Center(sample, network.Input.Size);
        var region = (sample is null ? measure.Regions.Domain(network.Input.Size) : measure.Regions.Around(center))
            ?? throw new ArgumentException("the outputs over all inputs there are have no bound; give a radius or a domain");
        var outputs = new ReachableOutputs(network, region, measure.Outputs, cancellation);
        var (lower, upper, volume) = OfMargins(measure.Quantity)
            ? Margins(measure, outputs, center, sample?.Class)
            : Widths(measure, Sensitivity.Of(outputs, measure.Set));
        return new SensitivityMeasurement
        {
            Measure = measure.Name,
            Sample = sample?.Name,
            Of = measure.Quantity,
            Set = measure.Set,
            Outputs = measure.Outputs.IsEmpty ? null : measure.Outputs,
            Scores = measure.Scores,
            Lower = lower,
            Upper = upper,
            LogVolume = double.IsFinite(volume) ? volume : null,
            AtMost = measure.AtMost,
            Limit = measure.AtMost is not { } most ? null
                : upper is null || lower > most ? LimitStatus.Broken
                : upper <= most ? LimitStatus.Kept
                : LimitStatus.Undecided,
        };
    }

    private static bool OfMargins(SensitivityQuantity quantity) => quantity is SensitivityQuantity.MarginWidth or SensitivityQuantity.MeanMarginWidth;

    private static (double Lower, double? Upper, double LogVolume) Widths(SensitivityMeasure measure, Sensitivity sensitivity) => measure.Quantity == SensitivityQuantity.Width
        ? (sensitivity.ReachedWidths.Max(), sensitivity.Width, sensitivity.Set.LogVolume)
        : (sensitivity.ReachedMeanWidth, sensitivity.MeanWidth, sensitivity.Set.LogVolume);

    private static (double Lower, double? Upper, double LogVolume) Margins(SensitivityMeasure measure, ReachableOutputs outputs, float[] center, int? label)
    {
        if (center.Length == 0) throw new ArgumentException("margins are those of a sample; give the region a radius");
        if (outputs.Network.Output.Size == 1 || !measure.Outputs.IsEmpty) throw new ArgumentException("margins are those between all outputs, of which there must be two or more");
        var sensitivity = Sensitivity.Of(outputs, measure.Set, center, label);
        var margins = sensitivity.Margins!;
        return measure.Quantity == SensitivityQuantity.MarginWidth
            ? (margins.ReachedWidths.DefaultIfEmpty(0).Max(), margins.Width, sensitivity.Set.LogVolume)
            : (margins.ReachedMeanWidth ?? 0, margins.MeanWidth, sensitivity.Set.LogVolume);
    }
}
