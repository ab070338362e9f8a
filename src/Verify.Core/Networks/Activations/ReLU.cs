using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y)
    {
        // So written that what is not a number stays.
        var i = 0;
        for (; i <= z.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var x = Vector512.Create(z[i..]);
            Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<T>.Zero), Vector512<T>.Zero, x).CopyTo(y[i..]);
        }

        for (; i < z.Length; i++) y[i] = z[i] <= T.Zero ? T.Zero : z[i];
    }

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
