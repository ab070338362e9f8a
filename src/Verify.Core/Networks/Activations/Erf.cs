using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>The error function.</summary>
public sealed class Erf : Activation
{
    private Erf()
    {
    }

    /// <summary>The function.</summary>
    public static Erf Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Erf";

    /// <inheritdoc/>
    public override double Value(double z) => SpecialFunctions.Erf(z);

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 4 * RoundoffSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        var size = Math.Sqrt(-Math.Log(slope * Math.Sqrt(Math.PI) / 2));
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new GaussianPolynomial("Erf'", 1, [2 / Math.Sqrt(Math.PI)]);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Convex, 0);
}
