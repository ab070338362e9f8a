using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz.Multipliers;

/// <summary>The multipliers of slopes that prove the least l2 bound: a semidefinite program, solved by an interior-point method.</summary>
/// <remarks>
/// <para>
/// Minimises ρ over all T between 0 and a limit for which the form M of <see cref="SlopeMultipliers"/> is positive definite. M depends on every
/// T by TA, with A = uvᵀ + vuᵀ, u = y − αz and v = y − βz. The dual is a matrix X, with trace 1 over the inputs, of the worst inputs and
/// slopes. Newton's method for XM = μI in the form of Helmberg, Kojima and Monteiro: with Z = M⁻¹ its matrix has the entries tr AᵢXAⱼZ,
/// which are products of numbers uᵀXu and uᵀZu. A first direction, for μ = 0, tells which μ to take and what is of second order (Mehrotra).
/// </para>
/// <para>
/// Every iterate is strictly inside, so its multipliers prove its ρ, and tr XM says how far that is from the best. Slopes that are fixed
/// have no best multiplier, the larger the better: theirs are given.
/// Source: Helmberg, Rendl, Vanderbei and Wolkowicz 1996, An interior-point method for semidefinite programming, SIAM J. Optim. 6.
/// </para>
/// </remarks>
internal sealed class BestMultipliers
{
    private const double First = 10; // how much larger than ρ the first tr XM is: it has room to become a dual
    private const double Least = 1e-3; // share of a step
    private const int MostSteps = 80; // where rounding keeps the gap from closing

    private readonly SlopeMultipliers form;
    private readonly double[][] lowerSlopes, upperSlopes, given;
    private readonly int order, inputs, count;
    private readonly (int Layer, int Neuron, int Row)[] free; // the neurons whose multipliers are variables, and their rows of M
    private readonly double[] w; // what their inputs z are of all variables: count × order
    private readonly double[] limits; // of T
    private readonly double[] schur, inner; // tr AᵢXAⱼZ and tr AᵢZ, for every T and for ρ
    private double[] t, below, above; // T, and the duals of 0 < T and of T < limit
    private double rho;
    private double[] dual, inverse; // X and Z

    private BestMultipliers(SlopeMultipliers form, double[][] lowerSlopes, double[][] upperSlopes, double[][] limits, double[][] start, double rho)
    {
        (this.form, this.lowerSlopes, this.upperSlopes, given, this.rho) = (form, lowerSlopes, upperSlopes, start, rho);
        var layers = form.Layers;
        inputs = layers[0].Columns;
        var (neurons, offset) = (new List<(int, int, int)>(), 0);
        for (var k = 0; k + 1 < layers.Length; k++)
        {
            offset += layers[k].Columns;
            for (var i = 0; i < layers[k].Rows; i++)
            {
                if (lowerSlopes[k][i] < upperSlopes[k][i]) neurons.Add((k, i, offset + i));
            }
        }

        (free, count, order) = ([.. neurons], neurons.Count, form.Order);
        (w, schur, inner) = (new double[count * order], new double[(count + 1) * (count + 1)], new double[count + 1]);
        for (var f = 0; f < count; f++)
        {
            var (k, i, row) = free[f];
            var columns = layers[k].Columns;
            layers[k].Matrix.AsSpan(i * columns, columns).CopyTo(w.AsSpan(f * order + row - i - columns));
        }

        t = Array.ConvertAll(free, one => start[one.Layer][one.Neuron]);
        this.limits = Array.ConvertAll(free, one => limits[one.Layer][one.Neuron]);
        (below, above, dual, inverse) = ([], [], [], []);
    }

    /// <summary>Multiply–adds of a step, roughly.</summary>
    public static double Work(SlopeMultipliers form) => 10 * Math.Pow(form.Order, 3);

    /// <summary>Finds the best multipliers.</summary>
    /// <param name="form">The chain.</param>
    /// <param name="lowerSlopes">α, for every function.</param>
    /// <param name="upperSlopes">β, for every function.</param>
    /// <param name="limits">What every T is below.</param>
    /// <param name="start">Multipliers to begin with; those of fixed slopes stay.</param>
    /// <param name="boundSquared">A ρ that these prove.</param>
    /// <param name="tolerance">What ρ may be above the best, as a part of it.</param>
    /// <param name="steps">How many steps it may take; those that it took are taken off.</param>
    /// <param name="cancellation">Ends the search with the best so far.</param>
    /// <returns>T, ρ, and how far every slope is from both ends in the worst case, by what that costs; null where the start proves nothing.</returns>
    public static (double[][] Multipliers, double BoundSquared, double[][] Spread)? Find(
        SlopeMultipliers form, double[][] lowerSlopes, double[][] upperSlopes, double[][] limits, double[][] start, double boundSquared, double tolerance, ref int steps, CancellationToken cancellation)
    {
        var search = new BestMultipliers(form, lowerSlopes, upperSlopes, limits, start, boundSquared);
        return search.Run(tolerance, ref steps, cancellation) ? (search.Whole(search.t), search.rho, search.Spread()) : null;
    }

    private bool Run(double tolerance, ref int steps, CancellationToken cancellation)
    {
        if (Factor(t, rho) is not { } factor) return false;
        var complexity = order + (2 * count);
        var mu = First * rho / complexity;
        inverse = PositiveDefinite.Inverse(factor, order);
        dual = Array.ConvertAll(inverse, value => mu * value);
        (below, above) = (Array.ConvertAll(t, value => mu / value), new double[count]);
        for (var f = 0; f < count; f++) above[f] = mu / (limits[f] - t[f]);
        for (var (infeasible, left) = (1.0, MostSteps); left > 0 && steps > 0 && !cancellation.IsCancellationRequested; left--, steps--)
        {
            var gap = Gap(t, rho, dual, below, above);
            if (gap + infeasible * rho <= tolerance * rho) break;
            Differentiate();
            if (!PositiveDefinite.Factor(schur, count + 1)) break;

            // How far it could go to μ = 0 tells to which it should.
            var straight = Direction(0, null);
            var (share, dualShare) = Shares(straight, 0.95);
            var ahead = Gap(
                Moved(t, straight.T, share), rho + share * straight.Rho, Moved(dual, straight.Dual, dualShare), Moved(below, straight.Below, dualShare), Moved(above, straight.Above, dualShare)) / gap;
            var step = Direction(Math.Clamp(ahead * ahead * ahead, 1e-3, 1) * gap / complexity, straight);
            (share, dualShare) = Shares(step, 0.9);
            if (Math.Max(share, dualShare) == 0 || Factor(Moved(t, step.T, share), rho + share * step.Rho) is not { } next) break;
            (t, rho) = (Moved(t, step.T, share), rho + share * step.Rho);
            (dual, below, above) = (Moved(dual, step.Dual, dualShare), Moved(below, step.Below, dualShare), Moved(above, step.Above, dualShare));
            infeasible *= 1 - dualShare;
            inverse = PositiveDefinite.Inverse(next, order);
        }

        return true;
    }

    /// <summary>Newton's direction for a μ, with what another direction left out.</summary>
    private Step Direction(double mu, Step? before)
    {
        // What is of second order: the symmetric part of ΔX ΔM Z, and ΔT times the change of its duals.
        var product = before is null ? new double[dual.Length] : Symmetric(before.Dual, before.Form);
        var (wp, wpw) = before is null ? (new double[w.Length], new double[count * count]) : Products(product);
        double[] ofBelow = new double[count], ofAbove = new double[count];
        var right = new double[count + 1];
        for (var f = 0; f < count; f++)
        {
            var (k, i, row) = free[f];
            var (a, b) = (lowerSlopes[k][i], upperSlopes[k][i]);
            if (before is not null) (ofBelow[f], ofAbove[f]) = (before.Below[f] * before.T[f], -before.Above[f] * before.T[f]);
            right[f] = mu * inner[f] - 2 * (product[row * order + row] - (a + b) * wp[f * order + row] + a * b * wpw[f * count + f])
                + (mu - ofBelow[f]) / t[f] - (mu - ofAbove[f]) / (limits[f] - t[f]);
        }

        right[count] = mu * inner[count] - 1;
        for (var i = 0; i < inputs; i++) right[count] -= product[i * order + i];
        PositiveDefinite.Solve(schur, right);
        var (ofT, change) = (right[..count], Change(right));
        var dualStep = Symmetric(dual, change);
        for (var i = 0; i < dualStep.Length; i++) dualStep[i] = mu * inverse[i] - dual[i] - dualStep[i] - product[i];
        var (belowStep, aboveStep) = (new double[count], new double[count]);
        for (var f = 0; f < count; f++)
        {
            belowStep[f] = (mu - ofBelow[f] - below[f] * ofT[f]) / t[f] - below[f];
            aboveStep[f] = (mu - ofAbove[f] + above[f] * ofT[f]) / (limits[f] - t[f]) - above[f];
        }

        return new Step(ofT, right[count], change, dualStep, belowStep, aboveStep);
    }

    /// <summary>Which share of a direction leads some part of the way to where T or X end; 0 for hardly any.</summary>
    private (double Share, double DualShare) Shares(Step step, double part)
    {
        const double Shorter = 0.9;
        var (share, dualShare) = (1.0, 1.0);
        for (var f = 0; f < count; f++)
        {
            share = Math.Min(share, part * Math.Min(Room(t[f], step.T[f]), Room(limits[f] - t[f], -step.T[f])));
            dualShare = Math.Min(dualShare, part * Math.Min(Room(below[f], step.Below[f]), Room(above[f], step.Above[f])));
        }

        while (share > Least && Factor(Moved(t, step.T, share / part), rho + share / part * step.Rho) is null) share *= Shorter;
        while (dualShare > Least && !PositiveDefinite.Factor(Moved(dual, step.Dual, dualShare / part), order)) dualShare *= Shorter;
        return (share > Least ? share : 0, dualShare > Least ? dualShare : 0);

        static double Room(double value, double change) => change < 0 ? value / -change : double.PositiveInfinity;
    }

    /// <summary>tr XM, and what it is for the limits of T.</summary>
    private double Gap(double[] t, double rho, double[] dual, double[] below, double[] above)
    {
        var matrix = form.Matrix(rho, Whole(t), lowerSlopes, upperSlopes);
        var gap = 0.0;
        for (var i = 0; i < order; i++)
            gap += 2 * Reduction.Dot(matrix.AsSpan(i * order, i), dual.AsSpan(i * order, i)) + matrix[i * order + i] * dual[i * order + i];
        for (var f = 0; f < count; f++) gap += below[f] * t[f] + above[f] * (limits[f] - t[f]);
        return gap;
    }

    /// <summary>Cholesky's factor of M; null where T is not strictly inside.</summary>
    private double[]? Factor(double[] t, double rho)
    {
        if (!(rho > 0)) return null;
        for (var f = 0; f < count; f++)
        {
            if (!(t[f] > 0 && t[f] < limits[f])) return null;
        }

        var matrix = form.Matrix(rho, Whole(t), lowerSlopes, upperSlopes);
        return PositiveDefinite.Factor(matrix, order) ? matrix : null;
    }

    /// <summary>All multipliers, with some for those that are variables.</summary>
    private double[][] Whole(double[] t)
    {
        var whole = Array.ConvertAll(given, one => (double[])one.Clone());
        for (var f = 0; f < count; f++) whole[free[f].Layer][free[f].Neuron] = t[f];
        return whole;
    }

    /// <summary>What M changes by.</summary>
    private double[] Change(double[] step)
    {
        var zeros = Array.ConvertAll(given, one => new double[one.Length]);
        var steps = Array.ConvertAll(given, one => new double[one.Length]);
        for (var f = 0; f < count; f++) steps[free[f].Layer][free[f].Neuron] = step[f];
        var change = form.Matrix(step[^1], steps, lowerSlopes, upperSlopes);
        TensorPrimitives.Subtract(change, form.Matrix(0, zeros, lowerSlopes, upperSlopes), change);
        for (var i = 0; i < order; i++)
        {
            for (var j = 0; j < i; j++) change[j * order + i] = change[i * order + j];
        }

        return change;
    }

    /// <summary>The Newton matrix, and what it takes of the right side.</summary>
    private void Differentiate()
    {
        var (wz, wzw) = Products(inverse);
        var (wx, wxw) = Products(dual);
        Array.Clear(schur);
        var last = schur.AsSpan(count * (count + 1), count + 1);
        double[] uz = new double[inputs], vz = new double[inputs], ux = new double[inputs], vx = new double[inputs];
        for (var i = 0; i < count; i++)
        {
            var (k, neuron, row) = free[i];
            var (a, b) = (lowerSlopes[k][neuron], upperSlopes[k][neuron]);
            inner[i] = 2 * (inverse[row * order + row] - (a + b) * wz[i * order + row] + a * b * wzw[i * count + i]);
            for (var j = 0; j <= i; j++)
            {
                var (l, other, place) = free[j];
                var (c, d) = (lowerSlopes[l][other], upperSlopes[l][other]);
                var z = Pairs(inverse, wz, wzw);
                var x = Pairs(dual, wx, wxw);
                schur[i * (count + 1) + j] = x.Uu * z.Vv + x.Uv * z.Vu + x.Vu * z.Uv + x.Vv * z.Uu;

                // uᵢᵀSuⱼ and so on.
                (double Uu, double Uv, double Vu, double Vv) Pairs(double[] s, double[] ws, double[] wsw)
                {
                    var (yy, yw, wy, ww) = (s[row * order + place], ws[j * order + row], ws[i * order + place], wsw[i * count + j]);
                    return (yy - c * yw - a * (wy - c * ww), yy - d * yw - a * (wy - d * ww), yy - c * yw - b * (wy - c * ww), yy - d * yw - b * (wy - d * ww));
                }
            }

            schur[i * (count + 1) + i] += below[i] / t[i] + above[i] / (limits[i] - t[i]);
            for (var q = 0; q < inputs; q++)
            {
                (uz[q], vz[q]) = (inverse[row * order + q] - a * wz[i * order + q], inverse[row * order + q] - b * wz[i * order + q]);
                (ux[q], vx[q]) = (dual[row * order + q] - a * wx[i * order + q], dual[row * order + q] - b * wx[i * order + q]);
            }

            last[i] = Reduction.Dot(ux, vz) + Reduction.Dot(vx, uz);
        }

        inner[count] = 0;
        for (var i = 0; i < inputs; i++)
        {
            inner[count] += inverse[i * order + i];
            last[count] += Reduction.Dot(inverse.AsSpan(i * order, inputs), dual.AsSpan(i * order, inputs));
        }
    }

    /// <summary>w S and w S wᵀ.</summary>
    private (double[] Once, double[] Twice) Products(double[] matrix)
    {
        var (once, twice) = (new double[w.Length], new double[count * count]);
        MatrixProduct.Accumulate<double>(w, matrix, once, count, order, order);
        MatrixProduct.AccumulateTransposed<double>(once, w, twice, count, order, count);
        return (once, twice);
    }

    /// <summary>The symmetric part of A B Z.</summary>
    private double[] Symmetric(double[] a, double[] b)
    {
        var (half, product) = (new double[a.Length], new double[a.Length]);
        MatrixProduct.Accumulate<double>(a, b, half, order, order, order);
        MatrixProduct.Accumulate<double>(half, inverse, product, order, order, order);
        for (var i = 0; i < order; i++)
        {
            for (var j = 0; j <= i; j++) half[i * order + j] = half[j * order + i] = (product[i * order + j] + product[j * order + i]) / 2;
        }

        return half;
    }

    /// <summary>How far the slope of every neuron is from both ends in the worst case, by what that costs.</summary>
    private double[][] Spread()
    {
        var (wx, wxw) = Products(dual);
        var spread = Array.ConvertAll(given, one => new double[one.Length]);
        for (var f = 0; f < count; f++)
        {
            var (k, i, row) = free[f];
            var (cross, square) = (wx[f * order + row], wxw[f * count + f]);
            if (square > 0) spread[k][i] = t[f] * (cross - lowerSlopes[k][i] * square) * (upperSlopes[k][i] * square - cross) / square;
        }

        return spread;
    }

    private static double[] Moved(double[] from, double[] by, double share)
    {
        var moved = new double[from.Length];
        TensorPrimitives.MultiplyAdd(by, share, from, moved);
        return moved;
    }

    /// <summary>A direction: of T, ρ, M and X, and of the duals of the limits of T.</summary>
    private sealed record Step(double[] T, double Rho, double[] Form, double[] Dual, double[] Below, double[] Above);
}
