using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>
/// Planes around every product of a node: x·y = cᵧx + cₓy − cₓcᵧ + (x − cₓ)(y − cᵧ), whose last term is at most rₓrᵧ in magnitude
/// for x ∈ cₓ ± rₓ and y ∈ cᵧ ± rᵧ.
/// </summary>
/// <remarks>The identity holds for centers as they were rounded. The planes are the means of McCormick's (1976).</remarks>
internal sealed class Planes
{
    private readonly ProductNode node;
    private readonly double[] left, right, offsets, radii, magnitudes;

    /// <param name="node">The node.</param>
    /// <param name="x">The intervals of its left factor.</param>
    /// <param name="y">The intervals of its right factor.</param>
    public Planes(ProductNode node, (double[] Lower, double[] Upper) x, (double[] Lower, double[] Upper) y)
    {
        this.node = node;
        (left, var leftRadii) = Center(x.Lower, x.Upper);
        (right, var rightRadii) = Center(y.Lower, y.Upper);
        (offsets, radii, magnitudes) = (new double[node.Size], new double[node.Size], new double[node.Size]);
        var gamma = 2 * Rounding.Gamma(node.Inner + 4);
        for (var at = 0; at < node.Size; at++)
        {
            var size = 0.0;
            for (var k = 0; k < node.Inner; k++)
            {
                var (i, j) = Factors(at, k);
                offsets[at] -= left[i] * right[j];
                radii[at] += leftRadii[i] * rightRadii[j];
                size += (Math.Abs(left[i]) + leftRadii[i]) * (Math.Abs(right[j]) + rightRadii[j]);
            }

            // The sums of this constructor, and those of a row: |cᵧ|mₓ + |cₓ|mᵧ + |cₓcᵧ| + rₓrᵧ is at most four times that.
            radii[at] += gamma * size + double.Epsilon * node.Inner;
            magnitudes[at] = 4 * size;
        }
    }

    /// <summary>Carries one row back to both factors; returns its constant, and what its rounding is relative to.</summary>
    public (double Offset, double Magnitude) Back(ReadOnlySpan<double> a, Span<double> toLeft, Span<double> toRight)
    {
        for (var at = 0; at < a.Length; at++)
        {
            if (a[at] == 0) continue;
            for (var k = 0; k < node.Inner; k++)
            {
                var (i, j) = Factors(at, k);
                toLeft[i] = Math.FusedMultiplyAdd(a[at], right[j], toLeft[i]);
                toRight[j] = Math.FusedMultiplyAdd(a[at], left[i], toRight[j]);
            }
        }

        return (Reduction.Dot(a, offsets) - Reduction.AbsDot(a, radii), Reduction.AbsDot(a, magnitudes));
    }

    /// <summary>The interval of every product's sum.</summary>
    public static (double[] Lower, double[] Upper) Range(ProductNode node, (double[] Lower, double[] Upper) x, (double[] Lower, double[] Upper) y)
    {
        var (lower, upper) = (new double[node.Size], new double[node.Size]);
        var gamma = Rounding.Gamma(node.Inner + 4);
        for (var at = 0; at < node.Size; at++)
        {
            var (least, most, size) = (0.0, 0.0, 0.0);
            for (var k = 0; k < node.Inner; k++)
            {
                var (i, j) = Factors(node, at, k);
                var (p, q, r, s) = (x.Lower[i] * y.Lower[j], x.Lower[i] * y.Upper[j], x.Upper[i] * y.Lower[j], x.Upper[i] * y.Upper[j]);
                least += Math.Min(Math.Min(p, q), Math.Min(r, s));
                most += Math.Max(Math.Max(p, q), Math.Max(r, s));
                size += Math.Max(Math.Max(Math.Abs(p), Math.Abs(q)), Math.Max(Math.Abs(r), Math.Abs(s)));
            }

            var error = 1.001 * gamma * size + double.Epsilon * (node.Inner + 1);
            (lower[at], upper[at]) = (least - error, most + error);
        }

        return (lower, upper);
    }

    /// <summary>Σ |x||y| of every element, for the largest magnitudes of the factors.</summary>
    public static double[] Magnitudes(ProductNode node, double[] left, double[] right)
    {
        var magnitudes = new double[node.Size];
        for (var at = 0; at < node.Size; at++)
        {
            for (var k = 0; k < node.Inner; k++)
            {
                var (i, j) = Factors(node, at, k);
                magnitudes[at] += left[i] * right[j];
            }
        }

        return magnitudes;
    }

    private (int Left, int Right) Factors(int at, int k) => Factors(node, at, k);

    /// <summary>Which elements of the factors the k-th product of an element is made of.</summary>
    private static (int Left, int Right) Factors(ProductNode node, int at, int k)
    {
        var (row, column) = Math.DivRem(at, node.Columns);
        return (row * node.Inner + k, (row / node.Rows * node.Inner + k) * node.Columns + column);
    }

    private static (double[] Centers, double[] Radii) Center(double[] lower, double[] upper)
    {
        var (centers, radii) = (new double[lower.Length], new double[lower.Length]);
        for (var i = 0; i < lower.Length; i++)
        {
            centers[i] = lower[i] == upper[i] ? lower[i] : lower[i] / 2 + upper[i] / 2;
            radii[i] = lower[i] == upper[i] ? 0 : Math.BitIncrement(Math.Max(upper[i] - centers[i], centers[i] - lower[i]));
        }

        return (centers, radii);
    }
}
