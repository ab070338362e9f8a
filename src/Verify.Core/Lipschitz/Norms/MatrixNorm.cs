using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Norms;

/// <summary>Norms of dense matrices, rounded up or down.</summary>
internal static class MatrixNorm
{
    /// <summary>An upper bound of the norm of a matrix.</summary>
    public static double Upper(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm) => norm == Norm.L2
        ? SpectralNorm.Upper(matrix, rows, columns)
        : RoundedUp(LargestSum(matrix, rows, columns, norm), rows + columns);

    /// <summary>A lower bound of the norm of a matrix.</summary>
    public static double Lower(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm) => norm == Norm.L2
        ? SpectralNorm.Lower(matrix, rows, columns)
        : Math.Max(0, Rounding.Down(LargestSum(matrix, rows, columns, norm) * (1 - Rounding.Gamma(rows + columns + 4))));

    /// <summary>An upper bound of the norm of every matrix whose entries have at most the given magnitudes.</summary>
    /// <remarks>In l2 the better of √(‖M‖₁‖M‖∞) and the Frobenius norm: the norm itself is seldom much less, for magnitudes.</remarks>
    public static double OfMagnitudes(ReadOnlySpan<double> magnitudes, int rows, int columns, Norm norm)
    {
        if (norm != Norm.L2) return RoundedUp(LargestSum(magnitudes, rows, columns, norm), rows + columns);
        var mean = Math.Sqrt(LargestSum(magnitudes, rows, columns, Norm.L1)) * Math.Sqrt(LargestSum(magnitudes, rows, columns, Norm.Linf));
        return Math.Min(RoundedUp(mean, rows + columns), SpectralNorm.Length(magnitudes, up: true));
    }

    /// <summary>The largest absolute column sum (l1) or row sum (l∞), rounded to nearest.</summary>
    private static double LargestSum(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm)
    {
        var largest = 0.0;
        if (norm == Norm.Linf)
        {
            for (var i = 0; i < rows; i++)
            {
                var sum = 0.0;
                foreach (var value in matrix.Slice(i * columns, columns)) sum += Math.Abs(value);
                largest = Math.Max(largest, sum);
            }

            return largest;
        }

        Span<double> sums = columns <= 256 ? stackalloc double[columns] : new double[columns];
        sums.Clear();
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) sums[j] += Math.Abs(matrix[i * columns + j]);
        }

        foreach (var sum in sums) largest = Math.Max(largest, sum);
        return largest;
    }

    private static double RoundedUp(double value, int terms) => value == 0 ? 0 : Rounding.Up(value * (1 + 2 * Rounding.Gamma(terms + 4)));
}
