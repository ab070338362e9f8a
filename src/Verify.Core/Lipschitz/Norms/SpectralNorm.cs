using RobustVerify.Core.Lipschitz.Multipliers;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz.Norms;

/// <summary>The largest singular value of a dense matrix, from both sides.</summary>
/// <remarks>
/// The smaller Gram matrix G has the same largest eigenvalue. Power iteration with squaring guesses it, and λI − G is then proved to be
/// positive definite for a λ as little above as succeeds. Below, ‖Av‖/‖v‖ for the vector found.
/// </remarks>
internal static class SpectralNorm
{
    private const int Steps = 60;

    /// <summary>An upper bound.</summary>
    /// <param name="matrix">rows × columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static double Upper(ReadOnlySpan<double> matrix, int rows, int columns)
    {
        var scale = MaxAbs(matrix);
        if (scale == 0) return 0;
        if (!double.IsFinite(scale)) return double.PositiveInfinity;
        if (Math.Min(rows, columns) == 1) return Length(matrix, up: true);
        var gram = Gram(matrix, rows, columns, scale, out var order, out var error);
        var least = Power(gram, order);
        var (work, trace) = (new double[gram.Length], 0.0);
        for (var i = 0; i < order; i++) trace += gram[i * order + i];

        // The trace is above every eigenvalue.
        var most = trace;
        for (var slack = 1e-13 * order; least * (1 + slack) < most; slack *= 4)
        {
            var attempt = least * (1 + slack);
            if (!Proves(attempt)) continue;
            most = attempt;
            break;
        }

        return Rounding.Up(Rounding.Up(Math.Sqrt(Rounding.Up(most * (1 + 1e-14) + error))) * scale);

        bool Proves(double attempt)
        {
            for (var i = 0; i < gram.Length; i++) work[i] = -gram[i];
            for (var i = 0; i < order; i++) work[i * order + i] += attempt;
            return PositiveDefinite.Proves(work, order, error + 1e-15 * attempt);
        }
    }

    /// <summary>A lower bound.</summary>
    /// <inheritdoc cref="Upper"/>
    public static double Lower(ReadOnlySpan<double> matrix, int rows, int columns)
    {
        var scale = MaxAbs(matrix);
        if (scale == 0 || !double.IsFinite(scale)) return 0;
        if (Math.Min(rows, columns) == 1) return Length(matrix, up: false);
        var gram = Gram(matrix, rows, columns, scale, out var order, out var error);
        var least = Power(gram, order);
        return Math.Max(0, Rounding.Down(Rounding.Down(Math.Sqrt(Math.Max(0, least * (1 - 1e-14 * (order + 8)) - error))) * scale));
    }

    /// <summary>A Rayleigh quotient of a symmetric positive matrix, near its largest eigenvalue.</summary>
    public static double Power(double[] gram, int order) => Power(gram, order, out _);

    /// <inheritdoc cref="Power(double[], int)"/>
    public static double Power(double[] gram, int order, out double[] vector)
    {
        // The column of largest diagonal, spread a little, is not orthogonal to the eigenvector but by accident.
        vector = new double[order];
        for (var i = 0; i < order; i++) vector[i] = 1 + 0.01 * (i % 7);
        var start = 0;
        for (var i = 1; i < order; i++) start = gram[i * order + i] > gram[start * order + start] ? i : start;
        for (var i = 0; i < order; i++) vector[i] = gram[start * order + i] + 1e-3 * vector[i] * gram[start * order + start];
        var (power, next) = ((double[])gram.Clone(), new double[order]);
        var squarings = order <= 200 ? 8 : 3;
        for (var s = 0; s < squarings; s++)
        {
            var square = new double[power.Length];
            MatrixProduct.Accumulate<double>(power, power, square, order, order, order);
            var largest = MaxAbs(square);
            if (!(largest > 0) || !double.IsFinite(largest)) break;
            for (var i = 0; i < square.Length; i++) power[i] = square[i] / largest;
        }

        var quotient = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            MatrixProduct.Accumulate<double>(vector, power, next, 1, order, order);
            var length = Math.Sqrt(Reduction.Dot(next, next));
            if (!(length > 0)) break;
            for (var i = 0; i < order; i++) (vector[i], next[i]) = (next[i] / length, 0);
            var before = quotient;
            quotient = Quotient(gram, vector, order);
            if (step > 2 && Math.Abs(quotient - before) <= 1e-15 * quotient) break;
        }

        return quotient;
    }

    /// <summary>The Euclidean length of a vector, rounded up or down.</summary>
    public static double Length(ReadOnlySpan<double> vector, bool up)
    {
        var scale = MaxAbs(vector);
        if (scale == 0 || !double.IsFinite(scale)) return scale;
        var sum = 0.0;
        foreach (var value in vector) sum += value / scale * (value / scale);
        var slack = Rounding.Gamma(vector.Length + 8);
        return up
            ? Rounding.Up(Rounding.Up(Math.Sqrt(sum * (1 + 4 * slack))) * scale)
            : Rounding.Down(Rounding.Down(Math.Sqrt(sum * (1 - 4 * slack))) * scale);
    }

    private static double Quotient(double[] gram, double[] vector, int order)
    {
        var product = new double[order];
        MatrixProduct.Accumulate<double>(vector, gram, product, 1, order, order);
        return Reduction.Dot(product, vector) / Reduction.Dot(vector, vector);
    }

    /// <summary>The smaller Gram matrix of the matrix over its largest entry, and a bound of the l2 norm of its rounding error.</summary>
    private static double[] Gram(ReadOnlySpan<double> matrix, int rows, int columns, double scale, out int order, out double error)
    {
        var scaled = new double[matrix.Length];
        for (var i = 0; i < scaled.Length; i++) scaled[i] = matrix[i] / scale;
        order = Math.Min(rows, columns);
        if (rows > columns)
        {
            var transposed = new double[scaled.Length];
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < columns; j++) transposed[j * rows + i] = scaled[i * columns + j];
            }

            scaled = transposed;
        }

        var inner = Math.Max(rows, columns);
        var gram = new double[order * order];
        MatrixProduct.AccumulateTransposed<double>(scaled, scaled, gram, order, inner, order);

        // An entry is off by at most γ times the product of two rows' lengths, so all together by γ times the trace.
        var trace = 0.0;
        for (var i = 0; i < order; i++) trace += gram[i * order + i];
        error = 2 * Rounding.Gamma(inner + 8) * trace;
        return gram;
    }

    private static double MaxAbs(ReadOnlySpan<double> values)
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
