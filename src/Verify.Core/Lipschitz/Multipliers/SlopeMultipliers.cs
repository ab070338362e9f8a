using System.Numerics.Tensors;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz.Multipliers;

/// <summary>An l2 bound of a chain for multipliers T of its functions' slopes.</summary>
/// <remarks>
/// <para>
/// A difference of inputs x goes to z₁ = W₁x, y₁ with (y₁ − αz₁)(y₁ − βz₁) ≤ 0 for every neuron, z₂ = W₂y₁, and so on. So for every T ≥ 0
/// ‖W_L y‖² ≤ max over all x, y of ‖W_L y‖² − 2 Σ T(y − αz)(y − βz), and where that is at most ρ‖x‖², √ρ bounds the constant.
/// That is so where the matrix M of the form ρ‖x‖² − ‖W_L y‖² + 2 Σ T(y − αz)(y − βz) in all variables is positive definite, which is what is proved of
/// it (<see cref="PositiveDefinite"/>), rounding included.
/// </para>
/// <para>
/// From the last layer to the first the maximum over y_k is a quadratic form of z_k, if 2T_k exceeds the form of y_k:
/// Q_k = (α+β)T (2T − P_{k+1})⁻¹ T(α+β) − 2αβT and P_k = W_kᵀ Q_k W_k.
/// Source: Fazlyab et al. 2019, arXiv 1906.04893 (with multipliers a neuron).
/// </para>
/// </remarks>
internal sealed class SlopeMultipliers
{
    // The matrix of the proof; its factor takes the third power of that.
    private const int MostVariables = 2500;

    private readonly DenseLayer[] layers;
    private readonly double[] last; // −W_Lᵀ W_L

    private SlopeMultipliers(DenseChain chain)
    {
        layers = (DenseLayer[])chain.Layers.Clone();
        if (layers[0].Rows < layers[0].Columns) layers[0] = Reduced(layers[0]);
        last = Array.ConvertAll(Product(layers[^1].Matrix, layers[^1].Matrix, layers[^1].Rows, layers[^1].Columns), value => -value);
    }

    /// <summary>The affine layers, the first with no more inputs than outputs.</summary>
    public ReadOnlySpan<DenseLayer> Layers => layers;

    /// <summary>Rows of the form's matrix.</summary>
    public int Order => layers.Sum(layer => layer.Columns);

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
            if (!PositiveDefinite.Factor(s, rows)) return null;
            inverse = PositiveDefinite.Inverse(s, rows);
        }

        return null;
    }

    /// <summary>Multipliers for slopes of any sign, one a layer but for slopes that are fixed, and a bound squared well above what they prove; null where that is zero.</summary>
    /// <param name="lowerSlopes">α, for every function.</param>
    /// <param name="upperSlopes">β, for every function.</param>
    /// <param name="most">The multipliers of slopes that are fixed, as multiples of the others.</param>
    /// <remarks>T_k is the largest eigenvalue of P_{k+1}, so that 2T_k − P_{k+1} is at least T_k.</remarks>
    public (double[][] Multipliers, double BoundSquared)? Start(double[][] lowerSlopes, double[][] upperSlopes, double most)
    {
        const double Excess = 1.1; // above a largest eigenvalue that is found by steps
        var multipliers = new double[layers.Length - 1][];
        var form = Array.ConvertAll(last, value => -value);
        for (var k = layers.Length - 2; k >= 0; k--)
        {
            var (size, columns, w) = (layers[k].Rows, layers[k].Columns, layers[k].Matrix);
            var largest = Excess * SpectralNorm.Power(form, size);
            if (!(largest > 0) || !double.IsFinite(largest)) return null;
            multipliers[k] = new double[size];
            for (var i = 0; i < size; i++) multipliers[k][i] = lowerSlopes[k][i] < upperSlopes[k][i] ? largest : most * largest;
            for (var i = 0; i < form.Length; i++) form[i] = -form[i];
            for (var i = 0; i < size; i++) form[i * size + i] += 2 * multipliers[k][i];
            if (!PositiveDefinite.Factor(form, size)) return null;
            var q = PositiveDefinite.Inverse(form, size);
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                    q[i * size + j] *= multipliers[k][i] * (lowerSlopes[k][i] + upperSlopes[k][i]) * multipliers[k][j] * (lowerSlopes[k][j] + upperSlopes[k][j]);
                q[i * size + i] -= 2 * lowerSlopes[k][i] * upperSlopes[k][i] * multipliers[k][i];
            }

            var half = new double[size * columns];
            MatrixProduct.Accumulate<double>(q, w, half, size, size, columns);
            form = Product(w, half, size, columns);
        }

        return SpectralNorm.Power(form, layers[0].Columns) is > 0 and var bound && double.IsFinite(bound) ? (multipliers, Excess * bound) : null;
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

    /// <summary>The matrix M, rounded: its lower triangle.</summary>
    /// <param name="rho">ρ.</param>
    /// <param name="multipliers">T, for every function.</param>
    /// <param name="lowerSlopes">α, for every function.</param>
    /// <param name="upperSlopes">β, for every function.</param>
    public double[] Matrix(double rho, double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes)
    {
        var order = Order;
        var matrix = new double[order * order];
        var offset = 0;
        for (var i = 0; i < layers[0].Columns; i++) matrix[i * order + i] = rho;
        for (var k = 0; k < layers.Length; k++)
        {
            var (rows, columns, w) = (layers[k].Rows, layers[k].Columns, layers[k].Matrix);
            var isLast = k == layers.Length - 1;
            var weights = isLast ? [] : Weights(k, multipliers, lowerSlopes, upperSlopes);
            if (isLast || weights.AsSpan().ContainsAnyExcept(0.0))
            {
                var block = isLast ? last : Product(Scaled(weights, w), w, rows, columns);
                for (var i = 0; i < columns; i++)
                {
                    var row = matrix.AsSpan((offset + i) * order + offset, columns);
                    TensorPrimitives.Add(row, block.AsSpan(i * columns, columns), row);
                }
            }

            if (isLast) break;
            var next = offset + columns;
            for (var i = 0; i < rows; i++)
            {
                var row = matrix.AsSpan((next + i) * order, order);
                row[next + i] += 2 * multipliers[k][i];
                TensorPrimitives.Multiply(w.AsSpan(i * columns, columns), -multipliers[k][i] * (lowerSlopes[k][i] + upperSlopes[k][i]), row.Slice(offset, columns));
            }

            offset = next;
        }

        return matrix;
    }

    /// <summary>Whether M is positive definite for certain.</summary>
    private bool Proves(double rho, double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes)
    {
        var matrix = Matrix(rho, multipliers, lowerSlopes, upperSlopes);
        var order = Order;
        var errors = new List<(int Row, int Column, int Columns, double[] Sizes)>(); // what the entries of a block may be off by
        var offset = 0;
        for (var k = 0; k < layers.Length; k++)
        {
            var (rows, columns, m) = (layers[k].Rows, layers[k].Columns, layers[k].Magnitude);
            var isLast = k == layers.Length - 1;
            var weights = isLast ? [.. Enumerable.Repeat(1.0, rows)] : Array.ConvertAll(Weights(k, multipliers, lowerSlopes, upperSlopes), Math.Abs);
            if (weights.AsSpan().ContainsAnyExcept(0.0))
            {
                var sizes = Product(Scaled(weights, m), m, rows, columns);
                var gamma = 2 * Rounding.Gamma(rows + 2 * layers[k].Roundings + 8);
                for (var i = 0; i < columns; i++)
                {
                    for (var j = 0; j < columns; j++)
                        sizes[i * columns + j] = gamma * sizes[i * columns + j] + 4e-16 * Math.Abs(matrix[(offset + i) * order + offset + j]);
                }

                errors.Add((offset, offset, columns, sizes));
            }

            if (isLast) break;
            var next = offset + columns;
            var off = 2 * Rounding.Gamma(layers[k].Roundings + 8);
            var wrong = new double[rows * columns];
            for (var i = 0; i < rows; i++)
            {
                var weight = off * Math.Abs(multipliers[k][i] * (lowerSlopes[k][i] + upperSlopes[k][i]));
                for (var j = 0; j < columns; j++) wrong[i * columns + j] = weight * m[i * columns + j];
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

    /// <summary>2αβT, which multiply the squares of a function's inputs.</summary>
    private static double[] Weights(int k, double[][] multipliers, double[][] lowerSlopes, double[][] upperSlopes)
    {
        var weights = new double[multipliers[k].Length];
        for (var i = 0; i < weights.Length; i++) weights[i] = 2 * multipliers[k][i] * lowerSlopes[k][i] * upperSlopes[k][i];
        return weights;
    }

    /// <summary>A matrix whose rows are multiplied by weights.</summary>
    private static double[] Scaled(double[] weights, double[] matrix)
    {
        var (scaled, columns) = (new double[matrix.Length], matrix.Length / weights.Length);
        for (var i = 0; i < weights.Length; i++) TensorPrimitives.Multiply(matrix.AsSpan(i * columns, columns), weights[i], scaled.AsSpan(i * columns, columns));
        return scaled;
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
}
