namespace RobustVerify.Training.Landscape;

/// <summary>How high the objective rises on a path between two minima.</summary>
/// <param name="From">The number of one minimum.</param>
/// <param name="To">The number of the other.</param>
/// <param name="Height">
/// The largest value of the objective at the points of the path that were evaluated. The lowest barrier is not above it, but for what
/// lies between these points; it may be lower, for the path is a local optimum among paths.
/// </param>
public sealed record JoiningPath(int From, int To, double Height);
