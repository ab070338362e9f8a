using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz.Multipliers;

/// <summary>A proof that a symmetric matrix is positive definite.</summary>
/// <remarks>
/// If Cholesky's method, in floating point, does not break down for A − δI with a δ above its backward error, then A is positive
/// definite. The error is at most γ/(1 − γ) times the trace, with γ of one more than the order.
/// Source: Rump 2006, Verification of positive definiteness, BIT 46.
/// </remarks>
internal static class PositiveDefinite
{
    /// <summary>True where every symmetric matrix within a distance of the given one is proved to be positive definite.</summary>
    /// <param name="matrix">Order × order, the lower triangle is read; overwritten.</param>
    /// <param name="order">Rows and columns.</param>
    /// <param name="distance">A bound of the l2 norm of what the matrix may be off by.</param>
    public static bool Proves(Span<double> matrix, int order, double distance)
    {
        var trace = 0.0;
        for (var i = 0; i < order; i++)
        {
            if (!(matrix[i * order + i] > 0)) return false;
            trace += matrix[i * order + i];
        }

        // Twice the bound covers the roundings of this line, of the trace and of taking it off.
        var shift = 2 * Rounding.Gamma(2 * order + 8) * trace + 1e-300 + distance;
        for (var i = 0; i < order; i++) matrix[i * order + i] = Rounding.Down(matrix[i * order + i] - shift);
        return Factor(matrix, order);
    }

    /// <summary>Cholesky's factor in place of the lower triangle; false where it breaks down.</summary>
    public static bool Factor(Span<double> matrix, int order)
    {
        for (var i = 0; i < order; i++)
        {
            var row = matrix.Slice(i * order, order);
            for (var j = 0; j < i; j++)
            {
                var earlier = matrix.Slice(j * order, order);
                row[j] = (row[j] - Reduction.Dot(row[..j], earlier[..j])) / earlier[j];
            }

            var pivot = row[i] - Reduction.Dot(row[..i], row[..i]);
            if (!(pivot > 0) || !double.IsFinite(pivot)) return false;
            row[i] = Math.Sqrt(pivot);
        }

        return true;
    }

    /// <summary>The inverse of L Lᵀ, for a factor L in the lower triangle.</summary>
    public static double[] Inverse(ReadOnlySpan<double> factor, int order)
    {
        // Row i of G = L⁻¹, which is lower triangular, from the rows before it; then Gᵀ G.
        var (inverse, flipped, product) = (new double[order * order], new double[order * order], new double[order * order]);
        for (var i = 0; i < order; i++)
        {
            var row = inverse.AsSpan(i * order, i + 1);
            for (var k = 0; k < i; k++)
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * order, k + 1), -factor[i * order + k], row[..(k + 1)], row[..(k + 1)]);
            row[i] = 1;
            TensorPrimitives.Divide(row, factor[i * order + i], row);
            for (var j = 0; j <= i; j++) flipped[j * order + i] = row[j];
        }

        MatrixProduct.Accumulate<double>(flipped, inverse, product, order, order, order);
        return product;
    }

    /// <summary>The solution of L Lᵀ x = b in place of b, for a factor L in the lower triangle.</summary>
    public static void Solve(ReadOnlySpan<double> factor, Span<double> b)
    {
        var order = b.Length;
        for (var i = 0; i < order; i++) b[i] = (b[i] - Reduction.Dot(factor.Slice(i * order, i), b[..i])) / factor[i * order + i];
        for (var i = order - 1; i >= 0; i--)
        {
            b[i] /= factor[i * order + i];
            TensorPrimitives.MultiplyAdd(factor.Slice(i * order, i), -b[i], b[..i], b[..i]);
        }
    }
}
