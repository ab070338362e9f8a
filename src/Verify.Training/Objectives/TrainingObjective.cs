using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Objectives;

/// <summary>The loss of an architecture on examples, as a function of its parameters, with its gradient in closed form.</summary>
/// <remarks>
/// Examples are divided into parts that depend on their number only; parts run in parallel and are added up in their
/// order, so the result has the same bits for any number of threads. Not to be shared by threads: it evaluates in its own memory.
/// </remarks>
public sealed class TrainingObjective : IObjective
{
    // Below this many multiply–adds a part is not worth a thread.
    private const long LeastWork = 1 << 18;
    private const int MostParts = 16;

    private readonly Architecture architecture;
    private readonly Examples examples;
    private readonly TrainingLoss loss;
    private readonly List<Batch> parts = [];
    private readonly List<double> values = [];
    private readonly int[] all;
    private readonly int leastRows;

    /// <summary>Creates the objective.</summary>
    /// <exception cref="ArgumentException">The examples do not fit the architecture.</exception>
    public TrainingObjective(Architecture architecture, Examples examples, TrainingLoss loss)
    {
        if (examples.InputSize != architecture.InputSize)
            throw new ArgumentException($"The examples have {examples.InputSize} inputs, the architecture {architecture.InputSize}.", nameof(examples));
        if (loss.Task == TaskTerm.SquaredError && examples.TargetSize != architecture.OutputSize)
            throw new ArgumentException($"The examples have {examples.TargetSize} target values, the architecture {architecture.OutputSize} outputs.", nameof(examples));
        if (loss.Task == TaskTerm.CrossEntropy && Enumerable.Range(0, examples.Count).FirstOrDefault(i => examples.Target(i)[0] != examples.Label(i) || (uint)examples.Label(i) >= architecture.OutputSize, -1) is >= 0 and var bad)
            throw new ArgumentException($"The label {examples.Target(bad)[0]} of example {bad} is none of the {architecture.OutputSize} outputs.", nameof(examples));
        Check(architecture, loss);
        (this.architecture, this.examples, this.loss) = (architecture, examples, loss);
        all = [.. Enumerable.Range(0, examples.Count)];
        var work = architecture.Layers.OfType<AffineLayer>().Sum(layer => (long)layer.OutputSize * layer.FanIn);
        leastRows = (int)Math.Min(LeastWork / Math.Max(work, 1) + 1, int.MaxValue);
    }

    /// <summary>By how much the terms of perturbed inputs count, from 0 to 1: radii, λ and κ are multiplied by it.</summary>
    public double Ramp { get; set; } = 1;

    /// <inheritdoc/>
    public int Size => architecture.ParameterCount;

    /// <inheritdoc/>
    public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient) => Evaluate(parameters, all, gradient);

    /// <summary>The loss on some of the examples only.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<int> rows, Span<double> gradient)
    {
        var size = PartSize(rows.Length);
        var count = (rows.Length + size - 1) / size;
        while (parts.Count < count)
        {
            parts.Add(new Batch(architecture, examples, loss, Math.Min(PartSize(examples.Count), examples.Count)));
            values.Add(0);
        }

        if (count == 1)
        {
            values[0] = parts[0].Evaluate(parameters, rows, 1.0 / rows.Length, Ramp);
        }
        else
        {
            var (point, chosen) = (parameters.ToArray(), rows.ToArray());
            Parallel.For(0, count, i =>
            {
                var part = chosen.AsSpan(i * size, Math.Min(size, chosen.Length - i * size));
                values[i] = parts[i].Evaluate(point, part, 1.0 / chosen.Length, Ramp);
            });
        }

        var value = loss.WeightDecay * Reduction.Dot(parameters, parameters);
        TensorPrimitives.Multiply(parameters, 2 * loss.WeightDecay, gradient);
        for (var i = 0; i < count; i++)
        {
            value += values[i];
            TensorPrimitives.Add(gradient, parts[i].Gradient, gradient);
        }

        return value;
    }

    private static void Check(Architecture architecture, TrainingLoss loss)
    {
        if (loss.MovesInputs && (loss.Perturbation is not { } moved || new[] { moved.Radii, moved.Lower, moved.Upper }.Any(bound => bound.Length != architecture.InputSize)))
            throw new ArgumentException("A loss over perturbed inputs needs a radius and a domain for each of them.", nameof(loss));
        if (loss.SensitivityWeight > 0 && loss.SensitivityOf == ReachableWidth.Margins && loss.Task != TaskTerm.CrossEntropy)
            throw new ArgumentException("Only labels have margins; the sensitivity of values is that of outputs.", nameof(loss));
        if (loss.UsesMargins && architecture.Layers[^1] is not DenseLayer)
            throw new ArgumentException("Margins need a dense last layer.", nameof(loss));
    }

    // Grows with the number of examples, so that of all numbers the largest has the largest parts.
    private int PartSize(int rows) => Math.Max(leastRows, (rows + MostParts - 1) / MostParts);
}
