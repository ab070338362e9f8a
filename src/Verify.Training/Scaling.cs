using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training;

/// <summary>
/// Numbers are trained on as (x − shift) / scale, one of each for every input element and for every target value. A trained network is
/// made one of raw numbers by folding them into its first and last layer.
/// </summary>
/// <param name="InputShifts">What is taken off the inputs.</param>
/// <param name="InputScales">What the inputs are divided by, positive.</param>
/// <param name="TargetShift">What is taken off targets that are values.</param>
/// <param name="TargetScale">What targets that are values are divided by, positive.</param>
public sealed record Scaling(double[] InputShifts, double[] InputScales, double TargetShift = 0, double TargetScale = 1)
{
    /// <summary>Numbers as they are.</summary>
    public static Scaling None(int inputs) => Uniform(inputs, 0, 1);

    /// <summary>The same for all inputs.</summary>
    public static Scaling Uniform(int inputs, double shift, double scale) =>
        new([.. Enumerable.Repeat(shift, inputs)], [.. Enumerable.Repeat(scale, inputs)]);

    /// <summary>Each number less its mean, in standard deviations; a constant is left in its units.</summary>
    public static Scaling Standard(Examples examples, bool scalesTargets)
    {
        var (shifts, scales) = (new double[examples.InputSize], new double[examples.InputSize]);
        for (var k = 0; k < shifts.Length; k++) (shifts[k], scales[k]) = Moments(examples.Inputs, k, examples.InputSize);
        var (targetShift, targetScale) = scalesTargets ? Moments(examples.Targets, 0, 1) : (0, 1);
        return new Scaling(shifts, scales, targetShift, targetScale);
    }

    /// <summary>The examples in the units of training.</summary>
    public Examples Apply(Examples examples) => new(
        Apply(examples.Inputs, (value, k) => (value - InputShifts[k]) / InputScales[k]),
        Array.ConvertAll(examples.Targets, value => (value - TargetShift) / TargetScale),
        examples.Count);

    /// <summary>The perturbation in the units of training.</summary>
    public Perturbation Apply(Perturbation perturbation) => new(
        Apply(perturbation.Radii, (value, k) => value / InputScales[k]),
        Apply(perturbation.Lower, (value, k) => (value - InputShifts[k]) / InputScales[k]),
        Apply(perturbation.Upper, (value, k) => (value - InputShifts[k]) / InputScales[k]));

    /// <summary>Why the scaling cannot be folded into a layer that the inputs go to; null where it can.</summary>
    public string? Obstacle(Layer first) => first switch
    {
        DenseLayer => null,
        _ when InputScales.Any(scale => scale != InputScales[0]) || InputShifts.Any(shift => shift != InputShifts[0]) =>
            "a convolution has the same weights everywhere, so all inputs must have the same shift and scale",
        ConvolutionLayer { Shape: { PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 } } => null,
        ConvolutionLayer when InputShifts[0] != 0 => "a convolution is padded with zeros, which must stay zeros: the shift must be 0",
        ConvolutionLayer => null,
        _ => "it needs a dense or convolutional first layer",
    };

    /// <summary>The parameters of the network that computes the same from raw inputs, in the units of the targets.</summary>
    /// <exception cref="ArgumentException">There is an <see cref="Obstacle"/>.</exception>
    public double[] Fold(Architecture architecture, ReadOnlySpan<double> parameters)
    {
        if (Obstacle(architecture.Layers[0]) is { } obstacle) throw new ArgumentException($"The scaling of inputs cannot be folded into the first layer: {obstacle}.");
        var folded = parameters.ToArray();
        var (weights, bias) = (architecture.Weights(folded.AsSpan(), 0).ToArray(), architecture.Bias(folded.AsSpan(), 0).ToArray());
        for (var k = 0; k < weights.Length; k++)
        {
            // Of a convolution all inputs have the same numbers.
            var (output, input) = Math.DivRem(k, weights.Length / bias.Length);
            weights[k] /= InputScales[input % InputScales.Length];
            bias[output] -= weights[k] * InputShifts[input % InputShifts.Length];
        }

        weights.CopyTo(architecture.Weights(folded.AsSpan(), 0));
        bias.CopyTo(architecture.Bias(folded.AsSpan(), 0));
        var last = architecture.Layers.Length - 1;
        foreach (ref var weight in architecture.Weights(folded.AsSpan(), last)) weight *= TargetScale;
        foreach (ref var value in architecture.Bias(folded.AsSpan(), last)) value = value * TargetScale + TargetShift;
        return folded;
    }

    // Element k of every row belongs to input k.
    private double[] Apply(double[] values, Func<double, int, double> scale) =>
        [.. values.Select((value, i) => scale(value, i % InputScales.Length))];

    private static (double Mean, double Deviation) Moments(double[] values, int first, int step)
    {
        var (count, mean, square) = (values.Length / step, 0.0, 0.0);
        for (var i = first; i < values.Length; i += step) mean += values[i] / count;
        for (var i = first; i < values.Length; i += step) square += (values[i] - mean) * (values[i] - mean) / count;
        return (mean, square > 0 ? Math.Sqrt(square) : 1);
    }
}
