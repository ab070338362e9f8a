using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Whether a symmetric matrix is positive definite, for certain.</summary>
/// <remarks>
/// Cholesky's factor L of a matrix B, computed in floating point, is the exact one of a matrix off by at most γ/(1 − γ)·tr(B) in the l2
/// norm, with the γ of one more rounding than the order. So where the method does not break down for A − δI with a larger δ, A is
/// positive definite. Source: Demmel 1989, LAPACK working note 14; Rump 2006, BIT 46.
/// </remarks>
internal static class PositiveDefinite
{
    /// <summary>True where all symmetric matrices whose distance from a matrix is at most an error are positive definite; the matrix is used up.</summary>
    /// <param name="matrix">Order × order, of which the lower half is read; entries are of moderate size, so that none underflows.</param>
    /// <param name="order">Rows and columns.</param>
    /// <param name="error">In the l2 norm.</param>
    public static bool Holds(Span<double> matrix, int order, double error)
    {
        var delta = error + Shift(matrix, order);
        for (var i = 0; i < order; i++) matrix[i * order + i] = Rounding.Down(matrix[i * order + i] - delta);
        return Cholesky(matrix, order);
    }

    /// <summary>More than the factor of a matrix may be off by, in the l2 norm.</summary>
    public static double Shift(ReadOnlySpan<double> matrix, int order)
    {
        var trace = 0.0;
        for (var i = 0; i < order; i++) trace += Math.Abs(matrix[i * order + i]);
        return 4 * Rounding.Gamma(order + 8) * trace + order * 1e-290;
    }

    /// <summary>Puts the lower factor in place of the lower half; false where there is none.</summary>
    public static bool Cholesky(Span<double> matrix, int order)
    {
        for (var i = 0; i < order; i++)
        {
            var row = matrix.Slice(i * order, i + 1);
            for (var j = 0; j <= i; j++)
            {
                var above = matrix.Slice(j * order, j + 1);
                var rest = row[j] - Reduction.Dot(row[..j], above[..j]);
                if (j < i) row[j] = rest / above[j];
                else if (rest > 0 && double.IsFinite(rest)) row[j] = Math.Sqrt(rest);
                else return false;
            }
        }

        return true;
    }
}
