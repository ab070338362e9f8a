using System.Collections.Immutable;

namespace RobustVerify.Core.Clever;

/// <summary>How far an input seems to be from one other class.</summary>
/// <param name="Target">The class.</param>
/// <param name="Margin">By how much the output of the input's own class exceeds the target's.</param>
/// <param name="Score">The estimated distance, at most the radius of the ball.</param>
/// <param name="MaximumScore">
/// The same with the largest sample in place of the estimated end point: never smaller than <see cref="Score"/>, and, where no
/// domain and no transformation interferes, never smaller than what the true Lipschitz constant of the ball would certify.
/// </param>
/// <param name="Constant">
/// The estimate behind it: the largest norm of the margin's gradient in the ball, or, of second order, its largest curvature.
/// </param>
/// <param name="Slope">Of second order, the norm of the margin's gradient at the input.</param>
public sealed record CleverScore(int Target, double Margin, Estimated Score, double MaximumScore, EndPoint Constant, double? Slope = null);

/// <summary>The CLEVER scores of one input.</summary>
/// <remarks>All numbers are estimates. They certify nothing: a largest value that is sampled is too small, and the score too large.</remarks>
public sealed record CleverReport
{
    /// <summary>The class of the input.</summary>
    public required int Label { get; init; }

    /// <summary>The scores, one for every target.</summary>
    public required ImmutableArray<CleverScore> Scores { get; init; }

    /// <summary>The names of what was evaluated but not differentiated.</summary>
    public ImmutableArray<string> Transformations { get; init; } = [];

    /// <summary>Where there is such a transformation, the scores of the network without it; otherwise empty.</summary>
    public ImmutableArray<CleverScore> WithoutTransformation { get; init; } = [];

    /// <summary>The least score, with the least ends of all intervals.</summary>
    public Estimated Score => Least(Scores);

    /// <summary>The target of the least score.</summary>
    public CleverScore Nearest => Scores.MinBy(score => score.Score.Value)!;

    /// <summary>The least score without the transformations, where there are some.</summary>
    public Estimated? ScoreWithoutTransformation => WithoutTransformation.IsEmpty ? null : Least(WithoutTransformation);

    private static Estimated Least(ImmutableArray<CleverScore> scores) =>
        new(scores.Min(score => score.Score.Value), scores.Min(score => score.Score.Lower), scores.Min(score => score.Score.Upper));
}
