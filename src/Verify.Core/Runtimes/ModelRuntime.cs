
namespace RobustVerify.Core.Runtimes;

/// <summary>Evaluates a model in float32, as it is evaluated where it is deployed.</summary>
/// <remarks>
/// Inputs and outputs are flat vectors of all tensors, as the ports of the imported network say. A model that ends in
/// ArgMax returns 1 for the chosen element and 0 for all others. Evaluation is safe from several threads.
/// </remarks>
public abstract class ModelRuntime : IDisposable
{
    /// <summary>The name and version of the runtime, for reports.</summary>
    public abstract string Name { get; }

    /// <summary>Elements of one input.</summary>
    public abstract int InputSize { get; }

    /// <summary>Elements of one output.</summary>
    public abstract int OutputSize { get; }

    /// <summary>The output for one input.</summary>
    /// <exception cref="ArgumentException">The input has not <see cref="InputSize"/> elements.</exception>
    public float[] Run(ReadOnlySpan<float> input) => Array.ConvertAll(RunExactly(input), value => (float)value);

    /// <summary>The output for one input as the model computes it: models may answer in double.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{float})"/>
    internal double[] RunExactly(ReadOnlySpan<float> input) => input.Length == InputSize
        ? Evaluate(input)
        : throw new ArgumentException($"The model takes {InputSize} numbers, not {input.Length}.", nameof(input));

    /// <summary>The outputs for several inputs: rows × <see cref="OutputSize"/>.</summary>
    /// <remarks>Row by row: how a sum is rounded may depend on the size of a batch, and a row's output must not.</remarks>
    public float[] Run(ReadOnlySpan<float> inputs, int rows)
    {
        var outputs = new float[rows * OutputSize];
        for (var row = 0; row < rows; row++)
            Run(inputs.Slice(row * InputSize, InputSize)).CopyTo(outputs.AsSpan(row * OutputSize));
        return outputs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Run(ReadOnlySpan{float})"/>
    protected abstract double[] Evaluate(ReadOnlySpan<float> input);

    /// <summary>Frees what the runtime holds outside managed memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>1 at an index, 0 elsewhere.</summary>
    protected static double[] OneHot(int size, int index)
    {
        var output = new double[size];
        output[index] = 1;
        return output;
    }
}
