using System.Numerics.Tensors;

namespace RobustVerify.Training.Objectives;

/// <summary>Some examples of a training set, and the memory to evaluate the loss on them.</summary>
internal sealed class Batch
{
    private readonly Architecture architecture;
    private readonly Examples examples;
    private readonly TrainingLoss loss;
    private readonly ValuePass values;
    private readonly IntervalPass? intervals;
    private readonly MarginRadii? marginRadii;
    private readonly JacobianPass? jacobian;
    private readonly double[] margins;
    private readonly double[] radii;
    private readonly double[] marginDerivatives;
    private readonly double[] radiusDerivatives;

    public Batch(Architecture architecture, Examples examples, TrainingLoss loss, int capacity)
    {
        (this.architecture, this.examples, this.loss) = (architecture, examples, loss);
        Gradient = new double[architecture.ParameterCount];
        values = new ValuePass(architecture, capacity, hasSources: loss.JacobianWeight > 0);
        if (loss.JacobianWeight > 0) jacobian = new JacobianPass(architecture, values, capacity);
        if (loss.MovesInputs) intervals = new IntervalPass(architecture, capacity);
        if (loss.UsesMargins) marginRadii = new MarginRadii(architecture.OutputSize, architecture.Layers[^1].InputSize);
        double[] Scores() => new double[architecture.OutputSize];
        (margins, radii, marginDerivatives, radiusDerivatives) = (Scores(), Scores(), Scores(), Scores());
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
        if (intervals is not null && ramp > 0) sum += Moved(parameters, rows, weight, ramp);
        if (jacobian is not null) sum += jacobian.Accumulate(parameters, Gradient, rows.Length, weight * loss.JacobianWeight);
        values.Backward(parameters, Gradient, rows.Length);
        return sum;
    }

    private double Task(ReadOnlySpan<int> rows, double weight)
    {
        var sum = 0.0;
        for (var row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<double> output = Row(values.Outputs, row);
            Span<double> adjoint = Row(values.OutputAdjoints, row);
            sum += weight * (loss.Task == TaskTerm.CrossEntropy
                ? TaskTerms.CrossEntropy(output, examples.Label(rows[row]), adjoint)
                : TaskTerms.SquaredError(output, examples.Target(rows[row]), adjoint));
            TensorPrimitives.Multiply(adjoint, weight, adjoint);
        }

        return sum;
    }

    /// <summary>The terms over perturbed inputs.</summary>
    private double Moved(ReadOnlySpan<double> parameters, ReadOnlySpan<int> rows, double weight, double ramp)
    {
        for (var row = 0; row < rows.Length; row++) PlaceBox(examples.Input(rows[row]), row, ramp);
        intervals!.Forward(parameters, rows.Length);
        var last = architecture.Layers.Length - 1;
        marginRadii?.Begin(architecture.Weights(parameters, last));
        var (sum, sensitivity, worst) = (0.0, weight * ramp * loss.SensitivityWeight, weight * ramp * loss.WorstCaseShare);
        for (var row = 0; row < rows.Length; row++)
        {
            sum += marginRadii is null ? OfOutputs(row, rows[row], worst) : OfMargins(row, examples.Label(rows[row]), sensitivity, worst);
            if (loss.SensitivityOf != ReachableWidth.Outputs || sensitivity == 0) continue;
            sum += sensitivity * Sensitivity.OfOutputs(Row(intervals.Radii, row), radiusDerivatives);
            AddTo(Row(intervals.RadiusAdjoints, row), radiusDerivatives, sensitivity);
        }

        marginRadii?.End(architecture.Weights(parameters, last), architecture.Weights(Gradient.AsSpan(), last));
        intervals.Backward(parameters, Gradient, rows.Length);
        return sum;
    }

    private void PlaceBox(ReadOnlySpan<double> input, int row, double ramp)
    {
        var (radius, lower, upper) = loss.Perturbation!;
        for (var k = 0; k < input.Length; k++)
        {
            var low = Math.Clamp(input[k] - ramp * radius[k], lower[k], upper[k]);
            var high = Math.Clamp(input[k] + ramp * radius[k], lower[k], upper[k]);
            intervals!.InputCenters[row * input.Length + k] = (low + high) / 2;
            intervals.InputRadii[row * input.Length + k] = (high - low) / 2;
        }
    }

    private double OfMargins(int row, int label, double sensitivity, double worst)
    {
        var inputs = architecture.Layers[^1].InputSize;
        var lastRadii = intervals!.LastRadii.Slice(row * inputs, inputs);
        var lastAdjoints = intervals.LastRadiusAdjoints.Slice(row * inputs, inputs);
        marginRadii!.Forward(label, lastRadii, radii);
        Margins(Row(intervals.Centers, row), label);
        var sum = 0.0;
        if (sensitivity > 0 && loss.SensitivityOf == ReachableWidth.Margins)
        {
            sum += sensitivity * Sensitivity.OfMargins(label, margins, radii, marginDerivatives, radiusDerivatives);
            Backward(Row(intervals.CenterAdjoints, row), sensitivity, lastAdjoints);
        }

        if (worst > 0)
        {
            sum += worst * TaskTerms.WorstCrossEntropy(label, margins, radii, marginDerivatives, radiusDerivatives);
            Backward(Row(intervals.CenterAdjoints, row), worst, lastAdjoints);
        }

        return sum;

        void Backward(Span<double> centers, double factor, Span<double> radiusAdjoints)
        {
            marginDerivatives[label] = 0;
            AddTo(centers, marginDerivatives, -factor);
            foreach (var derivative in marginDerivatives) centers[label] += factor * derivative;
            TensorPrimitives.Multiply(radiusDerivatives, factor, radiusDerivatives);
            marginRadii!.Backward(label, intervals!.LastRadii.Slice(row * inputs, inputs), radiusDerivatives, radiusAdjoints);
        }
    }

    private double OfOutputs(int row, int example, double worst)
    {
        if (worst == 0) return 0;
        var value = TaskTerms.WorstSquaredError(
            Row(intervals!.Centers, row), Row(intervals.Radii, row), examples.Target(example), marginDerivatives, radiusDerivatives);
        AddTo(Row(intervals.CenterAdjoints, row), marginDerivatives, worst);
        AddTo(Row(intervals.RadiusAdjoints, row), radiusDerivatives, worst);
        return worst * value;
    }

    private void Margins(ReadOnlySpan<double> scores, int label)
    {
        for (var j = 0; j < margins.Length; j++) margins[j] = scores[label] - scores[j];
    }

    private static void AddTo(Span<double> sums, ReadOnlySpan<double> values, double factor) =>
        TensorPrimitives.MultiplyAdd(values, factor, sums, sums);

    private ReadOnlySpan<double> Row(ReadOnlySpan<double> outputs, int row) => outputs.Slice(row * architecture.OutputSize, architecture.OutputSize);

    private Span<double> Row(Span<double> outputs, int row) => outputs.Slice(row * architecture.OutputSize, architecture.OutputSize);
}
