using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>A linear inequality a·x ≤ b, and those that were added before it.</summary>
/// <param name="Normal">a.</param>
/// <param name="Bound">b.</param>
/// <param name="Before">The one before.</param>
/// <param name="Neuron">The neuron whose sign it says; −1 for what holds all over the region.</param>
/// <param name="Sign">The sign.</param>
internal sealed record HalfSpace(double[] Normal, double Bound, HalfSpace? Before, int Neuron = -1, int Sign = 0);

/// <summary>Least values of linear functions over the part of a box, or of a ball, that lies in some half-spaces.</summary>
/// <remarks>
/// The simplex method with bounded variables on a dense tableau of few rows, in which inputs and rows are scaled to one. A search asks
/// for many functions over one part, each begun at the vertex of the last, and goes on to a smaller part from a vertex that it
/// contains. What the method computes is a guess; <see cref="SafeMinimum"/> proves a bound by the multipliers it found, whatever
/// their rounding (Neumaier and Shcherbina 2004, Safe bounds in linear and mixed-integer linear programming). Of a ball the method sees
/// its box and the half-spaces around it that it is given, the proof the ball itself.
/// </remarks>
internal sealed class Polytope
{
    private const double Tolerance = 1e-10;
    private const double LeastPivot = 1e-9;

    private readonly int n;
    private readonly double[] lower, upper, widths, furthest;
    private HalfSpace[] rows = [];
    private readonly BallSupport? ball;
    private double[] scales = [], tableau = [], values = [], cost, multipliers = [], column = [];
    private int[] basic = [];
    private readonly int[] nonbasic;
    private readonly bool[] atUpper;
    private readonly double[] combined, sizes;

    public Polytope(InputRegion region)
    {
        ball = BallSupport.Of(region);
        n = region.Size;
        (lower, upper) = (region.Lower.ToArray(), region.Upper.ToArray());
        (widths, furthest) = (new double[n], new double[n]);
        for (var j = 0; j < n; j++)
        {
            widths[j] = upper[j] - lower[j];
            furthest[j] = Math.Max(Math.Abs(lower[j]), Math.Abs(upper[j]));
        }

        (cost, nonbasic, atUpper) = (new double[n], new int[n], new bool[n]);
        (combined, sizes) = (new double[n], new double[n]);
    }

    /// <summary>The vertex reached: every variable that is at a bound, doubled, and one more where that is the upper one.</summary>
    public int[] Vertex
    {
        get
        {
            var vertex = new int[n];
            for (var j = 0; j < n; j++) vertex[j] = 2 * nonbasic[j] + (atUpper[j] ? 1 : 0);
            return vertex;
        }
    }

    /// <summary>Goes to a vertex of a part, from one that was kept of a part around it; false where none is found.</summary>
    public bool Enter(HalfSpace? last, int[]? vertex)
    {
        var count = 0;
        for (var row = last; row is not null; row = row.Before) count++;
        if (rows.Length != count)
        {
            (rows, scales, values, multipliers, column) = (new HalfSpace[count], new double[count], new double[count], new double[count], new double[count]);
            (tableau, basic) = (new double[count * n], new int[count]);
        }

        for (var (row, i) = (last, count - 1); row is not null; row = row.Before, i--) rows[i] = row;
        for (var i = 0; i < count; i++)
        {
            var entries = tableau.AsSpan(i * n, n);
            var (largest, at) = (0.0, 0.0);
            var normal = rows[i].Normal;
            for (var j = 0; j < n; j++)
            {
                entries[j] = normal[j] * widths[j];
                largest = Math.Max(largest, Math.Abs(entries[j]));
                at += normal[j] * lower[j];
            }

            scales[i] = largest > 0 ? 1 / largest : 1;
            for (var j = 0; j < n; j++) entries[j] *= scales[i];
            (values[i], basic[i]) = ((rows[i].Bound - at) * scales[i], n + i);
        }

        for (var j = 0; j < n; j++) (nonbasic[j], atUpper[j], cost[j]) = (j, false, 0);
        if (vertex is not null) Restore(vertex);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < n; j++)
            {
                if (atUpper[j]) values[i] -= tableau[i * n + j];
            }
        }

        return Repair();
    }

    /// <summary>Goes to a vertex where a function is least, and returns the point; false where no such vertex was reached.</summary>
    public bool Minimize(ReadOnlySpan<double> coefficients, Span<double> point)
    {
        var largest = 0.0;
        for (var j = 0; j < n; j++) largest = Math.Max(largest, Math.Abs(coefficients[j] * widths[j]));
        var scale = largest > 0 ? 1 / largest : 0;
        Price(coefficients, scale);
        var limit = 50 + 20 * (n + rows.Length);
        var reached = false;
        for (var step = 0; step < limit; step++)
        {
            var (entering, best) = (-1, Tolerance);
            for (var j = 0; j < n; j++)
            {
                var gain = atUpper[j] ? cost[j] : -cost[j];
                if (gain <= best) continue;
                (entering, best) = (j, gain);
                if (step > limit / 2) break; // Bland's rule, so that it ends.
            }

            if (entering < 0)
            {
                reached = true;
                break;
            }

            Move(entering);
        }

        Array.Clear(multipliers);
        for (var j = 0; j < n; j++)
        {
            if (nonbasic[j] >= n && cost[j] > 0) multipliers[nonbasic[j] - n] = cost[j] * scales[nonbasic[j] - n] / (scale > 0 ? scale : 1);
        }

        Point(point);
        return reached;
    }

    /// <summary>What the half-spaces were multiplied by to prove that the function that was made least just now is not less.</summary>
    public Span<double> Multipliers => multipliers;

    /// <summary>
    /// A proved lower bound of the function that was made least just now, over the part: by the multipliers of its half-spaces, over the
    /// box or over the ball, whichever tells more.
    /// </summary>
    public double SafeMinimum(ReadOnlySpan<double> coefficients)
    {
        coefficients.CopyTo(combined);
        for (var j = 0; j < n; j++) sizes[j] = Math.Abs(coefficients[j]);
        var (sum, magnitude, used) = (0.0, 0.0, 0);
        for (var i = 0; i < rows.Length; i++)
        {
            if (multipliers[i] == 0 || rows[i].Neuron < 0) continue;
            used++;
            TensorPrimitives.MultiplyAdd(rows[i].Normal, multipliers[i], combined, combined);
            for (var j = 0; j < n; j++) sizes[j] += multipliers[i] * Math.Abs(rows[i].Normal[j]);
            sum -= multipliers[i] * rows[i].Bound;
            magnitude += multipliers[i] * Math.Abs(rows[i].Bound);
        }

        var (inBox, ofBox) = (sum, magnitude);
        for (var j = 0; j < n; j++)
        {
            inBox += combined[j] * (combined[j] >= 0 ? lower[j] : upper[j]);
            ofBox += sizes[j] * furthest[j];
        }

        var gamma = 2 * Rounding.Gamma(2 * n + 2 * used + 8);
        var bound = Rounding.Down(inBox - gamma * ofBox - 1e-300);
        if (ball is null) return bound;
        var (inBall, ofBall) = ball.Minimum(combined, sizes);
        return Math.Max(bound, Rounding.Down(sum + inBall - gamma * (magnitude + ofBall) - 1e-300));
    }

    /// <summary>The inputs of the present vertex.</summary>
    private void Point(Span<double> point)
    {
        for (var j = 0; j < n; j++)
        {
            if (nonbasic[j] < n) point[nonbasic[j]] = atUpper[j] ? upper[nonbasic[j]] : lower[nonbasic[j]];
        }

        for (var i = 0; i < rows.Length; i++)
        {
            if (basic[i] < n) point[basic[i]] = Math.Clamp(lower[basic[i]] + values[i] * widths[basic[i]], lower[basic[i]], upper[basic[i]]);
        }
    }

    /// <summary>Reduced costs of a function of the inputs.</summary>
    private void Price(ReadOnlySpan<double> coefficients, double scale)
    {
        for (var j = 0; j < n; j++) cost[j] = nonbasic[j] < n ? coefficients[nonbasic[j]] * widths[nonbasic[j]] * scale : 0;
        for (var i = 0; i < rows.Length; i++)
        {
            if (basic[i] >= n) continue;
            var weight = -coefficients[basic[i]] * widths[basic[i]] * scale;
            if (weight != 0) TensorPrimitives.MultiplyAdd(tableau.AsSpan(i * n, n), weight, cost, cost);
        }
    }

    /// <summary>Moves a variable off its bound as far as the others allow.</summary>
    private void Move(int entering)
    {
        var sign = atUpper[entering] ? -1.0 : 1.0;
        var (leaving, furthestStep, pivot) = (-1, nonbasic[entering] < n ? 1.0 : double.PositiveInfinity, 0.0);
        for (var i = 0; i < rows.Length; i++)
        {
            var change = -tableau[i * n + entering] * sign;
            if (Math.Abs(change) < LeastPivot) continue;
            double step;
            if (change < 0) step = Math.Max(0, values[i]) / -change;
            else if (basic[i] < n) step = Math.Max(0, 1 - values[i]) / change;
            else continue;
            if (step > furthestStep + 1e-12 || (step >= furthestStep - 1e-12 && leaving >= 0 && Math.Abs(change) <= pivot)) continue;
            (leaving, furthestStep, pivot) = (i, Math.Min(step, furthestStep), Math.Abs(change));
        }

        if (double.IsInfinity(furthestStep)) return; // Only rounding makes a slack grow without end: the box is bounded.
        for (var i = 0; i < rows.Length; i++) values[i] -= tableau[i * n + entering] * sign * furthestStep;
        if (leaving < 0)
        {
            atUpper[entering] = !atUpper[entering];
            return;
        }

        var value = sign > 0 ? furthestStep : 1 - furthestStep;
        var leavesAtUpper = tableau[leaving * n + entering] * sign < 0;
        Pivot(leaving, entering);
        values[leaving] = value;
        atUpper[entering] = leavesAtUpper;
    }

    /// <summary>Exchanges a basic variable for another; the values are the caller's business.</summary>
    private void Pivot(int leaving, int entering)
    {
        var row = tableau.AsSpan(leaving * n, n);
        var inverse = 1 / row[entering];
        for (var i = 0; i < rows.Length; i++) column[i] = tableau[i * n + entering];
        TensorPrimitives.Multiply(row, inverse, row);
        row[entering] = inverse;
        for (var i = 0; i < rows.Length; i++)
        {
            if (i == leaving || column[i] == 0) continue;
            var other = tableau.AsSpan(i * n, n);
            other[entering] = 0;
            TensorPrimitives.MultiplyAdd(row, -column[i], other, other);
        }

        var price = cost[entering];
        if (price != 0)
        {
            cost[entering] = 0;
            TensorPrimitives.MultiplyAdd(row, -price, cost, cost);
        }

        (basic[leaving], nonbasic[entering]) = (nonbasic[entering], basic[leaving]);
    }

    /// <summary>Makes the inputs basic that are off their bounds at a vertex.</summary>
    private void Restore(int[] vertex)
    {
        var isAtBound = new bool[n + rows.Length];
        foreach (var entry in vertex)
        {
            if (entry / 2 < n + rows.Length) isAtBound[entry / 2] = true;
            if (entry / 2 < n && entry % 2 == 1) atUpper[entry / 2] = true;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            if (!isAtBound[n + i]) continue;
            var (entering, pivot) = (-1, LeastPivot);
            for (var j = 0; j < n; j++)
            {
                if (nonbasic[j] < n && !isAtBound[nonbasic[j]] && Math.Abs(tableau[i * n + j]) > pivot) (entering, pivot) = (j, Math.Abs(tableau[i * n + j]));
            }

            if (entering < 0) continue;
            var right = values[i] / tableau[i * n + entering];
            for (var k = 0; k < rows.Length; k++)
            {
                if (k != i) values[k] -= tableau[k * n + entering] * right;
            }

            values[i] = right;
            Pivot(i, entering);
        }
    }

    /// <summary>The dual method without costs: until no basic variable is beyond a bound.</summary>
    private bool Repair()
    {
        for (var step = 0; step < 20 + 10 * rows.Length; step++)
        {
            var (leaving, worst) = (-1, 1e-9);
            for (var i = 0; i < rows.Length; i++)
            {
                var beyond = Math.Max(-values[i], basic[i] < n ? values[i] - 1 : 0);
                if (beyond > worst) (leaving, worst) = (i, beyond);
            }

            if (leaving < 0)
            {
                for (var i = 0; i < rows.Length; i++) values[i] = Math.Max(0, basic[i] < n ? Math.Min(values[i], 1) : values[i]);
                return true;
            }

            // A variable at its lower bound can only grow, one at its upper bound only shrink.
            var isBelow = values[leaving] < 0;
            var (entering, pivot) = (-1, LeastPivot);
            for (var j = 0; j < n; j++)
            {
                var change = -tableau[leaving * n + j] * (atUpper[j] ? -1 : 1);
                if ((isBelow ? change : -change) > pivot) (entering, pivot) = (j, Math.Abs(change));
            }

            if (entering < 0) return false;
            var by = (values[leaving] - (isBelow ? 0 : 1)) / tableau[leaving * n + entering];
            var before = atUpper[entering] ? 1.0 : 0;
            for (var i = 0; i < rows.Length; i++) values[i] -= tableau[i * n + entering] * by;
            Pivot(leaving, entering);
            values[leaving] = before + by;
            atUpper[entering] = !isBelow;
        }

        return false;
    }
}
