using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Bounds of the norms of matrices: in l1 the largest column sum, in l∞ the largest row sum, in l2 the largest singular value.</summary>
/// <remarks>
/// In l2 a vector that squarings of the smaller Gram matrix G lead to shows a lower bound, and guesses the upper one λ, which holds where λI − G is
/// positive definite.
/// </remarks>
internal static class MatrixNorms
{
    private const int MostSquarings = 14;
    private const int MostAttempts = 40;

    /// <summary>An upper bound.</summary>
    /// <param name="matrix">rows × columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="norm">The norm.</param>
    public static double Upper(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm)
    {
        var largest = Largest(matrix);
        if (largest == 0 || !double.IsFinite(largest)) return largest;
        if (norm != Norm.L2) return LargestSum(matrix, rows, columns, norm) * (1 + 4 * Rounding.Gamma(rows + columns + 8));
        if (Math.Min(rows, columns) == 1) return Frobenius(matrix);

        // Powers of two scale exactly.
        var exponent = Math.ILogB(largest);
        var gram = Gram(matrix, rows, columns, -exponent, out var order, out var error);
        var guess = Quotient(gram, Dominant(gram, order), order);
        var trial = new double[gram.Length];
        var slack = 1e-14 * order;
        for (var attempt = 0; attempt < MostAttempts; attempt++, slack *= 2)
        {
            var lambda = guess * (1 + slack);
            for (var i = 0; i < gram.Length; i++) trial[i] = -gram[i];
            for (var i = 0; i < order; i++) trial[i * order + i] += lambda;
            if (PositiveDefinite.Holds(trial, order, error + 1e-15 * lambda)) return Rounding.Up(Math.ScaleB(Rounding.Up(Math.Sqrt(lambda)), exponent));
        }

        return Frobenius(matrix);
    }

    /// <summary>A lower bound.</summary>
    /// <inheritdoc cref="Upper"/>
    public static double Lower(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm)
    {
        var largest = Largest(matrix);
        if (largest == 0 || !double.IsFinite(largest)) return 0;
        if (norm != Norm.L2) return LargestSum(matrix, rows, columns, norm) * (1 - 4 * Rounding.Gamma(rows + columns + 8));
        var exponent = Math.ILogB(largest);
        var gram = Gram(matrix, rows, columns, -exponent, out var order, out var error);
        var quotient = Quotient(gram, Dominant(gram, order), order);
        var gamma = 8 * Rounding.Gamma(2 * order + 16);
        return Math.Max(0, Rounding.Down(Math.ScaleB(Rounding.Down(Math.Sqrt(Math.Max(0, quotient * (1 - gamma) - gamma * Trace(gram, order) - error))), exponent)));
    }

    /// <summary>An upper bound for all matrices whose entries are at most of given sizes.</summary>
    public static double OfSizes(ReadOnlySpan<double> sizes, int rows, int columns, Norm norm)
    {
        if (norm != Norm.L2) return Upper(sizes, rows, columns, norm);
        var mean = Math.Sqrt(Upper(sizes, rows, columns, Norm.L1)) * Math.Sqrt(Upper(sizes, rows, columns, Norm.Linf));
        return Math.Min(mean * (1 + 1e-15), Frobenius(sizes));
    }

    private static double LargestSum(ReadOnlySpan<double> matrix, int rows, int columns, Norm norm)
    {
        var sums = new double[norm == Norm.Linf ? rows : columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) sums[norm == Norm.Linf ? i : j] += Math.Abs(matrix[i * columns + j]);
        }

        return Largest(sums);
    }

    /// <summary>√Σ aᵢⱼ², rounded up.</summary>
    private static double Frobenius(ReadOnlySpan<double> matrix)
    {
        var largest = Largest(matrix);
        if (largest == 0 || !double.IsFinite(largest)) return largest;
        var (exponent, sum) = (Math.ILogB(largest), 0.0);
        foreach (var value in matrix)
        {
            var share = Math.ScaleB(value, -exponent);
            sum += share * share;
        }

        return Rounding.Up(Math.ScaleB(Math.Sqrt(sum * (1 + 4 * Rounding.Gamma(matrix.Length + 8))) * (1 + 1e-15), exponent));
    }

    /// <summary>AAᵀ or AᵀA, whichever is smaller, of A times a power of two; and a bound of what it is off by in the l2 norm.</summary>
    private static double[] Gram(ReadOnlySpan<double> matrix, int rows, int columns, int exponent, out int order, out double error)
    {
        var isWide = rows <= columns;
        var (inner, scaled) = (Math.Max(rows, columns), new double[matrix.Length]);
        order = Math.Min(rows, columns);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) scaled[isWide ? i * columns + j : j * rows + i] = Math.ScaleB(matrix[i * columns + j], exponent);
        }

        var gram = new double[order * order];
        MatrixProduct.AccumulateTransposed<double>(scaled, scaled, gram, order, inner, order);

        // Of rows a and b an entry is off by at most γ‖a‖‖b‖; the l2 norm of these is at most their Frobenius norm, γ times the trace.
        error = 4 * Rounding.Gamma(inner + 8) * Trace(gram, order) + matrix.Length * 1e-290;
        return gram;
    }

    /// <summary>A vector near the one that the matrix stretches most.</summary>
    private static double[] Dominant(double[] gram, int order)
    {
        // Squared and scaled to the trace one, the matrix goes to the projection onto that vector.
        var (power, square) = ((double[])gram.Clone(), new double[gram.Length]);
        for (var step = 0; step < (order <= 256 ? MostSquarings : 5); step++)
        {
            Array.Clear(square);
            MatrixProduct.AccumulateTransposed<double>(power, power, square, order, order, order);
            var trace = Trace(square, order);
            if (!(trace > 0)) break;
            for (var i = 0; i < square.Length; i++) square[i] /= trace;
            (power, square) = (square, power);
        }

        var most = 0;
        for (var i = 1; i < order; i++) most = power[i * order + i] > power[most * order + most] ? i : most;
        var (vector, next) = (power[(most * order)..((most + 1) * order)], new double[order]);
        for (var step = 0; step < (order <= 256 ? 2 : 30); step++)
        {
            for (var i = 0; i < order; i++) next[i] = Reduction.Dot(gram.AsSpan(i * order, order), vector);
            var largest = Largest(next);
            if (!(largest > 0)) break;
            for (var i = 0; i < order; i++) vector[i] = next[i] / largest;
        }

        return vector;
    }

    private static double Quotient(double[] gram, double[] vector, int order)
    {
        var sum = 0.0;
        for (var i = 0; i < order; i++) sum += vector[i] * Reduction.Dot(gram.AsSpan(i * order, order), vector);
        return sum / Reduction.Dot(vector, vector);
    }

    private static double Trace(double[] matrix, int order)
    {
        var trace = 0.0;
        for (var i = 0; i < order; i++) trace += matrix[i * order + i];
        return trace;
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            if (double.IsNaN(value)) return double.PositiveInfinity;
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }
}
