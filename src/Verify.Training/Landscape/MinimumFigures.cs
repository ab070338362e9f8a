using RobustVerify.Core.Reachability;
using RobustVerify.Core.Specifications;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>What a network is worth at a minimum: means over examples.</summary>
/// <param name="TaskLoss">The task's term of the objective.</param>
/// <param name="Accuracy">The share of examples that are answered rightly; null where targets are values.</param>
/// <param name="Certified">The share that is proved to be answered rightly wherever the input moves; null where targets are values.</param>
/// <param name="Sensitivity">
/// ln of the geometric mean of the outputs' widths, the mean over examples: the log-volume of the reachable box, per output. Whoever scales the scores moves it.
/// </param>
/// <param name="MarginSensitivity">
/// The same of the margins, as parts of what they are at the example; over the examples that are answered rightly. Null where there are none.
/// </param>
public sealed record MinimumFigures(double TaskLoss, double? Accuracy, double? Certified, double Sensitivity, double? MarginSensitivity)
{
    /// <summary>Measures a network on examples, of which every input moves.</summary>
    /// <remarks>Widths and certificates are proved, by linear bounds.</remarks>
    public static MinimumFigures Of(
        Architecture architecture, ReadOnlySpan<double> parameters, Examples examples, TaskTerm task, Perturbation perturbation)
    {
        var network = architecture.ToNetwork(parameters);
        var loss = new TrainingObjective(architecture, examples, new TrainingLoss { Task = task }).Evaluate(parameters, new double[architecture.ParameterCount]);
        var isClassifier = task == TaskTerm.CrossEntropy;
        var (right, certified, volume, marginVolume) = (0, 0, 0.0, 0.0);
        for (var i = 0; i < examples.Count; i++)
        {
            var outputs = new ReachableOutputs(network, Region(examples.Input(i), perturbation));
            var center = isClassifier ? Array.ConvertAll(examples.Input(i).ToArray(), value => (float)value) : [];
            var sensitivity = Core.Reachability.Sensitivity.Of(outputs, ReachabilityMethod.Linear, center, isClassifier ? examples.Label(i) : null);
            volume += Math.Log(sensitivity.MeanWidth);
            certified += sensitivity.Margins is { IsCertified: true } ? 1 : 0;
            if (sensitivity.Margins?.MeanWidth is not { } width) continue;
            right++;
            marginVolume += Math.Log(width);
        }

        double? Share(int count) => isClassifier ? (double)count / examples.Count : null;
        return new(loss, Share(right), Share(certified), volume / examples.Count, right > 0 ? marginVolume / right : null);
    }

    private static InputRegion Region(ReadOnlySpan<double> input, Perturbation perturbation)
    {
        var (lower, upper) = (new double[input.Length], new double[input.Length]);
        for (var k = 0; k < input.Length; k++)
        {
            lower[k] = Math.Max(input[k] - perturbation.Radii[k], perturbation.Lower[k]);
            upper[k] = Math.Min(input[k] + perturbation.Radii[k], perturbation.Upper[k]);
        }

        return InputRegion.Box(lower, upper);
    }
}
