using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Bounds;

/// <summary>For some rows, linear functions g·x + c of the input that are not above them on their regions.</summary>
/// <param name="rows">How many.</param>
/// <param name="size">The size of the input.</param>
/// <param name="tells">Whether the slopes of every row are kept.</param>
internal sealed class InputLines(int rows, int size, bool tells)
{
    /// <summary>The g of every row: rows × input size.</summary>
    public double[] Gradients { get; } = new double[rows * size];

    /// <summary>The c of every row; −∞ where nothing is known.</summary>
    public double[] Constants { get; } = new double[rows];

    /// <summary>The slopes that give every row, where they are kept.</summary>
    public RowLines[] Told { get; } = new RowLines[tells ? rows : 0];

    /// <summary>The g of a row.</summary>
    public ReadOnlySpan<double> Gradient(int row) => Gradients.AsSpan(row * size, size);
}
