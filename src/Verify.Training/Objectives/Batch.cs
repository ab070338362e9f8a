using System.Numerics.Tensors;

namespace RobustVerify.Training.Objectives;

/// <summary>Some examples of a training set, and the memory to evaluate the loss on them.</summary>
internal sealed class Batch(Architecture architecture, Examples examples, TrainingLoss loss, int capacity)
{
    private readonly ValuePass pass = new(architecture, capacity);

    /// <summary>The derivative of the last value, per parameter.</summary>
    public double[] Gradient { get; } = new double[architecture.ParameterCount];

    /// <summary>The sum over examples of a weight times their loss.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<int> rows, double weight)
    {
        Array.Clear(Gradient);
        for (var row = 0; row < rows.Length; row++)
            examples.Input(rows[row]).CopyTo(pass.Inputs[(row * examples.InputSize)..]);
        pass.Forward(parameters, rows.Length);
        var (sum, size) = (0.0, architecture.OutputSize);
        for (var row = 0; row < rows.Length; row++)
        {
            var output = pass.Outputs.Slice(row * size, size);
            var adjoint = pass.OutputAdjoints.Slice(row * size, size);
            sum += weight * (loss.Task == TaskTerm.CrossEntropy
                ? CrossEntropy(output, examples.Label(rows[row]), adjoint)
                : SquaredError(output, examples.Target(rows[row]), adjoint));
            TensorPrimitives.Multiply(adjoint, weight, adjoint);
        }

        pass.Backward(parameters, Gradient, rows.Length);
        return sum;
    }

    /// <summary>ln Σⱼ exp(zⱼ) − z of the label, and its derivative.</summary>
    private static double CrossEntropy(ReadOnlySpan<double> scores, int label, Span<double> derivative)
    {
        var largest = TensorPrimitives.Max(scores);
        var total = 0.0;
        for (var j = 0; j < scores.Length; j++) total += derivative[j] = Math.Exp(scores[j] - largest);
        for (var j = 0; j < scores.Length; j++) derivative[j] /= total;
        derivative[label] -= 1;
        return Math.Log(total) + largest - scores[label];
    }

    private static double SquaredError(ReadOnlySpan<double> outputs, ReadOnlySpan<double> targets, Span<double> derivative)
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
}
