namespace RobustVerify.Core.Networks.Activations;

/// <summary>z·σ(v(z)) with v a polynomial: SiLU, Swish, and GELU in its tanh form, since (1 + tanh u)/2 = σ(2u).</summary>
public sealed class SigmoidGate : Activation
{
    private readonly double[] inner;
    private readonly double radius;

    private SigmoidGate(string name, double[] inner, double radius) => (Name, this.inner, this.radius) = (name, inner, radius);

    /// <summary>z·σ(z), also called Swish.</summary>
    public static SigmoidGate Silu { get; } = new("Silu", [0, 1], 16);

    /// <summary>z·(1 + tanh(√(2/π)·(z + 0.044715·z³)))/2: ONNX's Gelu with approximate="tanh".</summary>
    public static SigmoidGate GeluTanh { get; } =
        new("GeluTanh", [0, 2 * Math.Sqrt(2 / Math.PI), 0, 2 * Math.Sqrt(2 / Math.PI) * 0.044715], 6);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>z·σ(βz).</summary>
    public static Activation Swish(double beta)
    {
        if (!double.IsFinite(beta)) throw new ArgumentException($"Swish: beta must be finite, not {beta}.", nameof(beta));
        return beta switch
        {
            0 => new Quadratic(0, 0.5, 0),
            1 => Silu,
            _ => new SigmoidGate($"Swish({beta})", [0, beta], 16 / Math.Abs(beta)),
        };
    }

    /// <inheritdoc/>
    public override double Value(double z)
    {
        var gate = Sigmoid.Instance.Value(Polynomial.Value(inner, z));
        return gate == 0 ? 0 : z * gate;
    }

    /// <inheritdoc/>
    public override double ValueError(double z, double value) => Error(Polynomial.Value(inner, z), Math.Abs(value));

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 16 * RoundoffSingle * Largest(lower, upper) + UnderflowSingle;

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Slope(this);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Search(this, radius);

    // e^−|v| amplifies the rounding of v by |v|, as far as the gate is not closed or open.
    private static double Error(double v, double size) => (16 + 8 * Math.Min(Math.Abs(v), 800)) * Ulp * size + Underflow;

    /// <summary>σ(v) + z·v′·w(v), with w(v) = σ(v)σ(−v).</summary>
    private sealed class Slope(SigmoidGate gate) : Activation
    {
        private readonly double[] innerSlope = Polynomial.Derivative(gate.inner);

        public override string Name => gate.Name + "'";

        public override double Value(double z)
        {
            var v = Polynomial.Value(gate.inner, z);
            return Sigmoid.Instance.Value(v) + Bump(z, v);
        }

        public override double ValueError(double z, double value)
        {
            var v = Polynomial.Value(gate.inner, z);
            return Error(v, Sigmoid.Instance.Value(v) + 2 * Math.Abs(Bump(z, v)));
        }

        protected override Activation CreateDerivative()
        {
            // w·(2v′ + z·v″ − t·z·v′²)
            var first = Polynomial.Sum(Polynomial.Product([0, 1], Polynomial.Derivative(innerSlope)), innerSlope, 2);
            var second = Polynomial.Product([0, -1], Polynomial.Product(innerSlope, innerSlope));
            return new LogisticPolynomial(Name + "'", gate.inner, [first, second], gate.radius);
        }

        protected override Piece[] CreatePieces() => Piece.Search(this, gate.radius);

        private double Bump(double z, double v)
        {
            var e = Math.Exp(-Math.Abs(v));
            return e == 0 ? 0 : e / ((1 + e) * (1 + e)) * z * Polynomial.Value(innerSlope, z);
        }
    }
}
