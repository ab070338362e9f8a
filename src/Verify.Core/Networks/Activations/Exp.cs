namespace RobustVerify.Core.Networks.Activations;

/// <summary>eᶻ, and c·e^(kz), of which the derivatives of exponential units are made.</summary>
public sealed class Exp : Activation
{
    private readonly double coefficient;
    private readonly double rate;

    private Exp(double coefficient, double rate) => (this.coefficient, this.rate) = (coefficient, rate);

    /// <summary>eᶻ.</summary>
    public static Exp Instance { get; } = new(1, 1);

    /// <summary>e⁻ᶻ.</summary>
    public static Exp Reciprocal { get; } = new(1, -1);

    /// <inheritdoc/>
    public override string Name => (coefficient, rate) == (1, 1) ? "Exp" : $"{coefficient}·Exp({rate}·z)";

    /// <inheritdoc/>
    public override double Value(double z) => coefficient * Math.Exp(rate * z);

    /// <inheritdoc/>
    public override double ValueError(double z, double value) =>
        (8 + (Math.Abs(rate) == 1 ? 0 : Math.Abs(rate * z))) * Ulp * Math.Abs(value) + Math.Abs(coefficient) * double.Epsilon + double.Epsilon;

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) =>
        Math.Abs(rate) == 1 ? 8 * RoundoffSingle * Largest(Value(lower), Value(upper)) + UnderflowSingle : base.Float32Error(lower, upper);

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) => Math.Log(slope / (coefficient * rate)) / rate;

    /// <summary>c·e^(kz), both not zero.</summary>
    internal static Exp Of(double coefficient, double rate) => new(coefficient, rate);

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => rate == 1 ? this : Of(coefficient * rate, rate);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Whole(this, coefficient > 0 ? Curvature.Convex : Curvature.Concave);
}
