namespace RobustVerify.Core.Networks.Activations;

/// <summary>z/(1 + |z|).</summary>
public sealed class Softsign : Activation
{
    private Softsign()
    {
    }

    /// <summary>The function.</summary>
    public static Softsign Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Softsign";

    /// <inheritdoc/>
    public override double Value(double z) => double.IsInfinity(z) ? Math.Sign(z) : z / (1 + Math.Abs(z));

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 12 * RoundoffSingle * Math.Min(1, Largest(lower, upper)) + UnderflowSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        var size = 1 / Math.Sqrt(slope) - 1;
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Piecewise("Softsign'", [0], [new Tail(1, 2, -1), new Tail(1, 2, 1)]);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Convex, 0);

    /// <summary>c/(1 + side·z)ⁿ, of which the derivatives are made, on one side of zero.</summary>
    private sealed class Tail(double coefficient, int power, int side) : Activation
    {
        public override string Name => $"{coefficient}/(1 + |z|)^{power}";

        public override double Value(double z) => coefficient * Math.Pow(1 + side * z, -power);

        public override double ValueError(double z, double value) => (8 + power) * Ulp * Math.Abs(value) + (1 + Math.Abs(coefficient)) * double.Epsilon;

        protected override Activation CreateDerivative() => new Tail(-side * power * coefficient, power + 1, side);

        protected override Piece[] CreatePieces() => Piece.Whole(this, coefficient > 0 ? Curvature.Convex : Curvature.Concave);
    }
}
