namespace RobustVerify.Core.Networks.Activations;

/// <summary>c₀ + c₁z + c₂z²: constants, lines and parabolas, of which other functions are made.</summary>
public sealed class Quadratic(double constant, double linear, double square) : Activation
{
    /// <summary>z².</summary>
    public static Quadratic Square { get; } = new(0, 0, 1);

    /// <inheritdoc/>
    public override string Name => (constant, linear, square) == (0, 0, 1) ? "Square" : $"{constant} + {linear}·z + {square}·z²";

    /// <summary>The value at zero.</summary>
    public double Constant => constant;

    /// <summary>The slope at zero.</summary>
    public double Linear => linear;

    private bool IsExact => square == 0 && (linear == 0 || constant == 0 && linear == 1);

    /// <inheritdoc/>
    public override double Value(double z)
    {
        // Zero coefficients must not meet infinite arguments.
        var slope = square == 0 ? linear : Math.FusedMultiplyAdd(square, z, linear);
        return slope == 0 ? constant : Math.FusedMultiplyAdd(slope, z, constant);
    }

    /// <inheritdoc/>
    public override double ValueError(double z, double value) =>
        IsExact
            ? 0
            : 2 * Ulp * (Math.Abs(constant) + Math.Abs(linear * z) + Math.Abs(square * z * z)) + double.Epsilon;

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) =>
        IsExact ? 0 : 4 * RoundoffSingle * (Math.Abs(constant) + Math.Abs(linear) * Largest(lower, upper) + Math.Abs(square) * Largest(lower, upper) * Largest(lower, upper)) + UnderflowSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) => (slope - linear) / (2 * square);

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Quadratic(linear, 2 * square, 0);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() =>
        Piece.Whole(this, square > 0 ? Curvature.Convex : square < 0 ? Curvature.Concave : Curvature.Linear);
}
