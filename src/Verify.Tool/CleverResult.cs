using System.Collections.Immutable;
using System.Globalization;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary>An estimate and its interval.</summary>
internal interface IInterval
{
    double Score { get; }

    double Lower { get; }

    double Upper { get; }
}

/// <summary>A score with its interval.</summary>
internal sealed record CleverInterval(double Score, double Lower, double Upper) : IInterval
{
    public static CleverInterval Of(Estimated estimate) => new(CleverResult.Rounded(estimate.Value), CleverResult.Rounded(estimate.Lower), CleverResult.Rounded(estimate.Upper));
}

/// <summary>The score of one target.</summary>
/// <param name="Target">The class.</param>
/// <param name="Margin">By how much the sample's own class exceeds it.</param>
/// <param name="Score">The estimated distance.</param>
/// <param name="Lower">The lower end of its interval.</param>
/// <param name="Upper">The upper end.</param>
/// <param name="MaximumScore">The same by the largest sample alone.</param>
/// <param name="Basis">What the estimate rests on.</param>
/// <param name="Shape">The shape of the law that was fitted.</param>
/// <param name="PValue">How well it fits.</param>
/// <param name="Constant">The estimate of the largest gradient or curvature; null where it is not finite.</param>
internal sealed record CleverTargetResult(
    int Target, double Margin, double Score, double Lower, double Upper, double MaximumScore, EndPointBasis Basis, double? Shape, double? PValue, double? Constant) : IInterval
{
    public static CleverTargetResult Of(CleverScore score) => new(
        score.Target,
        CleverResult.Rounded(score.Margin),
        CleverResult.Rounded(score.Score.Value),
        CleverResult.Rounded(score.Score.Lower),
        CleverResult.Rounded(score.Score.Upper),
        CleverResult.Rounded(score.MaximumScore),
        score.Constant.Basis,
        score.Constant.Law is { } law ? CleverResult.Rounded(law.Shape) : null,
        score.Constant.PValue is { } p ? CleverResult.Rounded(p) : null,
        double.IsFinite(score.Constant.Estimate.Value) ? CleverResult.Rounded(score.Constant.Estimate.Value) : null);
}

/// <summary>What <c>clever</c> says of one sample. All numbers are estimates, rounded to six significant digits.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Label">Its class.</param>
/// <param name="Norm">How distances are measured.</param>
/// <param name="Radius">The radius of the ball.</param>
/// <param name="Order">1 or 2.</param>
/// <param name="Batches">How many batches.</param>
/// <param name="Samples">Samples of a batch.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Score">The least score of the targets.</param>
/// <param name="Lower">The lower end of its interval.</param>
/// <param name="Upper">The upper end.</param>
/// <param name="PValue">How well the law behind the least score fits, where there is one.</param>
/// <param name="Targets">The scores of the targets.</param>
/// <param name="Transformations">What was evaluated and not differentiated.</param>
/// <param name="WithoutTransformation">The score of the network without these.</param>
internal sealed record CleverResult(
    string Sample, int Label, Norm Norm, double Radius, int Order, int Batches, int Samples, ulong Seed, double Score, double Lower, double Upper, double? PValue,
    ImmutableArray<CleverTargetResult> Targets, ImmutableArray<string> Transformations, CleverInterval? WithoutTransformation) : IInterval
{
    public static CleverResult Of(string sample, CleverQuestion question, CleverReport report)
    {
        var (score, nearest) = (CleverInterval.Of(report.Score), CleverTargetResult.Of(report.Nearest));
        return new CleverResult(
            sample, report.Label, question.Norm, question.Radius, question.Order, question.Batches, question.Samples, question.Seed,
            score.Score, score.Lower, score.Upper, nearest.PValue,
            [.. report.Scores.Select(CleverTargetResult.Of)], report.Transformations,
            report.ScoreWithoutTransformation is { } without ? CleverInterval.Of(without) : null);
    }

    /// <summary>An estimate has no sound side: it is rounded to the nearest.</summary>
    internal static double Rounded(double value) => double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
