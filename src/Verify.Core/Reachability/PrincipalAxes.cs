using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Reachability;

/// <summary>The axes along which generators spread most, up to rounding: the eigenvectors of GᵀG.</summary>
/// <remarks>Whatever they are, turning by them bounds volumes: how far they are from orthonormal is measured, and only makes bounds larger.</remarks>
internal sealed class PrincipalAxes
{
    private const int MostSweeps = 12;

    private readonly double[] axes; // axis × output
    private readonly int size;

    private PrincipalAxes(double[] axes, int size) => (this.axes, this.size) = (axes, size);

    /// <summary>−ln |det| of the matrix of the axes, rounded up: what the logarithm of a volume loses by turning.</summary>
    public double LogShrinking
    {
        get
        {
            // |det Q|² = det(I + F) ≥ (1 − ‖F‖)ᴷ.
            var most = 0.0;
            for (var i = 0; i < size; i++)
            {
                var sum = 0.0;
                for (var j = 0; j < size; j++)
                {
                    var (product, magnitude) = (i == j ? -1.0 : 0, 1.0);
                    for (var k = 0; k < size; k++) (product, magnitude) = (product + axes[i * size + k] * axes[j * size + k], magnitude + Math.Abs(axes[i * size + k] * axes[j * size + k]));
                    sum += Math.Abs(product) + 2 * Rounding.Gamma(size + 2) * magnitude;
                }

                most = Math.Max(most, sum * (1 + Rounding.Gamma(size + 2)));
            }

            return most < 0.5 ? size * most : double.PositiveInfinity; // −½ K ln(1 − f) ≤ K f there.
        }
    }

    /// <summary>The axes of generators × outputs, by Jacobi's method.</summary>
    public static PrincipalAxes Of(ReadOnlySpan<double> generators, int size)
    {
        var (a, axes) = (new double[size * size], new double[size * size]);
        for (var at = 0; at < generators.Length; at += size)
        {
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++) a[i * size + j] += generators[at + i] * generators[at + j];
            }
        }

        for (var i = 0; i < size; i++) axes[i * size + i] = 1;
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            for (var p = 0; p < size; p++)
            {
                for (var q = p + 1; q < size; q++) Rotate(a, axes, size, p, q);
            }
        }

        return new PrincipalAxes(axes, size);
    }

    /// <summary>Generators and slack as seen along the axes; what rounding adds is in the slack.</summary>
    public (double[] Generators, double[] Slack) Turn(ReadOnlySpan<double> generators, ReadOnlySpan<double> slack)
    {
        var (turned, around) = (new double[generators.Length], new double[size]);
        var gamma = 2 * Rounding.Gamma(size + 2);
        for (var k = 0; k < size; k++)
        {
            var axis = axes.AsSpan(k * size, size);
            around[k] = Reduction.AbsDot(axis, slack);
            for (var at = 0; at < generators.Length; at += size)
            {
                var (product, magnitude) = (0.0, 0.0);
                for (var i = 0; i < size; i++) (product, magnitude) = (product + axis[i] * generators[at + i], magnitude + Math.Abs(axis[i] * generators[at + i]));
                turned[at + k] = product;
                around[k] = Rounding.SumUp(around[k], gamma * magnitude + size * double.Epsilon);
            }
        }

        return (turned, around);
    }

    private static void Rotate(double[] a, double[] axes, int size, int p, int q)
    {
        var off = a[p * size + q];
        if (!(Math.Abs(off) > 1e-300)) return;
        var tau = (a[q * size + q] - a[p * size + p]) / (2 * off);
        var tangent = Math.CopySign(1, tau) / (Math.Abs(tau) + Math.Sqrt(1 + tau * tau));
        var cosine = 1 / Math.Sqrt(1 + tangent * tangent);
        var sine = tangent * cosine;
        for (var i = 0; i < size; i++) Turn(ref a[i * size + p], ref a[i * size + q]);
        for (var i = 0; i < size; i++) Turn(ref a[p * size + i], ref a[q * size + i]);
        for (var i = 0; i < size; i++) Turn(ref axes[p * size + i], ref axes[q * size + i]);

        void Turn(ref double x, ref double y) => (x, y) = (cosine * x - sine * y, sine * x + cosine * y);
    }
}
