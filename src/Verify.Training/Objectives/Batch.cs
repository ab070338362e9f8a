using System.Numerics.Tensors;

namespace RobustVerify.Training.Objectives;

/// <summary>Some examples of a training set, and the memory to evaluate the loss on them.</summary>
internal sealed class Batch
{
    private readonly Examples examples;
    private readonly TrainingLoss loss;
    private readonly int outputs;
    private readonly ValuePass values;
    private readonly PerturbedTerms? perturbed;
    private readonly JacobianPass? jacobian;

    public Batch(Architecture architecture, Examples examples, TrainingLoss loss, int capacity)
    {
        (this.examples, this.loss, outputs) = (examples, loss, architecture.OutputSize);
        Gradient = new double[architecture.ParameterCount];
        values = new ValuePass(architecture, capacity, hasSources: loss.JacobianWeight > 0);
        if (loss.JacobianWeight > 0) jacobian = new JacobianPass(architecture, values, capacity);
        if (loss.MovesInputs) perturbed = new PerturbedTerms(architecture, examples, loss, capacity);
    }

    /// <summary>The derivative of the last value, per parameter.</summary>
    public double[] Gradient { get; }

    /// <summary>The sum over examples of a weight times their loss, decay aside.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<int> rows, double weight, double ramp)
    {
        Array.Clear(Gradient);
        for (var row = 0; row < rows.Length; row++)
            examples.Input(rows[row]).CopyTo(values.Inputs[(row * examples.InputSize)..]);
        values.Forward(parameters, rows.Length);
        var sum = Task(rows, weight * (1 - ramp * loss.WorstCaseShare));
        if (perturbed is not null && ramp > 0) sum += perturbed.Accumulate(parameters, Gradient, rows, weight, ramp);
        if (jacobian is not null) sum += jacobian.Accumulate(parameters, Gradient, rows.Length, weight * loss.JacobianWeight);
        values.Backward(parameters, Gradient, rows.Length);
        return sum;
    }

    private double Task(ReadOnlySpan<int> rows, double weight)
    {
        var sum = 0.0;
        for (var row = 0; row < rows.Length; row++)
        {
            var output = values.Outputs.Slice(row * outputs, outputs);
            var adjoint = values.OutputAdjoints.Slice(row * outputs, outputs);
            sum += weight * (loss.Task == TaskTerm.CrossEntropy
                ? TaskTerms.CrossEntropy(output, examples.Label(rows[row]), adjoint)
                : TaskTerms.SquaredError(output, examples.Target(rows[row]), adjoint));
            TensorPrimitives.Multiply(adjoint, weight, adjoint);
        }

        return sum;
    }
}
