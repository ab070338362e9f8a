namespace RobustVerify.Core.Networks.Activations;

/// <summary>The hyperbolic tangent.</summary>
public sealed class Tanh : Activation
{
    private Tanh()
    {
    }

    /// <summary>The function.</summary>
    public static Tanh Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Tanh";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Tanh(z);

    /// <inheritdoc/>
    public override void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y)
    {
        for (var i = 0; i < z.Length; i++) y[i] = T.Tanh(z[i]);
    }

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 16 * RoundoffSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        // artanh √(1 − slope)
        var size = Math.Log(1 + Math.Sqrt(1 - slope)) - 0.5 * Math.Log(slope);
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new LogisticPolynomial("Tanh'", [0, 2], [[4]], 10);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Convex, 0);
}
