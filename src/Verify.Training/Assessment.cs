using System.Numerics.Tensors;
using MathNet.Numerics.Statistics;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training;

/// <summary>How well a network answers, and how far its answers spread.</summary>
/// <param name="Accuracy">The share of examples whose label has the largest score; null where targets are values.</param>
/// <param name="Loss">The mean of the task's term.</param>
/// <param name="Sensitivity">
/// The mean over examples of the log-volume of the reachable intervals of perturbed inputs; null where nothing perturbs them.
/// </param>
/// <param name="MedianWidth">
/// The median over examples of the geometric mean of the reachable intervals' widths, those of margins as parts of the margin in their middle;
/// null where nothing perturbs inputs.
/// </param>
public sealed record Assessment(double? Accuracy, double Loss, double? Sensitivity, double? MedianWidth)
{
    /// <summary>Assesses parameters on examples.</summary>
    /// <remarks>Widths are those of interval propagation, without regard to rounding: nothing is proved by them.</remarks>
    public static Assessment Of(Architecture architecture, ReadOnlySpan<double> parameters, Examples examples, TrainingLoss loss)
    {
        var task = new TrainingObjective(architecture, examples, new TrainingLoss { Task = loss.Task });
        var unused = new double[architecture.ParameterCount];
        var mean = task.Evaluate(parameters, unused);
        var accuracy = loss.Task == TaskTerm.CrossEntropy ? ShareRight(architecture, parameters, examples) : (double?)null;
        if (loss.Perturbation is null) return new Assessment(accuracy, mean, null, null);
        var of = loss.Task == TaskTerm.CrossEntropy ? loss.SensitivityOf : ReachableWidth.Outputs;
        var sensitivity = new TrainingObjective(
            architecture, examples, new TrainingLoss { Task = loss.Task, SensitivityWeight = 1, SensitivityOf = of, Perturbation = loss.Perturbation });
        var volumes = new double[examples.Count];
        for (var i = 0; i < volumes.Length; i++)
            volumes[i] = sensitivity.Evaluate(parameters, [i], unused) - task.Evaluate(parameters, [i], unused);
        return new Assessment(accuracy, mean, volumes.Average(), Math.Exp(volumes.Median()));
    }

    private static double ShareRight(Architecture architecture, ReadOnlySpan<double> parameters, Examples examples)
    {
        var pass = new ValuePass(architecture, examples.Count, hasSources: false);
        examples.Inputs.CopyTo(pass.Inputs);
        pass.Forward(parameters, examples.Count);
        var right = 0;
        for (var i = 0; i < examples.Count; i++)
        {
            var scores = pass.Outputs.Slice(i * architecture.OutputSize, architecture.OutputSize);
            right += TensorPrimitives.IndexOfMax(scores) == examples.Label(i) ? 1 : 0;
        }

        return (double)right / examples.Count;
    }
}
