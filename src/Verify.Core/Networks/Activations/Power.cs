namespace RobustVerify.Core.Networks.Activations;

/// <summary>c·zᵖ: integer powers everywhere, negative ones on one side of zero, real ones for positive z.</summary>
public sealed class Power : Activation
{
    private readonly double coefficient;
    private readonly double exponent;

    private Power(double coefficient, double exponent) => (this.coefficient, this.exponent) = (coefficient, exponent);

    /// <summary>1/z, on one side of zero.</summary>
    public static Power Reciprocal { get; } = new(1, -1);

    /// <summary>√z, for z ≥ 0.</summary>
    public static Power Sqrt { get; } = new(1, 0.5);

    /// <inheritdoc/>
    public override string Name => (coefficient, exponent) switch
    {
        (1, -1) => "Reciprocal",
        (1, 0.5) => "Sqrt",
        (1, _) => $"Pow({exponent})",
        _ => $"{coefficient}·Pow({exponent})",
    };

    /// <summary>The exponent.</summary>
    public double Exponent => exponent;

    private bool IsInteger => double.IsInteger(exponent);

    private bool IsOdd => IsInteger && exponent % 2 != 0;

    /// <summary>zᵖ.</summary>
    public static Activation Of(double exponent)
    {
        if (!double.IsFinite(exponent)) throw new ArgumentException($"Pow: the exponent must be finite, not {exponent}.", nameof(exponent));
        return Of(1, exponent);
    }

    /// <inheritdoc/>
    public override double Value(double z) => coefficient * exponent switch
    {
        -1 => 1 / z,
        0.5 => Math.Sqrt(z),
        3 => z * z * z,
        _ => Math.Pow(z, exponent),
    };

    /// <inheritdoc/>
    public override double ValueError(double z, double value) =>
        8 * Ulp * Math.Abs(value) + (1 + Math.Abs(coefficient)) * double.Epsilon;

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) =>
        8 * RoundoffSingle * Largest(Value(lower), Value(upper)) + UnderflowSingle;

    /// <inheritdoc/>
    public override bool IsDefinedOn(double lower, double upper) =>
        IsInteger
            ? exponent >= 0 || lower > 0 || upper < 0
            : exponent > 0 ? lower >= 0 : lower > 0;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        var size = Math.Pow(slope / (coefficient * exponent) * (piece.End <= 0 && !IsOdd ? -1 : 1), 1 / (exponent - 1));
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => Of(coefficient * exponent, exponent - 1);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces()
    {
        // The second derivative is c·p·(p − 1)·z^(p − 2).
        var sign = Math.Sign(coefficient * exponent * (exponent - 1));
        var positive = sign > 0 ? Curvature.Convex : Curvature.Concave;
        var negative = IsOdd ? (sign > 0 ? Curvature.Concave : Curvature.Convex) : positive;
        return [new(double.NegativeInfinity, 0, negative, this), new(0, double.PositiveInfinity, positive, this)];
    }

    private static Activation Of(double coefficient, double exponent) => exponent switch
    {
        0 => new Quadratic(coefficient, 0, 0),
        1 => new Quadratic(0, coefficient, 0),
        2 => new Quadratic(0, 0, coefficient),
        _ => new Power(coefficient, exponent),
    };
}
