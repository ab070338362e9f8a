using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>ln(1 + eᶻ).</summary>
public sealed class Softplus : Activation
{
    private Softplus()
    {
    }

    /// <summary>The function.</summary>
    public static Softplus Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Softplus";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Max(z, 0) + SpecialFunctions.Log1p(Math.Exp(-Math.Abs(z)));

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 8 * RoundoffSingle * Math.Max(1, Value(upper)) + UnderflowSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) => Math.Log(slope / (1 - slope));

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => Sigmoid.Instance;

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Whole(this, Curvature.Convex);
}
