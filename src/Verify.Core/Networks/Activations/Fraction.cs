namespace RobustVerify.Core.Networks.Activations;

/// <summary>z − ⌊z⌋: a sawtooth between 0 and 1. Rounding down is its argument without it.</summary>
public sealed class Fraction : Activation
{
    private Fraction()
    {
    }

    /// <summary>The function.</summary>
    public static Fraction Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Fraction";

    /// <inheritdoc/>
    public override double Period => 1;

    /// <inheritdoc/>
    public override double Value(double z) => z - Math.Floor(z);

    /// <inheritdoc/>
    /// <remarks>Beyond 2⁵² the numbers between two whole ones cannot be told apart from these.</remarks>
    public override double ValueError(double z, double value) => Math.Abs(z) < 1 / Ulp ? Ulp * value : 1;

    /// <inheritdoc/>
    /// <remarks>Of rounding the fraction itself; what is rounded down loses nothing.</remarks>
    public override double Float32Error(double lower, double upper) => RoundoffSingle;

    /// <inheritdoc/>
    public override Piece PieceAt(double z)
    {
        // Beyond 2⁵² every number is whole: a piece must still end after it starts.
        var floor = Math.Floor(z);
        return new(floor, Math.Max(floor + 1, Math.BitIncrement(z)), Curvature.Linear, new Quadratic(-floor, 1, 0));
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Quadratic(1, 0, 0);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => throw new NotSupportedException($"{Name} has infinitely many pieces.");
}
