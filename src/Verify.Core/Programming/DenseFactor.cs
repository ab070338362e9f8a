using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Programming;

/// <summary>The LU factors of a small dense matrix, P A = L U, with partial pivoting.</summary>
/// <remarks>By rows, so that every step of the factorisation and of the solves runs along contiguous memory.</remarks>
internal sealed class DenseFactor
{
    private double[] matrix = [];

    /// <summary>Rows and columns of the matrix.</summary>
    public int Size { get; private set; }

    /// <summary>Makes room for a matrix, and returns it, all zero.</summary>
    public Span<double> Reset(int size)
    {
        Size = size;
        if (matrix.Length < size * size) matrix = new double[size * size];
        var span = matrix.AsSpan(0, size * size);
        span.Clear();
        return span;
    }

    /// <summary>Factors the matrix in place; <paramref name="rows"/> are permuted with its rows.</summary>
    /// <returns>Steps that found no pivot: columns that depend on those before them.</returns>
    public List<int> Factor(Span<int> rows, double tolerance)
    {
        var dependent = new List<int>();
        var n = Size;
        for (var k = 0; k < n; k++)
        {
            var (best, largest) = (k, 0.0);
            for (var i = k; i < n; i++)
            {
                var magnitude = Math.Abs(matrix[i * n + k]);
                if (magnitude > largest) (best, largest) = (i, magnitude);
            }

            if (largest < tolerance)
            {
                dependent.Add(k);
                continue;
            }

            var pivotRow = matrix.AsSpan(k * n, n);
            if (best != k)
            {
                (rows[k], rows[best]) = (rows[best], rows[k]);
                var other = matrix.AsSpan(best * n, n);
                for (var j = 0; j < n; j++) (pivotRow[j], other[j]) = (other[j], pivotRow[j]);
            }

            for (var i = k + 1; i < n; i++)
            {
                ref var head = ref matrix[i * n + k];
                if (head == 0) continue;
                head /= pivotRow[k];
                SimplexMatrix.Add(-head, pivotRow[(k + 1)..], matrix.AsSpan(i * n + k + 1, n - k - 1));
            }
        }

        return dependent;
    }

    /// <summary>x becomes L⁻¹ x.</summary>
    public void SolveLower(Span<double> x)
    {
        for (var i = 1; i < Size; i++) x[i] -= Reduction.Dot(matrix.AsSpan(i * Size, i), x[..i]);
    }

    /// <summary>x becomes U⁻¹ x.</summary>
    public void SolveUpper(Span<double> x)
    {
        for (var i = Size - 1; i >= 0; i--)
            x[i] = (x[i] - Reduction.Dot(matrix.AsSpan(i * Size + i + 1, Size - i - 1), x[(i + 1)..])) / matrix[i * Size + i];
    }

    /// <summary>x becomes U⁻ᵀ x, then L⁻ᵀ x.</summary>
    public void SolveTransposed(Span<double> x)
    {
        for (var k = 0; k < Size; k++)
        {
            if (x[k] == 0) continue;
            x[k] /= matrix[k * Size + k];
            SimplexMatrix.Add(-x[k], matrix.AsSpan(k * Size + k + 1, Size - k - 1), x[(k + 1)..]);
        }

        for (var k = Size - 1; k > 0; k--)
        {
            if (x[k] != 0) SimplexMatrix.Add(-x[k], matrix.AsSpan(k * Size, k), x[..k]);
        }
    }
}
