namespace RobustVerify.Core.Networks.Activations;

/// <summary>
/// w(v)·Σⱼ pⱼ(z)·tʲ with w = σ(v)·σ(−v), t = tanh(v/2), v and pⱼ polynomials of z: what the derivatives of the logistic
/// family (sigmoid, tanh, SiLU, GELU in its tanh form) are made of.
/// </summary>
/// <remarks>
/// Closed under differentiation: w′ = −w·t·v′ and t′ = v′·(1 − t²)/2. The factor w keeps the tails exact to relative
/// precision, where 1 − t² would cancel. All polynomials are coefficients in ascending order.
/// </remarks>
internal sealed class LogisticPolynomial(string name, double[] inner, double[][] outer, double radius) : Activation
{
    public override string Name => name;

    public override double Value(double z) => Evaluate(z, false);

    public override double ValueError(double z, double value)
    {
        // e^−|v| amplifies the rounding of v by |v|; every term of the sum is off by a few units of its own size.
        var v = Polynomial.Value(inner, z);
        var size = outer is [[_]] ? Math.Abs(value) : Evaluate(z, true);
        return (32 + 8 * Math.Min(Math.Abs(v), 800)) * Ulp * size + Underflow;
    }

    protected override Activation CreateDerivative()
    {
        var slope = Polynomial.Derivative(inner);
        var terms = new double[outer.Length + 1][];
        Array.Fill(terms, []);
        for (var j = 0; j < outer.Length; j++)
        {
            // −t·v′·pⱼtʲ + pⱼ′tʲ + j·pⱼ·tʲ⁻¹·v′·(1 − t²)/2
            var product = Polynomial.Product(slope, outer[j]);
            terms[j + 1] = Polynomial.Sum(terms[j + 1], product, -1 - j / 2.0);
            terms[j] = Polynomial.Sum(terms[j], Polynomial.Derivative(outer[j]), 1);
            if (j > 0) terms[j - 1] = Polynomial.Sum(terms[j - 1], product, j / 2.0);
        }

        return new LogisticPolynomial(name + "'", inner, terms, radius);
    }

    protected override Piece[] CreatePieces() => Piece.Search(this, radius);

    private double Evaluate(double z, bool absolute)
    {
        var v = Polynomial.Value(inner, z);
        var e = Math.Exp(-Math.Abs(v));
        if (e == 0) return 0;
        var w = e / ((1 + e) * (1 + e));
        var t = outer.Length > 1 ? Math.Tanh((absolute ? Math.Abs(v) : v) / 2) : 0;
        var sum = 0.0;
        for (var j = outer.Length - 1; j >= 0; j--)
        {
            var p = absolute ? Polynomial.AbsoluteValue(outer[j], z) : Polynomial.Value(outer[j], z);
            sum = Math.FusedMultiplyAdd(sum, t, p);
        }

        return w * sum;
    }
}
