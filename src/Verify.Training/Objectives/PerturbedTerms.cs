using System.Numerics.Tensors;

namespace RobustVerify.Training.Objectives;

/// <summary>The terms over boxes around the inputs: the sensitivity, and the task's term in the worst case.</summary>
/// <remarks>Memory of one thread.</remarks>
internal sealed class PerturbedTerms
{
    private readonly Architecture architecture;
    private readonly Examples examples;
    private readonly TrainingLoss loss;
    private readonly IntervalPass intervals;
    private readonly MarginRadii? marginRadii;

    // Of one example.
    private readonly double[] centers;
    private readonly double[] radii;
    private readonly double[] centerDerivatives;
    private readonly double[] radiusDerivatives;

    public PerturbedTerms(Architecture architecture, Examples examples, TrainingLoss loss, int capacity)
    {
        (this.architecture, this.examples, this.loss) = (architecture, examples, loss);
        intervals = new IntervalPass(architecture, capacity);
        if (loss.UsesMargins) marginRadii = new MarginRadii(architecture.OutputSize, LastInputs);
        double[] Scores() => new double[architecture.OutputSize];
        (centers, radii, centerDerivatives, radiusDerivatives) = (Scores(), Scores(), Scores(), Scores());
    }

    private int LastInputs => architecture.Layers[^1].InputSize;

    /// <summary>The sum over examples of a weight times their terms; the derivative is added to <paramref name="gradient"/>.</summary>
    public double Accumulate(ReadOnlySpan<double> parameters, Span<double> gradient, ReadOnlySpan<int> rows, double weight, double ramp)
    {
        for (var row = 0; row < rows.Length; row++) PlaceBox(examples.Input(rows[row]), row, ramp);
        intervals.Forward(parameters, rows.Length);
        var last = architecture.Layers.Length - 1;
        marginRadii?.Begin(architecture.Weights(parameters, last));
        var (sum, sensitivity, worst) = (0.0, weight * ramp * loss.SensitivityWeight, weight * ramp * loss.WorstCaseShare);
        for (var row = 0; row < rows.Length; row++)
        {
            if (sensitivity > 0 && loss.SensitivityOf == ReachableWidth.Outputs) sum += sensitivity * OutputSensitivity(row, sensitivity);
            if (marginRadii is not null) sum += OfMargins(marginRadii, row, examples.Label(rows[row]), sensitivity, worst);
            else if (worst > 0) sum += worst * WorstError(row, examples.Target(rows[row]), worst);
        }

        marginRadii?.End(architecture.Weights(parameters, last), architecture.Weights(gradient, last));
        intervals.Backward(parameters, gradient, rows.Length);
        return sum;
    }

    private void PlaceBox(ReadOnlySpan<double> input, int row, double ramp)
    {
        var (radius, lower, upper) = loss.Perturbation!;
        var center = intervals.InputCenters.Slice(row * input.Length, input.Length);
        var around = intervals.InputRadii.Slice(row * input.Length, input.Length);
        for (var k = 0; k < input.Length; k++)
        {
            var low = Math.Clamp(input[k] - ramp * radius[k], lower[k], upper[k]);
            var high = Math.Clamp(input[k] + ramp * radius[k], lower[k], upper[k]);
            (center[k], around[k]) = ((low + high) / 2, (high - low) / 2);
        }
    }

    private double OfMargins(MarginRadii merged, int row, int label, double sensitivity, double worst)
    {
        merged.Forward(label, intervals.LastRadii.Slice(row * LastInputs, LastInputs), radii);
        var scores = Row(intervals.Centers, row);
        for (var j = 0; j < centers.Length; j++) centers[j] = scores[label] - scores[j];
        var sum = 0.0;
        if (sensitivity > 0 && loss.SensitivityOf == ReachableWidth.Margins)
        {
            sum += sensitivity * Sensitivity.OfMargins(label, centers, radii, centerDerivatives, radiusDerivatives);
            Backward(merged, row, label, sensitivity);
        }

        if (worst > 0)
        {
            sum += worst * TaskTerms.WorstCrossEntropy(label, centers, radii, centerDerivatives, radiusDerivatives);
            Backward(merged, row, label, worst);
        }

        return sum;
    }

    // From margins to the centres of the scores and the radii before the last layer.
    private void Backward(MarginRadii merged, int row, int label, double factor)
    {
        var scores = Row(intervals.CenterAdjoints, row);
        for (var j = 0; j < centers.Length; j++)
        {
            if (j == label) continue;
            scores[label] += factor * centerDerivatives[j];
            scores[j] -= factor * centerDerivatives[j];
        }

        TensorPrimitives.Multiply(radiusDerivatives, factor, radiusDerivatives);
        var (from, size) = (row * LastInputs, LastInputs);
        merged.Backward(label, intervals.LastRadii.Slice(from, size), radiusDerivatives, intervals.LastRadiusAdjoints.Slice(from, size));
    }

    private double OutputSensitivity(int row, double factor)
    {
        var value = Sensitivity.OfOutputs(Row(intervals.Radii, row), radiusDerivatives);
        AddTo(Row(intervals.RadiusAdjoints, row), radiusDerivatives, factor);
        return value;
    }

    private double WorstError(int row, ReadOnlySpan<double> targets, double factor)
    {
        var value = TaskTerms.WorstSquaredError(Row(intervals.Centers, row), Row(intervals.Radii, row), targets, centerDerivatives, radiusDerivatives);
        AddTo(Row(intervals.CenterAdjoints, row), centerDerivatives, factor);
        AddTo(Row(intervals.RadiusAdjoints, row), radiusDerivatives, factor);
        return value;
    }

    private static void AddTo(Span<double> sums, ReadOnlySpan<double> values, double factor) =>
        TensorPrimitives.MultiplyAdd(values, factor, sums, sums);

    private ReadOnlySpan<double> Row(ReadOnlySpan<double> outputs, int row) => outputs.Slice(row * architecture.OutputSize, architecture.OutputSize);

    private Span<double> Row(Span<double> outputs, int row) => outputs.Slice(row * architecture.OutputSize, architecture.OutputSize);
}
