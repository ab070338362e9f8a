namespace RobustVerify.Core.Networks.Activations;

/// <summary>The natural logarithm, for positive z.</summary>
public sealed class Log : Activation
{
    private Log()
    {
    }

    /// <summary>The function.</summary>
    public static Log Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Log";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Log(z);

    /// <inheritdoc/>
    public override bool IsDefinedOn(double lower, double upper) => lower > 0;

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 8 * RoundoffSingle * Math.Max(1, Largest(Value(lower), Value(upper)));

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) => 1 / slope;

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => Power.Reciprocal;

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Whole(this, Curvature.Concave);
}
