using MathNet.Numerics.LinearAlgebra;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>The least eigenvalue of an objective's second derivatives, by differences of gradients: below zero at a saddle.</summary>
internal static class LeastCurvature
{
    private const double Step = 1e-5;

    /// <summary>The least eigenvalue and its direction.</summary>
    public static (double Value, double[] Direction) Of(IObjective objective, ReadOnlySpan<double> point)
    {
        var moved = point.ToArray();
        var (above, below) = (new double[objective.Size], new double[objective.Size]);
        var second = Matrix<double>.Build.Dense(objective.Size, objective.Size);
        for (var k = 0; k < moved.Length; k++)
        {
            moved[k] = point[k] + Step;
            objective.Evaluate(moved, above);
            moved[k] = point[k] - Step;
            objective.Evaluate(moved, below);
            moved[k] = point[k];
            for (var i = 0; i < moved.Length; i++) second[i, k] = (above[i] - below[i]) / (2 * Step);
        }

        var eigen = ((second + second.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        var least = eigen.EigenValues.Select(value => value.Real).ToArray().AsSpan();
        var index = least.IndexOf(System.Numerics.Tensors.TensorPrimitives.Min<double>(least));
        return (least[index], eigen.EigenVectors.Column(index).ToArray());
    }
}
