namespace RobustVerify.Core.Networks.Activations;

/// <summary>The inverse tangent.</summary>
public sealed class Atan : Activation
{
    private Atan()
    {
    }

    /// <summary>The function.</summary>
    public static Atan Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Atan";

    /// <inheritdoc/>
    public override double Value(double z) => Math.Atan(z);

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 12 * RoundoffSingle * Math.Min(1, Largest(lower, upper)) + UnderflowSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece)
    {
        var size = Math.Sqrt((1 - slope) / slope);
        return piece.End <= 0 ? -size : size;
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Witch(0);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Convex, 0);

    /// <summary>The n-th derivative of 1/(1 + z²): (−1)ⁿ·n!·sinⁿ⁺¹θ·sin((n + 1)θ) with cot θ = z.</summary>
    private sealed class Witch(int order) : Activation
    {
        private readonly double factorial = Factorial(order);

        public override string Name => "Atan" + new string('\'', order + 1);

        public override double Value(double z)
        {
            // On the right θ is small and exact to relative precision; the left mirrors it.
            var size = Math.Abs(z);
            var sine = 1 / Math.Sqrt(1 + size * size);
            var value = factorial * Math.Pow(sine, order + 1) * Math.Sin((order + 1) * Math.Atan2(1, size));
            return z > 0 && order % 2 == 1 ? -value : value;
        }

        public override double ValueError(double z, double value)
        {
            var sine = 1 / Math.Sqrt(1 + z * z);
            return (16 + 8 * order) * Ulp * factorial * Math.Pow(sine, order + 1) * Math.Min((order + 1) * 2 * sine, 1) + Underflow;
        }

        protected override Activation CreateDerivative() => new Witch(order + 1);

        protected override Piece[] CreatePieces()
        {
            // The roots of the second derivative.
            var inflections = new double[order + 2];
            for (var k = 1; k <= inflections.Length; k++) inflections[^k] = 1 / Math.Tan(k * Math.PI / (order + 3));
            if (inflections.Length % 2 == 1) inflections[inflections.Length / 2] = 0;
            return Piece.Alternating(this, Curvature.Convex, inflections);
        }

        private static double Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);
    }
}
