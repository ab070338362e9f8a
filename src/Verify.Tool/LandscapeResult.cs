using RobustVerify.Training.Landscape;

namespace RobustVerify.Tool;

/// <summary>A landscape as programs read it.</summary>
/// <param name="Minima">The minima, lowest first.</param>
/// <param name="Paths">The paths between some, by the numbers of minima.</param>
/// <param name="OutputCorrelation">The rank correlation of the objective with the sensitivity of outputs.</param>
/// <param name="MarginCorrelation">The same with that of margins, where every minimum has one.</param>
/// <param name="Complete">False where it was cancelled.</param>
internal sealed record LandscapeResult(
    IReadOnlyList<MinimumResult> Minima, IReadOnlyList<JoiningPath> Paths, CorrelationResult OutputCorrelation, CorrelationResult? MarginCorrelation, bool Complete)
{
    public static LandscapeResult Of(LandscapeStudy study, bool complete) => new(
        [.. study.Minima.Zip(study.Figures, (minimum, figures) => new MinimumResult(
            minimum.Value, minimum.Visits, figures.TaskLoss, figures.Accuracy, figures.Certified, Finite(figures.Sensitivity), Finite(figures.MarginSensitivity), [.. minimum.Parameters]))],
        study.Paths,
        CorrelationResult.Of(study.OutputCorrelation),
        study.MarginCorrelation is { } margins ? CorrelationResult.Of(margins) : null,
        complete);

    // JSON has neither infinity nor NaN.
    internal static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}

/// <summary>One minimum.</summary>
internal sealed record MinimumResult(
    double Objective, int Visits, double Loss, double? Accuracy, double? Certified, double? Sensitivity, double? MarginSensitivity, IReadOnlyList<double> Parameters);

/// <summary>One correlation; nulls where it has no meaning.</summary>
internal sealed record CorrelationResult(double? Coefficient, double? PValue)
{
    public static CorrelationResult Of(RankCorrelation correlation) => new(LandscapeResult.Finite(correlation.Coefficient), LandscapeResult.Finite(correlation.PValue));
}
