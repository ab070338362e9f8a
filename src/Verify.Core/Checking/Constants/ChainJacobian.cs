using System.Numerics.Tensors;
using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>Bounds of the norm of a chain's Jacobian J = W_L D_{L−1} W_{L−1} … D₁ W₁, for slopes D between two bounds.</summary>
/// <remarks>
/// <para>
/// A row of J is q₀ = a row of W_L, u₀ = d ∘ q₀, q₁ = u₀ W_{L−1}, and so on; for l1 the same is done to Jᵀ, from the other end. First come intervals;
/// where they leave a sign open, u lies below the chord of max(αq, βq) and above that of min(αq, βq), and a sum of the entries of one q
/// is carried back by these lines to q₀, which is known. The sum of a row's absolute values (squares) lies below that of their chords,
/// carried back as one: what entries have in common counts once.
/// </para>
/// <para>
/// Rounding: every step of a sum that is carried back leaves Σ |c|(|slope| Σ|W|m + |offset|) behind, with m the largest of |u|; all roundings
/// together are off by at most γ times these. Sources: Zhang et al. 2019, arXiv 1810.11783; Shi et al. 2022, arXiv 2210.07394.
/// </para>
/// <para>Not for several threads at once: it keeps the arrays that it computes in.</para>
/// </remarks>
internal sealed class ChainJacobian
{
    private readonly Norm norm; // of the rows that are bounded: l∞ or l2
    private readonly bool isTransposed;
    private readonly int rows;
    private readonly Step[] steps;
    private readonly double gamma;

    private double[] work = [], carried = [], sums = [], sizes = [];
    private int[] open = [];

    public ChainJacobian(Chain chain, Norm norm)
    {
        (isTransposed, this.norm) = (norm == Norm.L1, norm == Norm.L2 ? Norm.L2 : Norm.Linf);
        var layers = isTransposed ? chain.Layers : [.. chain.Layers.Reverse()];
        rows = isTransposed ? layers[0].Columns : layers[0].Rows;
        steps = Array.ConvertAll(layers, layer => new Step(layer, isTransposed, rows));
        gamma = Rounding.Gamma(layers.Sum(layer => 4 * (layer.Rows + layer.Columns + layer.Roundings + 32)));
    }

    /// <summary>An upper bound of the norm.</summary>
    /// <param name="lower">The least slopes, of every function.</param>
    /// <param name="upper">The largest ones.</param>
    /// <param name="enough">A bound below which none better is needed.</param>
    public double Bound(double[][] lower, double[][] upper, double enough = double.NegativeInfinity)
    {
        double[] Of(double[][] slopes, int t) => slopes[isTransposed ? t : slopes.Length - 1 - t];
        for (var t = 0; t + 1 < steps.Length; t++) (steps[t].Alpha, steps[t].Beta) = (Of(lower, t), Of(upper, t));
        for (var t = 0; t < steps.Length; t++) Intervals(t);
        var plain = NormBound(isJoint: false);
        if (plain <= enough || steps.Length < 2) return plain;
        for (var t = 1; t < steps.Length; t++)
        {
            if (t > 1) Intervals(t);
            for (var r = 0; t > 1 && r < rows; r++) Refine(t, r);
        }

        return Math.Min(plain, NormBound(isJoint: true));
    }

    private double NormBound(bool isJoint)
    {
        var last = steps[^1];
        var columns = last.Size;
        var largest = new double[rows * columns];
        for (var i = 0; i < largest.Length; i++) largest[i] = Math.Max(Math.Abs(last.Lower[i]), Math.Abs(last.Upper[i]));
        if (norm == Norm.Linf)
        {
            if (!isJoint) return MatrixNorms.Upper(largest, rows, columns, norm);
            var most = 0.0;
            for (var r = 0; r < rows; r++)
            {
                var plain = MatrixNorms.Upper(largest.AsSpan(r * columns, columns), 1, columns, norm);
                if (plain > most) most = Math.Max(most, Math.Min(plain, Joint(r)));
            }

            return most;
        }

        var (center, radius) = (new double[largest.Length], new double[largest.Length]);
        for (var i = 0; i < center.Length; i++)
        {
            center[i] = last.Lower[i] / 2 + last.Upper[i] / 2;
            radius[i] = Rounding.Up(Math.Max(last.Upper[i] - center[i], center[i] - last.Lower[i]));
        }

        var split = Rounding.Up(MatrixNorms.Upper(center, rows, columns, norm) + MatrixNorms.OfSizes(radius, rows, columns, norm));
        var bound = Math.Min(split, MatrixNorms.OfSizes(largest, rows, columns, norm));
        if (!isJoint) return bound;
        var squares = 0.0;
        for (var r = 0; r < rows; r++) squares = Rounding.Up(squares + Joint(r));
        return Math.Min(bound, Rounding.Up(Math.Sqrt(squares)));
    }

    /// <summary>u by the intervals of q, then the next q by those of u.</summary>
    private void Intervals(int t)
    {
        var step = steps[t];
        if (t == 0)
        {
            for (var i = 0; i < step.Lower.Length; i++)
            {
                var off = step.Error * step.Magnitude[i];
                (step.Lower[i], step.Upper[i], step.Reach[i]) = (step.Matrix[i] - off, step.Matrix[i] + off, step.Magnitude[i] * (1 + 2 * step.Gamma));
            }

            return;
        }

        var before = steps[t - 1];
        for (var r = 0; r < rows; r++)
        {
            var isZero = true;
            for (var i = 0; i < before.Size; i++)
            {
                var (at, a, b) = (r * before.Size + i, before.Alpha[i], before.Beta[i]);
                var (l, h) = (before.Lower[at], before.Upper[at]);
                var (p, q, v, w) = (a * l, a * h, b * l, b * h);
                var (least, most) = (Math.Min(Math.Min(p, q), Math.Min(v, w)), Math.Max(Math.Max(p, q), Math.Max(v, w)));
                var (center, size) = (least == most ? least : least / 2 + most / 2, Math.Max(Math.Abs(least), Math.Abs(most)));
                isZero &= size == 0;
                before.Center[at] = center;
                before.Largest[at] = size;
                before.Radius[at] = Math.Max(most - center, center - least) + (step.Gamma + 1e-15) * size;
            }

            Clear(step, r);
            if (isZero) continue;
            var (from, to) = (r * before.Size, r * step.Size);
            MatrixProduct.Accumulate<double>(before.Center.AsSpan(from, before.Size), step.Matrix, step.Upper.AsSpan(to, step.Size), 1, before.Size, step.Size);
            MatrixProduct.Accumulate<double>(before.Radius.AsSpan(from, before.Size), step.Magnitude, step.Lower.AsSpan(to, step.Size), 1, before.Size, step.Size);
            MatrixProduct.Accumulate<double>(before.Largest.AsSpan(from, before.Size), step.Magnitude, step.Reach.AsSpan(to, step.Size), 1, before.Size, step.Size);
            for (var j = to; j < to + step.Size; j++)
            {
                // What is added to every number covers its own roundings, and those of this line.
                step.Reach[j] = step.Reach[j] * (1 + step.Gamma) + 1e-290;
                var (center, radius) = (step.Upper[j], step.Lower[j] * (1 + step.Gamma) + step.Gamma * step.Reach[j]);
                (step.Lower[j], step.Upper[j]) = (center - radius, center + radius);
            }
        }
    }

    private static void Clear(Step step, int r)
    {
        step.Lower.AsSpan(r * step.Size, step.Size).Clear();
        step.Upper.AsSpan(r * step.Size, step.Size).Clear();
        step.Reach.AsSpan(r * step.Size, step.Size).Clear();
    }

    /// <summary>Narrows intervals of a row by lines, where that matters to what follows.</summary>
    private void Refine(int t, int r)
    {
        var step = steps[t];
        var (width, isLast) = (steps[t - 1].Size, t == steps.Length - 1);
        var count = 0;
        if (open.Length < step.Size) open = new int[step.Size];
        for (var j = 0; j < step.Size; j++)
        {
            var at = r * step.Size + j;
            if ((isLast || step.Alpha[j] < step.Beta[j]) && step.Upper[at] - step.Lower[at] > 8 * step.Gamma * step.Reach[at]) open[count++] = j;
        }

        if (count == 0) return;
        Reserve(2 * count);
        for (var k = 0; k < count; k++)
        {
            var column = step.Transposed.AsSpan(open[k] * width, width);
            column.CopyTo(work.AsSpan(2 * k * width, width));
            TensorPrimitives.Negate(column, work.AsSpan((2 * k + 1) * width, width));
            sizes[2 * k] = sizes[2 * k + 1] = step.Reach[r * step.Size + open[k]];
        }

        CarryBack(t - 1, r, 2 * count);
        for (var k = 0; k < count; k++)
        {
            var at = r * step.Size + open[k];
            step.Upper[at] = Math.Min(step.Upper[at], sums[2 * k]);
            step.Lower[at] = Math.Max(step.Lower[at], -sums[2 * k + 1]);
        }
    }

    /// <summary>A bound of Σ |Jᵣⱼ|, or for l2 of Σ Jᵣⱼ², by the sum of their chords.</summary>
    private double Joint(int r)
    {
        var last = steps[^1];
        var slopes = new double[last.Size];
        var (offset, size) = (0.0, 0.0);
        for (var j = 0; j < slopes.Length; j++)
        {
            var (l, h) = (last.Lower[r * last.Size + j], last.Upper[r * last.Size + j]);
            var slope = norm == Norm.L2 ? l + h : l >= 0 ? 1 : h <= 0 ? -1 : (h + l) / (h - l);

            // Whatever its slope, the line is above a convex function if it is at both ends.
            var (atLower, atUpper) = norm == Norm.L2 ? (l * l, h * h) : (Math.Abs(l), Math.Abs(h));
            offset += Math.Max(atLower - slope * l, atUpper - slope * h);
            size += Math.Max(atLower + Math.Abs(slope * l), atUpper + Math.Abs(slope * h)) + Math.Abs(slope) * last.Reach[r * last.Size + j];
            slopes[j] = slope;
        }

        Reserve(1);
        var width = steps[^2].Size;
        work.AsSpan(0, width).Clear();
        MatrixProduct.Accumulate<double>(slopes, last.Transposed, work.AsSpan(0, width), 1, last.Size, width);
        sizes[0] = size;
        CarryBack(steps.Length - 2, r, 1);
        return Rounding.Up(sums[0] + offset + gamma * Math.Abs(sums[0] + offset));
    }

    /// <summary>For rows of coefficients of u at a step, upper bounds of their sums, rounded up.</summary>
    private void CarryBack(int from, int r, int count)
    {
        sums.AsSpan(0, count).Clear();
        for (var t = from; ; t--)
        {
            var step = steps[t];
            step.SetLines(r);
            for (var k = 0; k < count; k++)
            {
                var row = work.AsSpan(k * step.Size, step.Size);
                sizes[k] += Reduction.AbsDot(row, step.LineSizes);
                sums[k] += Kernels.Dot(row, step.AboveOffsets, step.BelowOffsets);
                var result = carried.AsSpan(k * step.Size, step.Size);
                result.Clear();
                Kernels.Accumulate(row, step.AboveSlopes, step.BelowSlopes, result);
                if (t == 0) sums[k] += Reduction.Dot(result, step.Matrix.AsSpan(r * step.Size, step.Size));
            }

            if (t == 0) break;
            var width = steps[t - 1].Size;
            var next = work.AsSpan(0, count * width);
            next.Clear();
            MatrixProduct.Accumulate<double>(carried.AsSpan(0, count * step.Size), step.Transposed, next, count, step.Size, width);
        }

        for (var k = 0; k < count; k++) sums[k] = Rounding.Up(sums[k] + gamma * (sizes[k] + Math.Abs(sums[k])) + 1e-290);
    }

    private void Reserve(int count)
    {
        var widest = steps.Max(step => step.Size);
        if (work.Length < count * widest) (work, carried) = (new double[count * widest], new double[count * widest]);
        if (sums.Length < count) (sums, sizes) = (new double[count], new double[count]);
        sizes.AsSpan(0, count).Clear();
    }

    /// <summary>One matrix, what is known of the q that it leads to, and of u = d ∘ q.</summary>
    private sealed class Step
    {
        public Step(ChainLayer layer, bool isTransposed, int rows)
        {
            Size = isTransposed ? layer.Rows : layer.Columns;
            var (flipped, flippedSize) = (Flip(layer.Matrix, layer.Rows, layer.Columns), isTransposed ? Flip(layer.Size, layer.Rows, layer.Columns) : layer.Size);
            (Matrix, Transposed, Magnitude) = isTransposed ? (flipped, layer.Matrix, flippedSize) : (layer.Matrix, flipped, flippedSize);
            Gamma = 4 * Rounding.Gamma(layer.Rows + layer.Columns + layer.Roundings + 16);
            Error = layer.Roundings == 0 ? 0 : Gamma;
            var size = rows * Size;
            (Lower, Upper, Reach) = (new double[size], new double[size], new double[size]);
            (Center, Radius, Largest) = (new double[size], new double[size], new double[size]);
            (AboveSlopes, AboveOffsets, BelowSlopes, BelowOffsets, LineSizes) = (new double[Size], new double[Size], new double[Size], new double[Size], new double[Size]);
        }

        /// <summary>Columns of the matrix, elements of q.</summary>
        public int Size { get; }

        /// <summary>From the last u, or the units of the rows, to q.</summary>
        public double[] Matrix { get; }

        public double[] Transposed { get; }

        /// <summary>At least the matrix's absolute values.</summary>
        public double[] Magnitude { get; }

        /// <summary>What sums over the matrix may be off by, as a part of those of magnitudes.</summary>
        public double Gamma { get; }

        /// <summary>What the matrix itself may be off by, as a part of its magnitudes.</summary>
        public double Error { get; }

        /// <summary>Bounds of q, rows × size.</summary>
        public double[] Lower { get; }

        public double[] Upper { get; }

        /// <summary>Sums of magnitudes, at least |q|.</summary>
        public double[] Reach { get; }

        /// <summary>u is so close to that.</summary>
        public double[] Center { get; }

        public double[] Radius { get; }

        /// <summary>The largest |u|.</summary>
        public double[] Largest { get; }

        public double[] Alpha { get; set; } = [];

        public double[] Beta { get; set; } = [];

        public double[] AboveSlopes { get; }

        public double[] AboveOffsets { get; }

        public double[] BelowSlopes { get; }

        public double[] BelowOffsets { get; }

        /// <summary>|slope| Σ|W|m + |offset|.</summary>
        public double[] LineSizes { get; }

        /// <summary>Lines above and below u = d q for the intervals of a row.</summary>
        public void SetLines(int r)
        {
            for (var i = 0; i < Size; i++)
            {
                var (l, h, a, b) = (Lower[r * Size + i], Upper[r * Size + i], Alpha[i], Beta[i]);

                // αq for the one sign of q, βq for the other; between them a chord, raised by what it is off by.
                var (above, below) = a == b ? (a, a) : l >= 0 ? (b, a) : h <= 0 ? (a, b) : ((b * h - a * l) / (h - l), (a * h - b * l) / (h - l));
                var (aboveOffset, belowOffset) = (0.0, 0.0);
                if (a != b && l < 0 && h > 0)
                {
                    aboveOffset = Math.Max(b * h - above * h, a * l - above * l);
                    belowOffset = Math.Min(a * h - below * h, b * l - below * l);
                }

                (AboveSlopes[i], BelowSlopes[i], AboveOffsets[i], BelowOffsets[i]) = (above, below, aboveOffset, belowOffset);
                LineSizes[i] = 4 * ((Math.Abs(a) + Math.Abs(b)) * Reach[r * Size + i] + Math.Abs(aboveOffset) + Math.Abs(belowOffset));
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
}
