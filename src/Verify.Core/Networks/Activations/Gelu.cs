using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>z·Φ(z), with Φ the distribution function of the standard normal distribution.</summary>
/// <remarks>Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.</remarks>
public sealed class Gelu : Activation
{
    // 1/√2, as rounded. GELU's second derivative is e^(−z²/2)·(2 − z²)/√(2π).
    private static readonly double Half = Math.Sqrt(0.5);
    private static readonly double Density = 1 / Math.Sqrt(2 * Math.PI);

    private Gelu()
    {
    }

    /// <summary>The function.</summary>
    public static Gelu Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Gelu";

    /// <inheritdoc/>
    public override double Value(double z)
    {
        var probability = Probability(z);
        return probability == 0 ? 0 : z * probability;
    }

    /// <inheritdoc/>
    public override double ValueError(double z, double value) => Error(z, Math.Abs(value));

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 8 * RoundoffSingle * Largest(lower, upper) + UnderflowSingle;

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Slope();

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Concave, -Math.Sqrt(2), Math.Sqrt(2));

    private static double Probability(double z) => 0.5 * SpecialFunctions.Erfc(-Half * z);

    // The rounding of z/√2 is amplified by z² in the left tail; on the right, and where e^(−z²/2) vanishes, it is not.
    private static double Error(double z, double size) => (24 + 2 * Math.Min(z * z, 1500)) * Ulp * size + Underflow;

    /// <summary>Φ(z) + z·φ(z), with φ the density.</summary>
    private sealed class Slope : Activation
    {
        public override string Name => "Gelu'";

        public override double Value(double z) => Probability(z) + Bump(z);

        // Φ(z) is at most e^(−z²/2)/2 on the left, and 1.
        public override double ValueError(double z, double value) =>
            Error(z, z > 0 ? 1.2 : SpecialFunctions.Gaussian(Half * z) * (0.5 - Math.Max(z, -100) * Density));

        protected override Activation CreateDerivative() => new GaussianPolynomial("Gelu''", Half, [2 * Density, 0, -Density]);

        protected override Piece[] CreatePieces() => Piece.Alternating(this, Curvature.Concave, -2, 0, 2);

        private static double Bump(double z)
        {
            var gaussian = SpecialFunctions.Gaussian(Half * z);
            return gaussian == 0 ? 0 : z * gaussian * Density;
        }
    }
}
