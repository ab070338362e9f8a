namespace RobustVerify.Core.Networks.Activations;

/// <summary>1/(1 + e⁻ᶻ).</summary>
public sealed class Sigmoid : Activation
{
    private Sigmoid()
    {
    }

    /// <summary>The function.</summary>
    public static Sigmoid Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Sigmoid";

    /// <inheritdoc/>
    public override double Value(double z)
    {
        var e = Math.Exp(-Math.Abs(z));
        return (z < 0 ? e : 1) / (1 + e);
    }

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 8 * RoundoffSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        // ln((1 + s)/(1 − s)) with s = √(1 − 4·slope); the denominator is 4·slope/(1 + s).
        var size = 2 * Math.Log(1 + Math.Sqrt(1 - 4 * slope)) - Math.Log(4 * slope);
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new LogisticPolynomial("Sigmoid'", [0, 1], [[1]], 20);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Convex, 0);
}
