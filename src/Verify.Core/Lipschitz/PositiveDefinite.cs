using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz;

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
}
