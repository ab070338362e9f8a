using System.Numerics.Tensors;

namespace RobustVerify.Training.Objectives;

/// <summary>How far one example's outputs are from its target, and the derivatives, which are written to the last arguments.</summary>
internal static class TaskTerms
{
    /// <summary>ln Σⱼ exp(zⱼ) − z of the label. The derivative may take the place of the scores.</summary>
    public static double CrossEntropy(ReadOnlySpan<double> scores, int label, Span<double> derivative)
    {
        var (right, largest, total) = (scores[label], TensorPrimitives.Max(scores), 0.0);
        for (var j = 0; j < scores.Length; j++) total += derivative[j] = Math.Exp(scores[j] - largest);
        for (var j = 0; j < scores.Length; j++) derivative[j] /= total;
        derivative[label] -= 1;
        return Math.Log(total) + largest - right;
    }

    /// <summary>The cross-entropy where every margin z_label − zⱼ is as low as its interval m ± ρ allows.</summary>
    public static double WorstCrossEntropy(
        int label, ReadOnlySpan<double> margins, ReadOnlySpan<double> radii, Span<double> marginDerivative, Span<double> radiusDerivative)
    {
        TensorPrimitives.Subtract(radii, margins, radiusDerivative);
        var value = CrossEntropy(radiusDerivative, label, radiusDerivative);
        TensorPrimitives.Negate(radiusDerivative, marginDerivative);
        return value;
    }

    /// <summary>The mean of (y − t)².</summary>
    public static double SquaredError(ReadOnlySpan<double> outputs, ReadOnlySpan<double> targets, Span<double> derivative)
    {
        var sum = 0.0;
        for (var j = 0; j < outputs.Length; j++)
        {
            var difference = outputs[j] - targets[j];
            sum += difference * difference / outputs.Length;
            derivative[j] = 2 * difference / outputs.Length;
        }

        return sum;
    }

    /// <summary>The mean of the largest (y − t)² for y in c ± r.</summary>
    public static double WorstSquaredError(
        ReadOnlySpan<double> centers, ReadOnlySpan<double> radii, ReadOnlySpan<double> targets, Span<double> centerDerivative, Span<double> radiusDerivative)
    {
        var sum = 0.0;
        for (var j = 0; j < centers.Length; j++)
        {
            var difference = centers[j] - targets[j];
            var farthest = Math.Abs(difference) + radii[j];
            sum += farthest * farthest / centers.Length;
            radiusDerivative[j] = 2 * farthest / centers.Length;
            centerDerivative[j] = difference > 0 ? radiusDerivative[j] : difference < 0 ? -radiusDerivative[j] : 0;
        }

        return sum;
    }
}
