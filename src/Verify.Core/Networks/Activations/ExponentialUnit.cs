using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>c·z for positive z and a saturating a·(e^(kz) − 1) for negative z: ELU, SELU and CELU.</summary>
public static class ExponentialUnit
{
    /// <summary>SELU with the constants of its paper, which are ONNX's defaults.</summary>
    /// <remarks>Source: Klambauer et al. 2017, arXiv 1706.02515.</remarks>
    public static Activation Selu { get; } = CreateSelu(1.67326319217681884765625, 1.05070102214813232421875);

    /// <summary>z for positive z, α(eᶻ − 1) for negative z.</summary>
    public static Activation Elu(double alpha) => Create($"Elu({alpha})", 1, alpha, 1);

    /// <summary>γz for positive z, γα(eᶻ − 1) for negative z.</summary>
    public static Activation CreateSelu(double alpha, double gamma) => Create($"Selu({alpha}, {gamma})", gamma, gamma * alpha, 1);

    /// <summary>z for positive z, α(e^(z/α) − 1) for negative z.</summary>
    public static Activation Celu(double alpha)
    {
        if (alpha == 0) throw new ArgumentException("Celu: alpha must not be zero.", nameof(alpha));
        return Create($"Celu({alpha})", 1, alpha, 1 / alpha);
    }

    private static Activation Create(string name, double slope, double scale, double rate)
    {
        if (!double.IsFinite(slope) || !double.IsFinite(scale) || !double.IsFinite(rate))
            throw new ArgumentException($"{name}: its constants must be finite.");
        return scale == 0
            ? new PiecewiseLinear(name, [0], [0, slope], [0, 0])
            : new Piecewise(name, [0], [new Exponential(scale, rate), new Quadratic(0, slope, 0)]);
    }

    /// <summary>a·(e^(kz) − 1).</summary>
    private sealed class Exponential(double scale, double rate) : Activation
    {
        public override string Name => $"{scale}·(Exp({rate}·z) - 1)";

        public override double Value(double z) => scale * SpecialFunctions.Expm1(rate * z);

        // The argument is off by half a unit of its size, the value by the derivative times that.
        public override double ValueError(double z, double value) =>
            Ulp * (12 * Math.Abs(value) + (rate == 1 ? 0 : Math.Abs(scale * rate * z) * Math.Exp(rate * z))) + double.Epsilon;

        // Near zero the difference from 1 cancels, so that the error is one of 1.
        public override double Float32Error(double lower, double upper)
        {
            var exponent = Math.Max(0, Math.Max(rate * lower, rate * upper));
            return 8 * RoundoffSingle * Math.Abs(scale) * (1 + exponent) * Math.Exp(exponent) + UnderflowSingle;
        }

        public override double CriticalPoint(double slope, in Piece piece) => Math.Log(slope / (scale * rate)) / rate;

        protected override Activation CreateDerivative() => Exp.Of(scale * rate, rate);

        protected override Piece[] CreatePieces() => Piece.Whole(this, scale > 0 ? Curvature.Convex : Curvature.Concave);
    }
}
