namespace RobustVerify.Training.Minimization;

/// <summary>Where a minimisation ended.</summary>
/// <param name="Parameters">The point of the least value met.</param>
/// <param name="Value">The value there.</param>
/// <param name="GradientNorm">The l2 norm of the gradient there.</param>
/// <param name="Evaluations">How often the objective was evaluated.</param>
public sealed record Minimum(double[] Parameters, double Value, double GradientNorm, int Evaluations);
