namespace RobustVerify.Training;

/// <summary>Inputs with what the network should answer.</summary>
public sealed class Examples
{
    /// <summary>Creates examples; the arrays are kept, not copied.</summary>
    /// <param name="inputs">count × input size.</param>
    /// <param name="targets">count × target size: one label each, or for a regression the values.</param>
    /// <param name="count">The number of examples, at least one.</param>
    public Examples(double[] inputs, double[] targets, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (inputs.Length % count != 0 || targets.Length % count != 0)
            throw new ArgumentException($"{inputs.Length} inputs and {targets.Length} targets are not {count} examples.");
        (Inputs, Targets, Count) = (inputs, targets, count);
    }

    /// <summary>The number of examples.</summary>
    public int Count { get; }

    /// <summary>Elements of one input.</summary>
    public int InputSize => Inputs.Length / Count;

    /// <summary>Elements of one target: one where it is a label.</summary>
    public int TargetSize => Targets.Length / Count;

    /// <summary>count × input size.</summary>
    public double[] Inputs { get; }

    /// <summary>count × target size.</summary>
    public double[] Targets { get; }

    /// <summary>The input of an example.</summary>
    public ReadOnlySpan<double> Input(int example) => Inputs.AsSpan(example * InputSize, InputSize);

    /// <summary>The target of an example.</summary>
    public ReadOnlySpan<double> Target(int example) => Targets.AsSpan(example * TargetSize, TargetSize);

    /// <summary>The label of an example.</summary>
    public int Label(int example) => (int)Targets[example * TargetSize];
}
