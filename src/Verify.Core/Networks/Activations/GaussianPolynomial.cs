using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>e^(−(kz)²)·p(z), with p in ascending order: the derivatives of erf and, from the second on, of GELU.</summary>
internal sealed class GaussianPolynomial(string name, double rate, double[] p) : Activation
{
    public override string Name => name;

    public override double Value(double z)
    {
        var gaussian = SpecialFunctions.Gaussian(rate * z);
        return gaussian == 0 ? 0 : gaussian * Polynomial.Value(p, z);
    }

    public override double ValueError(double z, double value)
    {
        // The rounding of kz is amplified by 2(kz)².
        var argument = rate * z;
        var gaussian = SpecialFunctions.Gaussian(argument);
        return gaussian == 0
            ? Underflow
            : (16 + 2 * argument * argument) * Ulp * gaussian * Polynomial.AbsoluteValue(p, z) + Underflow;
    }

    protected override Activation CreateDerivative() => new GaussianPolynomial(
        name + "'",
        rate,
        Polynomial.Sum(Polynomial.Derivative(p), Polynomial.Product([0, 2 * rate * rate], p), -1));

    protected override Piece[] CreatePieces() => Piece.Search(this, 6 / rate);
}
