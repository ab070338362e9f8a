namespace RobustVerify.Core.Networks.Activations;

/// <summary>eᶻ.</summary>
public sealed class Exp : Activation
{
    private Exp()
    {
    }

    /// <summary>The function.</summary>
    public static Exp Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Exp";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Exp(z);

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) => Math.Log(slope);

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => this;

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Whole(this, Curvature.Convex);
}
