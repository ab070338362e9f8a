namespace RobustVerify.Core.Bounds;

/// <summary>For some rows, linear functions g·x + c of the input that are not above them on their regions.</summary>
internal sealed class InputLines(int rows, int size)
{
    /// <summary>The g of every row: rows × input size.</summary>
    public double[] Gradients { get; } = new double[rows * size];

    /// <summary>The c of every row; −∞ where nothing is known.</summary>
    public double[] Constants { get; } = new double[rows];

    /// <summary>The g of a row.</summary>
    public ReadOnlySpan<double> Gradient(int row) => Gradients.AsSpan(row * size, size);
}
