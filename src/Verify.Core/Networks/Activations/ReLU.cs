using System.Numerics.Tensors;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>max(z, 0).</summary>
public sealed class ReLU : Activation
{
    private ReLU()
    {
    }

    /// <summary>The function.</summary>
    public static ReLU Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "ReLU";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Max(z, 0);

    /// <inheritdoc/>
    public override double ValueError(double z, double value) => 0;

    /// <inheritdoc/>
    public override void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y) => TensorPrimitives.Max(z, T.Zero, y);

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 0;

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => PiecewiseLinear.Step;

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() =>
    [
        new(double.NegativeInfinity, 0, Curvature.Linear, new Quadratic(0, 0, 0)),
        new(0, double.PositiveInfinity, Curvature.Linear, new Quadratic(0, 1, 0)),
    ];
}
