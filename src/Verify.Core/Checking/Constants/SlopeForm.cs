using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Whether multipliers of slopes prove an l2 bound of a chain.</summary>
/// <remarks>
/// A difference x of inputs leads to z₁ = W₁x, y₁, z₂ = W₂y₁, …, with (y − αz)(y − βz) ≤ 0 for every neuron. Where the quadratic form ρ‖x‖² −
/// ‖W_L y‖² + 2 Σ T(y − αz)(y − βz), in x and all y as if they were free, is positive definite for some T ≥ 0, ‖W_L y‖² ≤ ρ‖x‖². It holds
/// for every Jacobian whose slopes lie between the bounds as well.
/// Source: Fazlyab et al. 2019, arXiv 1906.04893 (one multiplier a neuron).
/// </remarks>
internal sealed class SlopeForm
{
    private const int MostVariables = 6000;

    private readonly ChainLayer[] layers;

    public SlopeForm(Chain chain)
    {
        layers = [.. chain.Layers];

        // Of inputs only what the first matrix sees of them matters.
        if (layers[0].Rows < layers[0].Columns && chain.Functions.Length > 0) layers[0] = Narrow(layers[0]) ?? layers[0];
    }

    /// <summary>The least bound near one that is claimed which the multipliers prove; infinite where they do not.</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="multipliers">T, one a neuron.</param>
    /// <param name="lower">α.</param>
    /// <param name="upper">β.</param>
    public double Bound(double bound, ReadOnlySpan<double> multipliers, double[][] lower, double[][] upper)
    {
        if (layers.Length < 2 || layers.Sum(layer => layer.Columns) > MostVariables) return double.PositiveInfinity;
        foreach (var more in (ReadOnlySpan<double>)[0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4])
        {
            var larger = bound * (1 + more);
            var scaled = multipliers.ToArray();
            for (var i = 0; i < scaled.Length; i++) scaled[i] *= 1 + 2 * more;
            if (IsPositive(larger, scaled, lower, upper)) return larger;
        }

        return double.PositiveInfinity;
    }

    private bool IsPositive(double bound, double[] multipliers, double[][] lower, double[][] upper)
    {
        var order = layers.Sum(layer => layer.Columns);
        var (form, sizes) = (new double[order * order], new double[order * order]);
        var (start, first, roundings) = (0, 0, 0);
        for (var i = 0; i < layers[0].Columns; i++) Add(i, i, Rounding.Down(bound * bound), 0);
        for (var k = 0; k < layers.Length; k++)
        {
            var layer = layers[k];
            var (isLast, next) = (k == layers.Length - 1, start + layer.Columns);
            roundings = Math.Max(roundings, layer.Rows + 2 * layer.Roundings);
            var (weights, weightSizes) = (new double[layer.Matrix.Length], new double[layer.Matrix.Length]);
            for (var i = 0; i < layer.Rows; i++)
            {
                var (t, a, b) = isLast ? (0, 0, 0) : (2 * multipliers[first + i], lower[k][i], upper[k][i]);
                var square = isLast ? -1 : t * a * b;
                if (!isLast) Add(next + i, next + i, t, 0);
                for (var j = 0; j < layer.Columns; j++)
                {
                    var at = i * layer.Columns + j;
                    (weights[at], weightSizes[at]) = (square * layer.Matrix[at], Math.Abs(square) * layer.Size[at]);
                    if (!isLast) Add(next + i, start + j, -t * (a + b) / 2 * layer.Matrix[at], t * (Math.Abs(a) + Math.Abs(b)) * layer.Size[at]);
                }
            }

            var (squares, size) = (Gram(weights, layer.Matrix, layer), Gram(weightSizes, layer.Size, layer));
            for (var i = 0; i < layer.Columns; i++)
            {
                for (var j = 0; j <= i; j++) Add(start + i, start + j, squares[i * layer.Columns + j], size[i * layer.Columns + j]);
            }

            if (!isLast) first += layer.Rows;
            start = next;
        }

        // Powers of two bring the diagonal near one, exactly. The l2 norm of errors is at most their largest row sum.
        var (scales, sums) = (new double[order], new double[order]);
        for (var i = 0; i < order; i++)
        {
            var pivot = form[i * order + i];
            if (!(pivot > 0) || !double.IsFinite(pivot)) return false;
            scales[i] = Math.ScaleB(1, -Math.ILogB(pivot) / 2);
        }

        for (var i = 0; i < order; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var (at, scale) = (i * order + j, scales[i] * scales[j]);
                form[at] *= scale;
                var size = scale * sizes[at] + Math.Abs(form[at]);
                sums[i] += size;
                if (i != j) sums[j] += size;
            }
        }

        return PositiveDefinite.Holds(form, order, 4 * Rounding.Gamma(roundings + 32) * sums.Max());

        void Add(int i, int j, double value, double size)
        {
            form[i * order + j] += value;
            sizes[i * order + j] += size + Math.Abs(value);
        }
    }

    /// <summary>Aᵀ B for matrices of the size of a layer's.</summary>
    private static double[] Gram(double[] a, double[] b, ChainLayer layer)
    {
        var (flipped, product) = (new double[a.Length], new double[layer.Columns * layer.Columns]);
        if (a.AsSpan().IndexOfAnyExcept(0.0, -0.0) < 0) return product;
        for (var i = 0; i < layer.Rows; i++)
        {
            for (var j = 0; j < layer.Columns; j++) flipped[j * layer.Rows + i] = a[i * layer.Columns + j];
        }

        MatrixProduct.Accumulate<double>(flipped, b, product, layer.Columns, layer.Rows, layer.Columns);
        return product;
    }

    /// <summary>
    /// A square matrix F with FFᵀ ⪰ WWᵀ, hardly more: then W = FC for some ‖C‖ ≤ 1, so that a bound for F holds for W (Douglas 1966).
    /// </summary>
    private static ChainLayer? Narrow(ChainLayer layer)
    {
        var (rows, columns) = (layer.Rows, layer.Columns);
        var gram = new double[rows * rows];
        MatrixProduct.AccumulateTransposed<double>(layer.Matrix, layer.Matrix, gram, rows, columns, rows);
        var squares = 0.0;
        foreach (var value in layer.Size) squares += value * value;

        // What the product and the matrix are off by, entry by entry at most γ times the lengths of two rows; and the factor.
        var more = 4 * Rounding.Gamma(columns + 2 * layer.Roundings + 16) * squares + 2 * PositiveDefinite.Shift(gram, rows);
        for (var i = 0; i < rows; i++) gram[i * rows + i] = Rounding.Up(gram[i * rows + i] + more);
        if (!PositiveDefinite.Cholesky(gram, rows)) return null;
        for (var i = 0; i < rows; i++) gram.AsSpan(i * rows + i + 1, rows - i - 1).Clear();
        return layer with { Columns = rows, Matrix = gram, Size = Array.ConvertAll(gram, Math.Abs), Roundings = 0 };
    }
}
