using System.Numerics.Tensors;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Bounds of the Jacobian of a chain by lines: J = W_L D_{L−1} W_{L−1} … D₁ W₁ with slopes D between two bounds.</summary>
/// <remarks>
/// <para>
/// A row of J is q₁ = (row of W_L), u = d ∘ q, q ← u W, and so on. Where q has a known sign, u = d q is bounded exactly by a
/// multiple of q, which is what RecurJac's signs give; elsewhere max(αq, βq) and min(αq, βq) by their chords. Linear functions of J
/// are carried back through these lines to the constants q₁. The l∞ norm is bounded as one such function: |Jᵢⱼ| is at most its chord
/// over the bounds of Jᵢⱼ, and what several entries have in common then counts once.
/// </para>
/// <para>
/// Requires a chain with bounded slopes. Sound for every Jacobian whose slopes lie between the bounds; what the slopes have to do with
/// one another, or with the input, is not used. Never looser than intervals. Rounding: what is computed of an entry is a sum whose
/// terms add up to at most (2t + 1) times the product of absolute values over t layers, so γ times that is added.
/// Sources: Zhang et al. 2019, arXiv 1810.11783 (RecurJac); Shi et al. 2022, arXiv 2210.07394 (lines for the Jacobian).
/// </para>
/// <para>Not for several threads at once: it keeps what it computes in.</para>
/// </remarks>
internal sealed class GatedJacobian
{
    private readonly DenseChain chain;
    private readonly bool transposed;
    private readonly int rows;
    private readonly double[][] matrices; // matrices[t] leads from q_t to q_{t+1}: sizes[t] × sizes[t + 1]; q₀ are the units of the rows.
    private readonly double[][] transposes;
    private readonly int[] sizes;
    private readonly double[][] errors; // what q_{t+1} may be off by, rows × size
    private readonly double[][] lower, upper; // bounds of q_{t+1}, rows × size
    private readonly double[] coefficients, results, constants, slopes;
    private readonly double[][] below, above; // the slopes of u at t, in the order of this direction

    /// <param name="chain">The network.</param>
    /// <param name="transposed">Whether Jᵀ is bounded instead, from the other end: for the l1 norm.</param>
    public GatedJacobian(DenseChain chain, bool transposed)
    {
        (this.chain, this.transposed) = (chain, transposed);
        var layers = chain.Layers;
        var count = layers.Length;
        matrices = new double[count][];
        transposes = new double[count][];
        sizes = new int[count + 1];
        (lower, upper, errors) = (new double[count][], new double[count][], new double[count][]);
        (below, above) = (new double[count][], new double[count][]);
        rows = transposed ? layers[0].Columns : layers[^1].Rows;
        sizes[0] = rows;
        var (chainLength, widest) = (16, 1);
        foreach (var layer in layers)
        {
            chainLength += layer.Rows + layer.Columns + layer.Roundings + 16;
            widest = Math.Max(widest, Math.Max(layer.Rows, layer.Columns));
        }

        var gamma = Rounding.Gamma(2 * chainLength);
        double[]? magnitude = null;
        for (var t = 0; t < count; t++)
        {
            var layer = layers[transposed ? t : count - 1 - t];
            var flipped = Flip(layer.Matrix, layer.Rows, layer.Columns);
            (matrices[t], transposes[t]) = transposed ? (flipped, layer.Matrix) : (layer.Matrix, flipped);
            var absolute = transposed ? Flip(layer.Magnitude, layer.Rows, layer.Columns) : layer.Magnitude;
            sizes[t + 1] = transposed ? layer.Rows : layer.Columns;
            var size = rows * sizes[t + 1];
            (lower[t], upper[t], errors[t]) = (new double[size], new double[size], new double[size]);
            if (magnitude is null)
            {
                magnitude = (double[])absolute.Clone();
            }
            else
            {
                var (low, high) = (SlopesAt(chain.LowerSlopes, t - 1), SlopesAt(chain.UpperSlopes, t - 1));
                for (var i = 0; i < magnitude.Length; i++)
                    magnitude[i] *= Math.Max(Math.Abs(low[i % low.Length]), Math.Abs(high[i % low.Length]));
                var next = new double[size];
                MatrixProduct.Accumulate<double>(magnitude, absolute, next, rows, sizes[t], sizes[t + 1]);
                magnitude = next;
            }

            // The first is a constant, off by what its matrix is.
            for (var i = 0; i < size; i++)
                errors[t][i] = magnitude[i] == 0 || (t == 0 && layer.Roundings == 0) ? 0 : gamma * (2 * t + 6) * magnitude[i] + 1e-290;
        }

        var mostRows = Math.Max(2 * widest, 4);
        (coefficients, results) = (new double[mostRows * widest], new double[mostRows * widest]);
        (constants, slopes) = (new double[mostRows], new double[4 * widest]);
        MatrixError = errors[^1];
    }

    /// <summary>Outputs × inputs, or the other way round where it is transposed: what an entry of J may be off by.</summary>
    public double[] MatrixError { get; }

    /// <summary>Rows of what is bounded.</summary>
    public int Rows => rows;

    /// <summary>Columns of what is bounded.</summary>
    public int Columns => sizes[^1];

    /// <summary>Lower bounds of the entries.</summary>
    public double[] Lower => lower[^1];

    /// <summary>Upper bounds of the entries.</summary>
    public double[] Upper => upper[^1];

    /// <summary>Bounds of what a row is after t further layers, q_{t+1}.</summary>
    public (double[] Lower, double[] Upper) BoundsAt(int t, int row)
    {
        var size = sizes[t + 1];
        return (lower[t][(row * size)..((row + 1) * size)], upper[t][(row * size)..((row + 1) * size)]);
    }

    /// <summary>Bounds every entry.</summary>
    /// <param name="lowerSlopes">For every function, the least slopes.</param>
    /// <param name="upperSlopes">For every function, the largest slopes.</param>
    /// <param name="refine">Whether lines are used, or intervals alone.</param>
    public void Propagate(double[][] lowerSlopes, double[][] upperSlopes, bool refine)
    {
        var count = matrices.Length;
        for (var t = 0; t + 1 < count; t++) (below[t], above[t]) = (SlopesAt(lowerSlopes, t), SlopesAt(upperSlopes, t));
        for (var i = 0; i < lower[0].Length; i++)
        {
            lower[0][i] = matrices[0][i] - errors[0][i];
            upper[0][i] = matrices[0][i] + errors[0][i];
        }

        for (var t = 1; t < count; t++)
        {
            Interval(t);
            if (refine && t > 1) Refine(t);
        }
    }

    /// <summary>An upper bound of the norm of J for the bounds just found.</summary>
    public double Norm(Norm norm, bool joint)
    {
        var columns = Columns;
        if (norm == Specifications.Norm.L2)
        {
            var (center, radius) = (new double[rows * columns], new double[rows * columns]);
            var magnitude = new double[rows * columns];
            for (var i = 0; i < center.Length; i++)
            {
                center[i] = Lower[i] / 2 + Upper[i] / 2;
                radius[i] = Rounding.Up(Math.Max(Upper[i] - center[i], center[i] - Lower[i]));
                magnitude[i] = Math.Max(Math.Abs(Lower[i]), Math.Abs(Upper[i]));
            }

            var plain = MatrixNorm.OfMagnitudes(magnitude, rows, columns, norm);
            var split = Rounding.Up(SpectralNorm.Upper(center, rows, columns) + MatrixNorm.OfMagnitudes(radius, rows, columns, norm));
            if (!joint) return Math.Min(plain, split);
            var squares = 0.0;
            for (var r = 0; r < rows; r++) squares = Rounding.Up(squares + Joint(r, Specifications.Norm.L2));
            return Math.Min(Math.Min(plain, split), Rounding.Up(Math.Sqrt(squares)));
        }

        var largest = 0.0;
        for (var r = 0; r < rows; r++)
        {
            var sum = 0.0;
            for (var j = 0; j < columns; j++) sum += Math.Max(Math.Abs(Lower[r * columns + j]), Math.Abs(Upper[r * columns + j]));
            sum = sum == 0 ? 0 : Rounding.Up(sum * (1 + 2 * Rounding.Gamma(columns + 4)));
            if (sum > largest) largest = Math.Max(largest, joint ? Math.Min(sum, Joint(r, Specifications.Norm.Linf)) : sum);
        }

        return largest;
    }

    private double[] SlopesAt(double[][] all, int t) => all[transposed ? t : all.Length - 1 - t];

    /// <summary>u = d q by intervals, and their sums.</summary>
    private void Interval(int t)
    {
        var (size, from) = (sizes[t + 1], sizes[t]);
        var (low, high, matrix) = (lower[t], upper[t], matrices[t]);
        Array.Clear(low);
        Array.Clear(high);
        for (var r = 0; r < rows; r++)
        {
            var l = low.AsSpan(r * size, size);
            var h = high.AsSpan(r * size, size);
            var isConstant = true;
            for (var i = 0; i < from; i++)
            {
                var (p, q) = (lower[t - 1][r * from + i], upper[t - 1][r * from + i]);
                var (a, b) = (below[t - 1][i], above[t - 1][i]);
                var least = Math.Min(p * (p >= 0 ? a : b), q * (q >= 0 ? a : b));
                var most = Math.Max(p * (p >= 0 ? b : a), q * (q >= 0 ? b : a));
                if (least == 0 && most == 0) continue;
                isConstant = false;
                var weights = matrix.AsSpan(i * size, size);
                if (least == most)
                {
                    TensorPrimitives.MultiplyAdd(weights, least, l, l);
                    TensorPrimitives.MultiplyAdd(weights, most, h, h);
                    continue;
                }

                for (var j = 0; j < size; j++)
                {
                    var w = weights[j];
                    l[j] += w * (w >= 0 ? least : most);
                    h[j] += w * (w >= 0 ? most : least);
                }
            }

            // Where all slopes are zero the row is zero, not only nearly.
            if (isConstant) continue;
            TensorPrimitives.Subtract(l, errors[t].AsSpan(r * size, size), l);
            TensorPrimitives.Add(h, errors[t].AsSpan(r * size, size), h);
        }
    }

    /// <summary>Bounds by lines where they are tighter, for entries that matter to what follows.</summary>
    private void Refine(int t)
    {
        var size = sizes[t + 1];
        var last = t == matrices.Length - 1;
        var needed = new int[size];
        for (var r = 0; r < rows; r++)
        {
            var count = 0;
            for (var i = 0; i < size; i++)
            {
                var open = lower[t][r * size + i] < upper[t][r * size + i] - 4 * errors[t][r * size + i];
                if (open && (last || below[t][i] < above[t][i])) needed[count++] = i;
            }

            if (count == 0) continue;
            var width = sizes[t];
            for (var k = 0; k < count; k++)
            {
                var column = transposes[t].AsSpan(needed[k] * width, width);
                column.CopyTo(coefficients.AsSpan(2 * k * width, width));
                TensorPrimitives.Negate(column, coefficients.AsSpan((2 * k + 1) * width, width));
            }

            MostOf(r, t - 1, 2 * count);
            for (var k = 0; k < count; k++)
            {
                var at = r * size + needed[k];
                upper[t][at] = Math.Min(upper[t][at], constants[2 * k] + errors[t][at]);
                lower[t][at] = Math.Max(lower[t][at], -constants[2 * k + 1] - errors[t][at]);
            }
        }
    }

    /// <summary>An upper bound of Σⱼ |Jᵣⱼ|, or of Σⱼ Jᵣⱼ² for l2, by one linear function of the row.</summary>
    private double Joint(int r, Norm norm)
    {
        var columns = Columns;
        var (constant, error) = (0.0, 0.0);
        var kappa = results.AsSpan(0, columns);
        for (var j = 0; j < columns; j++)
        {
            var (l, h) = (Lower[r * columns + j], Upper[r * columns + j]);
            var nu = 0.0;
            if (norm == Specifications.Norm.L2)
            {
                (kappa[j], nu) = (l + h, -l * h);
            }
            else if (l >= 0 || h <= 0)
            {
                kappa[j] = l >= 0 ? 1 : -1;
            }
            else
            {
                kappa[j] = (h + l) / (h - l);
                nu = -2 * l * (h / (h - l));
            }

            constant += nu;
            error += Math.Abs(nu) * 1e-15 * (columns + 16) + Math.Abs(kappa[j]) * errors[^1][r * columns + j]
                + 4e-16 * Math.Abs(kappa[j]) * Math.Max(Math.Abs(l), Math.Abs(h));
        }

        var t = matrices.Length - 1;
        if (t == 0)
        {
            var sum = 0.0;
            for (var j = 0; j < columns; j++) sum += kappa[j] * matrices[0][r * columns + j];
            return Rounding.Up(constant + sum + 4 * error + Math.Abs(sum) * 1e-15 * (columns + 16));
        }

        var width = sizes[t];
        var start = coefficients.AsSpan(0, width);
        start.Clear();
        MatrixProduct.AccumulateTransposed<double>(kappa, matrices[t], start, 1, columns, width);
        MostOf(r, t - 1, 1);
        return Rounding.Up(constant + constants[0] + 2 * error);
    }

    /// <summary>For rows of coefficients of u_t, upper bounds, left in the constants; the coefficients are used up.</summary>
    private void MostOf(int r, int t, int count)
    {
        constants.AsSpan(0, count).Clear();
        for (; ; t--)
        {
            var size = sizes[t + 1];
            var rising = slopes.AsSpan(0, size);
            var risingOffset = slopes.AsSpan(size, size);
            var falling = slopes.AsSpan(2 * size, size);
            var fallingOffset = slopes.AsSpan(3 * size, size);
            for (var i = 0; i < size; i++)
            {
                var (l, h) = (lower[t][r * size + i], upper[t][r * size + i]);
                var (a, b) = (below[t][i], above[t][i]);
                if (a == b) (rising[i], falling[i], risingOffset[i], fallingOffset[i]) = (a, a, 0, 0);
                else if (l >= 0) (rising[i], falling[i], risingOffset[i], fallingOffset[i]) = (b, a, 0, 0);
                else if (h <= 0) (rising[i], falling[i], risingOffset[i], fallingOffset[i]) = (a, b, 0, 0);
                else
                {
                    var (share, offset) = (h / (h - l), -l * (h / (h - l)) * (b - a));
                    (rising[i], risingOffset[i]) = (a + (b - a) * share, offset);
                    (falling[i], fallingOffset[i]) = (b - (b - a) * share, -offset);
                }
            }

            for (var k = 0; k < count; k++)
            {
                var row = coefficients.AsSpan(k * size, size);
                var sum = 0.0;
                for (var i = 0; i < size; i++)
                {
                    var c = row[i];
                    sum += c * (c >= 0 ? risingOffset[i] : fallingOffset[i]);
                    row[i] = c * (c >= 0 ? rising[i] : falling[i]);
                }

                constants[k] += sum;
                if (t == 0) constants[k] += Reduction.Dot(row, matrices[0].AsSpan(r * size, size));
            }

            if (t == 0) return;
            var next = results.AsSpan(0, count * sizes[t]);
            next.Clear();
            MatrixProduct.AccumulateTransposed<double>(coefficients.AsSpan(0, count * size), matrices[t], next, count, size, sizes[t]);
            next.CopyTo(coefficients);
        }
    }

    private static double[] Flip(double[] matrix, int rows, int columns)
    {
        var flipped = new double[matrix.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) flipped[j * rows + i] = matrix[i * columns + j];
        }

        return flipped;
    }
}
