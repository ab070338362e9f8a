using RobustVerify.Core.Attacks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>Draws inputs that searches start from: at random, then moved along the gradient.</summary>
/// <remarks>
/// Uniform where the region has no further constraints or where a few attempts meet them. Otherwise mixtures of vertices that random
/// objectives have. Each is independent of the others, so that shares of them estimate probabilities.
/// </remarks>
internal sealed class StartingPoints(Problem problem, RandomStream random)
{
    private const int Attempts = 100;
    private const int Vertices = 3;

    private ProjectedGradient? attack;

    /// <summary>So many inputs of the region, fewer where none are found that keep the constraints.</summary>
    public double[][] Draw(int count)
    {
        var (points, input) = (new List<double[]>(), new float[problem.Region.Size]);
        for (var i = 0; i < count; i++)
        {
            double[]? found = null;
            for (var attempt = 0; attempt < Attempts && found is null; attempt++)
            {
                UniformSampling.Draw(problem.Region, random, input);
                found = Array.ConvertAll(input, value => (double)value);
                if (!problem.Contains(found)) found = null;
            }

            found ??= Mixture();
            if (problem.Contains(found)) points.Add(found);
        }

        return [.. points];
    }

    /// <summary>Moves inputs to where the largest of some functions is less, as far as the constraints allow.</summary>
    public double[][] Descend(double[][] points, Conjunction goal, int steps, CancellationToken cancellation)
    {
        if (steps == 0 || points.Length == 0) return points;
        attack ??= new ProjectedGradient(problem.Network);
        var (size, moved) = (problem.Region.Size, Array.ConvertAll(points.SelectMany(point => point).ToArray(), value => (float)value));
        attack.Descend(problem.Region, goal, moved, steps, cancellation);
        return [.. points.Select((start, row) =>
        {
            var end = problem.Pulled(Array.ConvertAll(moved[(row * size)..((row + 1) * size)], value => (double)value), start);
            return PieceSearch.At(problem, goal, end).Value < PieceSearch.At(problem, goal, start).Value ? end : start;
        })];
    }

    private double[] Mixture()
    {
        var (point, total) = (new double[problem.Region.Size], 0.0);
        for (var v = 0; v < Vertices; v++)
        {
            var builder = new LinearProgramBuilder();
            for (var j = 0; j < point.Length; j++) builder.Variable(problem.Region.Lower[j], problem.Region.Upper[j], 2 * random.NextDouble() - 1);
            foreach (var (coefficients, bound) in problem.Constraints) builder.AtMost([.. coefficients.Select((c, j) => new Term(j, c))], bound);
            var solution = new DualSimplex(builder.Build()).Solve();
            if (solution.Status != SolutionStatus.Optimal) return [.. Enumerable.Repeat(double.NaN, point.Length)];
            var weight = random.NextExponential();
            total += weight;
            for (var j = 0; j < point.Length; j++) point[j] += weight * solution.Values[j];
        }

        for (var j = 0; j < point.Length; j++) point[j] = Math.Clamp(point[j] / total, problem.Region.Lower[j], problem.Region.Upper[j]);
        return point;
    }
}
