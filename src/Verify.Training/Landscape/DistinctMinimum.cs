using System.Collections.Immutable;

namespace RobustVerify.Training.Landscape;

/// <summary>A local minimum of a training objective.</summary>
/// <param name="Parameters">Where it is.</param>
/// <param name="Value">The objective there.</param>
/// <param name="GradientNorm">The l2 norm of the gradient there, small but not zero.</param>
/// <param name="Curvature">The least eigenvalue of the objective's second derivatives there.</param>
/// <param name="Visits">How often the search came to it, or to one that differs by a symmetry only.</param>
public sealed record DistinctMinimum(ImmutableArray<double> Parameters, double Value, double GradientNorm, double Curvature, int Visits)
{
    /// <summary>By how much the value may exceed that of the minimum itself: what a parabola of this curvature has below this gradient.</summary>
    internal double Slack => GradientNorm * GradientNorm / (2 * Math.Abs(Curvature));
}
