using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz;

/// <summary>An l2 bound of a chain for multipliers T of its functions' slopes.</summary>
/// <remarks>
/// <para>
/// A difference of inputs x goes to z₁ = W₁x, y₁ with (y₁ − αz₁)(y₁ − βz₁) ≤ 0 for every neuron, z₂ = W₂y₁, and so on. So for every T ≥ 0
/// ‖W_L y‖² ≤ max over all x, y of ‖W_L y‖² − 2 Σ T(y − αz)(y − βz), and where that is at most ρ‖x‖², √ρ bounds the constant.
/// From the last layer to the first the maximum over y_k is a quadratic form of z_k, if 2T_k exceeds the form of y_k:
/// Q_k = (α+β)T (2T − P_{k+1})⁻¹ T(α+β) − 2αβT and P_k = W_kᵀ Q_k W_k.
/// </para>
/// <para>
/// The bound by floating point is only a guess. The proof is that the matrix of the form ρ‖x‖² − … in all variables is positive
/// definite (<see cref="PositiveDefinite"/>), for a ρ a little larger.
/// Source: Fazlyab et al. 2019, arXiv 1906.04893 (with multipliers a neuron).
/// </para>
/// </remarks>
internal sealed class SlopeMultipliers
{
    // The matrix of the proof; its factor takes the third power of that.
    private const int MostVariables = 2500;

    private readonly DenseLayer[] layers;
    private readonly double[] last; // W_Lᵀ W_L
    private readonly double[]?[] inverses;

    private SlopeMultipliers(DenseChain chain)
    {
        layers = (DenseLayer[])chain.Layers.Clone();
        if (layers[0].Rows < layers[0].Columns) layers[0] = Reduced(layers[0]);
        inverses = new double[layers.Length - 1][];
        last = Product(layers[^1].Matrix, layers[^1].Matrix, layers[^1].Rows, layers[^1].Columns);
    }

    /// <summary>For a chain that has functions and is small enough, otherwise null.</summary>
    public static SlopeMultipliers? Of(DenseChain chain) =>
        chain.Functions.Length > 0 && chain.Layers.Sum(layer => Math.Min(layer.Columns, layer.Rows)) <= MostVariables && chain.Layers.Skip(1).Sum(layer => layer.Columns) <= MostVariables ? new(chain) : null;

    /// <summary>The multipliers of ECLipsE-Fast: one a layer, by a formula.</summary>
    /// <remarks>
    /// Slopes between 0 and β_k, m = β_k/2: X₀ = I; S = W X⁻¹ Wᵀ; l = 1/(2 m² λ(S)); X = l I − l² m² S; Lip² = λ(W_L X⁻¹ W_Lᵀ). These are
    /// T = Lip² l/2. Where slopes are negative, −α stands in for β if it is larger.
    /// Source: Xu and Sivaranjani 2024, arXiv 2404.04375.
    /// </remarks>
    public (double[][] Multipliers, double BoundSquared)? ByFormula(double[][] lowerSlopes, double[][] upperSlopes)
    {
        var lengths = new double[layers.Length - 1];
        double[]? inverse = null;
        for (var k = 0; k < layers.Length; k++)
        {
            var (rows, columns) = (layers[k].Rows, layers[k].Columns);
            var matrix = layers[k].Matrix;
            var s = new double[rows * rows];
            if (inverse is null)
            {
                MatrixProduct.AccumulateTransposed<double>(matrix, matrix, s, rows, columns, rows);
            }
            else
            {
                var half = new double[rows * columns];
                MatrixProduct.Accumulate<double>(matrix, inverse, half, rows, columns, columns);
                MatrixProduct.AccumulateTransposed<double>(half, matrix, s, rows, columns, rows);
            }

            var largest = SpectralNorm.Power(s, rows);
            if (!(largest > 0)) return null;
            if (k == layers.Length - 1)
            {
                var multipliers = new double[layers.Length - 1][];
                for (var i = 0; i < multipliers.Length; i++)
                {
                    multipliers[i] = new double[layers[i].Rows];
                    Array.Fill(multipliers[i], largest * lengths[i] / 2);
                }

                return (multipliers, largest);
            }

            var beta = 0.0;
            for (var i = 0; i < rows; i++) beta = Math.Max(beta, Math.Max(upperSlopes[k][i], -lowerSlopes[k][i]));
            if (beta == 0) return null;
            var m = beta / 2;
            lengths[k] = 1 / (2 * m * m * largest);
            for (var i = 0; i < s.Length; i++) s[i] *= -lengths[k] * lengths[k] * m * m;
            for (var i = 0; i < rows; i++) s[i * rows + i] += lengths[k];
            inverse = Inverse(s, rows);
            if (inverse is null) return null;
        }

        return null;
    }

    /// <summary>
    /// The bound squared for some multipliers, or infinity where they are too small; and how it changes with every one.
    /// </summary>
    /// <param name="multipliers">T, for every function.</param>
    /// <param name="lowerSlopes">α, for every function.</param>
    /// <param name="upperSlopes">β, for every function.</param>
    /// <param name="squarings">The largest eigenvalue is smoothed to tr(Aᵖ)^(1/p) with p of 2 to that power.</param>
    /// <param name="gradient">Filled in where it is not null: the derivative of the smoothed value.</param>
    /// <param name="spread">Filled in where it is not null: how far a slope is from both ends in the worst case, by what it matters.</param>
    public double Evaluate(double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes, int squarings, double[][]? gradient, double[][]? spread = null)
    {
        var form = last;
        for (var k = layers.Length - 2; k >= 0; k--)
        {
            var size = layers[k].Rows;
            var h = new double[size * size];
            for (var i = 0; i < h.Length; i++) h[i] = -form[i];
            for (var i = 0; i < size; i++) h[i * size + i] += 2 * multipliers[k][i];
            var inverse = Inverse(h, size);
            if (inverse is null) return double.PositiveInfinity;
            inverses[k] = inverse;
            var q = new double[size * size];
            for (var i = 0; i < size; i++)
            {
                var (ti, ai, bi) = (multipliers[k][i], lowerSlopes[k][i], upperSlopes[k][i]);
                var left = ti * (ai + bi);
                for (var j = 0; j < size; j++) q[i * size + j] = left * inverse[i * size + j] * multipliers[k][j] * (lowerSlopes[k][j] + upperSlopes[k][j]);
                q[i * size + i] -= 2 * ai * bi * ti;
            }

            form = Congruent(layers[k].Matrix, q, size, layers[k].Columns);
        }

        // tr(Aᵖ)^(1/p) of A / λ by squaring.
        var order = layers[0].Columns;
        var scale = 0.0;
        for (var i = 0; i < order; i++) scale += form[i * order + i];
        if (!(scale > 0) || !double.IsFinite(scale)) return double.PositiveInfinity;
        var power = Array.ConvertAll(form, value => value / scale);
        var (norm, exponent) = (Math.Log(scale), 1.0);
        double[] before = power;
        for (var s = 0; s < squarings; s++)
        {
            before = power;
            var square = new double[power.Length];
            MatrixProduct.Accumulate<double>(power, power, square, order, order, order);
            var trace = 0.0;
            for (var i = 0; i < order; i++) trace += square[i * order + i];
            for (var i = 0; i < square.Length; i++) square[i] /= trace;
            (power, exponent) = (square, exponent * 2);
            norm += Math.Log(trace) / exponent;
        }

        var value = Math.Exp(norm);
        if (gradient is null) return value;

        // The weights of the eigenvectors, Aᵖ⁻¹/tr(Aᵖ) · value: near enough Aᵖ/tr(Aᵖ), which sums to one.
        var z = Spread(layers[0].Matrix, power, layers[0].Rows, order);
        for (var k = 0; k < layers.Length - 1; k++)
        {
            var size = layers[k].Rows;
            var inverse = inverses[k]!;
            var gain = new double[size * size];
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++) gain[i * size + j] = inverse[i * size + j] * multipliers[k][j] * (lowerSlopes[k][j] + upperSlopes[k][j]);
            }

            var cross = new double[size * size];
            MatrixProduct.Accumulate<double>(gain, z, cross, size, size, size);
            var y = new double[size * size];
            MatrixProduct.AccumulateTransposed<double>(cross, gain, y, size, size, size);
            for (var i = 0; i < size; i++)
            {
                var (a, b, at) = (lowerSlopes[k][i], upperSlopes[k][i], i * size + i);
                gradient[k][i] = -2 * (y[at] - (a + b) * cross[at] + a * b * z[at]);
                if (spread is not null) spread[k][i] = z[at] > 0 ? multipliers[k][i] * (cross[at] - a * z[at]) * (b * z[at] - cross[at]) / z[at] : 0;
            }

            if (k + 1 < layers.Length - 1) z = Spread(layers[k + 1].Matrix, y, layers[k + 1].Rows, size);
        }

        return value;
    }

    /// <summary>A bound of the constant, a given one but for rounding, that these multipliers prove; infinite where they do not.</summary>
    public double Prove(double[][] multipliers, double boundSquared, double[][] lowerSlopes, double[][] upperSlopes)
    {
        for (var slack = 1e-10; slack < 0.1; slack *= 4)
        {
            var larger = multipliers.Select(t => Array.ConvertAll(t, value => value * (1 + slack))).ToArray();
            if (Proves(boundSquared * (1 + slack), larger, lowerSlopes, upperSlopes)) return Rounding.Up(Math.Sqrt(Rounding.Up(boundSquared * (1 + slack))));
        }

        return double.PositiveInfinity;
    }

    /// <summary>A bound of the constant that these multipliers prove; infinite where they prove none.</summary>
    public double Prove(double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes)
    {
        var guess = Evaluate(multipliers, lowerSlopes, upperSlopes, 12, null);
        if (!double.IsFinite(guess)) return double.PositiveInfinity;

        // tr(Aᵖ)^(1/p) is above the largest eigenvalue by the p-th root of their number at most, here a part in a thousand: so begin below.
        for (var slack = -0.001; slack < 1; slack = slack < 0 ? slack / 2 + 1e-5 : 2 * slack + 1e-4)
        {
            var rho = guess * (1 + slack);
            var larger = multipliers.Select(t => Array.ConvertAll(t, value => value * (1 + Math.Max(slack, 1e-9)))).ToArray();
            if (Proves(rho, larger, lowerSlopes, upperSlopes)) return Rounding.Up(Math.Sqrt(Rounding.Up(rho)));
        }

        return double.PositiveInfinity;
    }

    /// <summary>Whether ρ‖x‖² − ‖W_L y‖² + 2 Σ T(y − αz)(y − βz) is positive.</summary>
    private bool Proves(double rho, double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes)
    {
        var order = layers.Sum(layer => layer.Columns);
        var matrix = new double[order * order];
        var errors = new List<(int Row, int Column, int Columns, double[] Sizes)>(); // what the entries of a block may be off by
        var offset = 0;
        for (var i = 0; i < layers[0].Columns; i++) matrix[i * order + i] = rho;
        for (var k = 0; k < layers.Length; k++)
        {
            var (rows, columns) = (layers[k].Rows, layers[k].Columns);
            var (w, m) = (layers[k].Matrix, layers[k].Magnitude);
            var isLast = k == layers.Length - 1;
            var weighted = new double[rows * columns];
            var absolute = new double[rows * columns];
            for (var i = 0; i < rows; i++)
            {
                var weight = isLast ? -1 : 2 * multipliers[k][i] * lowerSlopes[k][i] * upperSlopes[k][i];
                for (var j = 0; j < columns; j++) (weighted[i * columns + j], absolute[i * columns + j]) = (weight * w[i * columns + j], Math.Abs(weight) * m[i * columns + j]);
            }

            // The quadratic form of the layer's input.
            if (weighted.AsSpan().IndexOfAnyExcept(0.0, -0.0) >= 0)
            {
                var block = Product(weighted, w, rows, columns);
                var sizes = Product(absolute, m, rows, columns);
                var gamma = 2 * Rounding.Gamma(rows + 2 * layers[k].Roundings + 8);
                for (var i = 0; i < columns; i++)
                {
                    for (var j = 0; j < columns; j++)
                    {
                        matrix[(offset + i) * order + offset + j] += block[i * columns + j];
                        sizes[i * columns + j] = gamma * sizes[i * columns + j] + 4e-16 * Math.Abs(matrix[(offset + i) * order + offset + j]);
                    }
                }

                errors.Add((offset, offset, columns, sizes));
            }

            if (isLast) break;
            var next = offset + columns;
            var off = 2 * Rounding.Gamma(layers[k].Roundings + 8);
            var wrong = new double[rows * columns];
            for (var i = 0; i < rows; i++)
            {
                matrix[(next + i) * order + next + i] += 2 * multipliers[k][i];
                var weight = -multipliers[k][i] * (lowerSlopes[k][i] + upperSlopes[k][i]);
                for (var j = 0; j < columns; j++)
                {
                    matrix[(next + i) * order + offset + j] += weight * w[i * columns + j];
                    wrong[i * columns + j] = off * Math.Abs(weight) * m[i * columns + j];
                }
            }

            errors.Add((next, offset, columns, wrong));

            offset = next;
        }

        // Scaled to a diagonal near one, by powers of two, which round nothing.
        var scales = new double[order];
        for (var i = 0; i < order; i++)
        {
            if (!(matrix[i * order + i] > 0) || !double.IsFinite(matrix[i * order + i])) return false;
            scales[i] = Math.ScaleB(1, -Math.ILogB(Math.Sqrt(matrix[i * order + i])));
        }

        for (var i = 0; i < order; i++)
        {
            for (var j = 0; j <= i; j++) matrix[i * order + j] *= scales[i] * scales[j];
        }

        // The l2 norm of a symmetric matrix is at most its largest absolute row sum.
        var sums = new double[order];
        foreach (var (row, column, columns, sizes) in errors)
        {
            for (var i = 0; i < sizes.Length; i++)
            {
                var (to, from) = (row + i / columns, column + i % columns);
                var size = sizes[i] * scales[to] * scales[from];
                sums[to] += size;
                if (row != column) sums[from] += size;
            }
        }

        return PositiveDefinite.Proves(matrix, order, 2 * sums.Max());
    }

    /// <summary>Aᵀ B for two matrices of rows × columns.</summary>
    private static double[] Product(double[] a, double[] b, int rows, int columns)
    {
        var flipped = new double[a.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) flipped[j * rows + i] = a[i * columns + j];
        }

        var product = new double[columns * columns];
        MatrixProduct.Accumulate<double>(flipped, b, product, columns, rows, columns);
        return product;
    }

    /// <summary>A square layer F with W Wᵀ ⪯ F Fᵀ, hardly more: what it leads to from unit vectors contains what W leads to.</summary>
    private static DenseLayer Reduced(DenseLayer layer)
    {
        var (rows, columns) = (layer.Rows, layer.Columns);
        var gram = new double[rows * rows];
        MatrixProduct.AccumulateTransposed<double>(layer.Matrix, layer.Matrix, gram, rows, columns, rows);
        var size = 0.0;
        foreach (var value in layer.Magnitude) size += value * value;

        // The rounding of W, of the product and of its factor, each at most γ times the sum of squares.
        var added = 8 * Rounding.Gamma(columns + 2 * rows + 2 * layer.Roundings + 16) * size;
        for (var i = 0; i < rows; i++) gram[i * rows + i] += added;
        if (!PositiveDefinite.Factor(gram, rows)) return layer;
        for (var i = 0; i < rows; i++) gram.AsSpan(i * rows + i + 1, rows - i - 1).Clear();
        return layer with { Columns = rows, Matrix = gram, Magnitude = Array.ConvertAll(gram, Math.Abs), Roundings = 0 };
    }

    /// <summary>Wᵀ Q W.</summary>
    private static double[] Congruent(double[] w, double[] q, int rows, int columns)
    {
        var half = new double[rows * columns];
        MatrixProduct.Accumulate<double>(q, w, half, rows, rows, columns);
        return Product(w, half, rows, columns);
    }

    /// <summary>W S Wᵀ.</summary>
    private static double[] Spread(double[] w, double[] s, int rows, int columns)
    {
        var half = new double[rows * columns];
        MatrixProduct.Accumulate<double>(w, s, half, rows, columns, columns);
        var result = new double[rows * rows];
        MatrixProduct.AccumulateTransposed<double>(half, w, result, rows, columns, rows);
        return result;
    }

    /// <summary>The inverse of a symmetric positive definite matrix, or null where it is none; the matrix is overwritten.</summary>
    private static double[]? Inverse(double[] matrix, int order)
    {
        if (!PositiveDefinite.Factor(matrix, order)) return null;

        // Row i of G = L⁻¹, which is lower triangular, from the rows before it.
        var inverse = new double[order * order];
        for (var i = 0; i < order; i++)
        {
            var row = inverse.AsSpan(i * order, i + 1);
            for (var k = 0; k < i; k++)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * order, k + 1), -matrix[i * order + k], row[..(k + 1)], row[..(k + 1)]);
            row[i] = 1;
            System.Numerics.Tensors.TensorPrimitives.Divide(row, matrix[i * order + i], row);
        }

        return Product(inverse, inverse, order, order);
    }
}
