namespace RobustVerify.Core.Networks.Activations;

/// <summary>Arithmetic of polynomials given by their coefficients in ascending order.</summary>
internal static class Polynomial
{
    public static double Value(double[] p, double z)
    {
        // From the leading coefficient, not from zero, which must not meet an infinite argument.
        if (p.Length == 0) return 0;
        var sum = p[^1];
        for (var i = p.Length - 2; i >= 0; i--) sum = Math.FusedMultiplyAdd(sum, z, p[i]);
        return sum;
    }

    /// <summary>Σ|pᵢ||z|ⁱ, which a few units of rounding of the value are relative to.</summary>
    public static double AbsoluteValue(double[] p, double z)
    {
        if (p.Length == 0) return 0;
        var sum = Math.Abs(p[^1]);
        for (var i = p.Length - 2; i >= 0; i--) sum = Math.FusedMultiplyAdd(sum, Math.Abs(z), Math.Abs(p[i]));
        return sum;
    }

    public static double[] Derivative(double[] p)
    {
        var d = new double[Math.Max(p.Length - 1, 0)];
        for (var i = 0; i < d.Length; i++) d[i] = (i + 1) * p[i + 1];
        return d;
    }

    public static double[] Product(double[] p, double[] q)
    {
        if (p.Length == 0 || q.Length == 0) return [];
        var product = new double[p.Length + q.Length - 1];
        for (var i = 0; i < p.Length; i++)
        {
            for (var j = 0; j < q.Length; j++) product[i + j] += p[i] * q[j];
        }

        return product;
    }

    /// <summary>p + factor·q.</summary>
    public static double[] Sum(double[] p, double[] q, double factor)
    {
        var sum = new double[Math.Max(p.Length, q.Length)];
        p.CopyTo(sum, 0);
        for (var i = 0; i < q.Length; i++) sum[i] += factor * q[i];
        return sum;
    }
}
