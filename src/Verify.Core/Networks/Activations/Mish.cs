namespace RobustVerify.Core.Networks.Activations;

/// <summary>z·tanh(ln(1 + eᶻ)), and its derivatives.</summary>
/// <remarks>
/// With s = σ(z) and r = σ(−z) it is z·s·(1 + r)/(1 + r²). Everything of the form s·(a(r) + z·b(r))/(1 + r²)ⁿ has a
/// derivative of the same form, because s′ = s·r and r′ = −s·r; the factor s keeps the tail on the left exact, r the one on
/// the right. Source: Misra 2019, arXiv 1908.08681.
/// </remarks>
public sealed class Mish : Activation
{
    private readonly double[] constant;
    private readonly double[] linear;
    private readonly int power;

    private Mish(string name, double[] constant, double[] linear, int power) =>
        (Name, this.constant, this.linear, this.power) = (name, constant, linear, power);

    /// <summary>The function.</summary>
    public static Mish Instance { get; } = new("Mish", [], [1, 1], 1);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override double Value(double z)
    {
        var (s, r) = Parts(z);
        return s == 0 ? 0 : s * (Polynomial.Value(constant, r) + Times(z, Polynomial.Value(linear, r))) / Math.Pow(1 + r * r, power);
    }

    /// <inheritdoc/>
    public override double ValueError(double z, double value)
    {
        var (s, r) = Parts(z);
        var size = s == 0 ? 0 : s * (Polynomial.AbsoluteValue(constant, r) + Times(Math.Abs(z), Polynomial.AbsoluteValue(linear, r)));
        return (16 + 4 * power) * Ulp * size + Underflow;
    }

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) =>
        power == 1 && constant.Length == 0 ? 16 * RoundoffSingle * Largest(lower, upper) + UnderflowSingle : base.Float32Error(lower, upper);

    /// <inheritdoc/>
    protected override Activation CreateDerivative()
    {
        var slope = Numerator(linear);
        return new Mish(
            Name + "'",
            Polynomial.Sum(Numerator(constant), Polynomial.Product([1, 0, 1], linear), 1),
            slope,
            power + 1);
    }

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => Piece.Search(this, 16);

    /// <summary>(1 + r²)(r·p − r(1 − r)·p′) + 2n·r²(1 − r)·p: the derivative of s·p(r)/(1 + r²)ⁿ over s/(1 + r²)ⁿ⁺¹.</summary>
    private double[] Numerator(double[] p)
    {
        var first = Polynomial.Sum(Polynomial.Product([0, 1], p), Polynomial.Product([0, 1, -1], Polynomial.Derivative(p)), -1);
        return Polynomial.Sum(Polynomial.Product([1, 0, 1], first), Polynomial.Product([0, 0, 1, -1], p), 2 * power);
    }

    private static (double S, double R) Parts(double z)
    {
        var e = Math.Exp(-Math.Abs(z));
        var (large, small) = (1 / (1 + e), e / (1 + e));
        return z < 0 ? (small, large) : (large, small);
    }

    // A vanished factor must not meet an infinite argument.
    private static double Times(double z, double factor) => factor == 0 ? 0 : z * factor;
}
