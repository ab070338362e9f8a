using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Programming;

/// <summary>How a phase of the simplex method ended.</summary>
internal enum PhaseOutcome
{
    /// <summary>All variables are within their bounds (dual), or all reduced costs have the right signs as well (primal).</summary>
    Done,

    /// <summary>No point is within all bounds (dual), or the objective falls for ever (primal).</summary>
    NoEnd,

    /// <summary>The caller asked to stop.</summary>
    Stopped,

    /// <summary>Rounding kept the phase from its aim.</summary>
    Lost,
}

/// <summary>The dual simplex method: from right reduced costs to values within bounds.</summary>
/// <remarks>
/// Bounded variables, dual steepest edge pricing (Forrest and Goldfarb 1992), long steps, and costs shifted where rounding
/// or degeneracy would make reduced costs pass zero or stand still (Koberstein 2005). Costs have to be unshifted afterwards.
/// </remarks>
internal sealed class DualPhase(SimplexState state)
{
    private const double LeastWeight = 1e-4;
    private const int StallLength = 60;

    private readonly DualRatioTest test = new(state);
    private readonly double[] tau = new double[state.RowCount];
    private readonly double[] flips = new double[state.RowCount];
    private RandomStream random = new(1);

    /// <summary>The row of the basis that shows infeasibility, in <see cref="SimplexState.Multipliers"/>, has this sign.</summary>
    public int RaySign { get; private set; }

    /// <summary>Pivots until all values are within bounds, or cannot be.</summary>
    /// <param name="stop">Asked after every pivot.</param>
    public PhaseOutcome Run(Func<bool> stop)
    {
        random = new RandomStream(1);
        var (stalled, failures, perturbation) = (0, 0, 1e-7);
        while (true)
        {
            if (state.Factorization.IsDue) state.Refactor();
            var row = Price();
            if (row < 0)
            {
                if (state.IsCurrent) return PhaseOutcome.Done;
                state.Compute();
                continue;
            }

            if (stop()) return PhaseOutcome.Stopped;
            state.ComputeRow(row);
            var weight = Reduction.Dot(state.Multipliers, state.Multipliers);
            var isTrusted = weight < 4 * state.Weight[row];
            state.Weight[row] = weight;
            if (!isTrusted) continue;

            var entering = test.Choose(state.Violation[row]);
            if (entering < 0)
            {
                if (!state.Factorization.IsFresh)
                {
                    state.Refactor();
                    continue;
                }

                if (IsProof(row)) return PhaseOutcome.NoEnd;
                state.Violation[row] = 0; // Within rounding of its bound, and nothing can be done about it.
                continue;
            }

            state.ComputeColumn(entering);
            var (pivot, expected) = (state.Column[row], state.Row[entering]);
            if (!(Math.Abs(pivot - expected) <= 1e-7 * (1 + Math.Abs(pivot))) || Math.Abs(pivot) < DualRatioTest.Negligible)
            {
                if (!state.Factorization.IsFresh)
                {
                    state.Refactor();
                    continue;
                }

                if (++failures > 20) return PhaseOutcome.Lost;
                state.Weight[row] *= 1e6; // Another row first.
                continue;
            }

            stalled = Math.Abs(test.Step * state.Violation[row]) > 1e-12 ? 0 : stalled + 1;
            Step(row, entering, weight);
            if (stalled < StallLength) continue;
            Perturb(perturbation);
            perturbation = Math.Min(10 * perturbation, 1e-4);
            stalled = 0;
        }
    }

    /// <summary>The row with the greatest gain, violation² / weight; −1 where none is violated.</summary>
    private int Price()
    {
        var (best, row) = (0.0, -1);
        var (violation, weight) = (state.Violation, state.Weight);
        for (var i = 0; i < violation.Length; i++)
        {
            var square = violation[i] * violation[i];
            if (square > best * weight[i]) (best, row) = (square / weight[i], i);
        }

        return row;
    }

    private void Step(int row, int entering, double weight)
    {
        var (column, reduced, multipliers) = (state.Column, state.ReducedCost, state.Multipliers);
        var leaving = state.Head[row];
        if (test.Step == 0) state.Shift(entering);
        foreach (var j in state.Nonbasic)
        {
            if (state.Row[j] != 0) reduced[j] -= test.Step * state.Row[j];
        }

        reduced[leaving] = -test.Step;
        var place = state.Violation[row] > 0 ? VariablePlace.Upper : VariablePlace.Lower;
        FlipPassed();

        var target = place == VariablePlace.Upper ? state.Upper[leaving] : state.Lower[leaving];
        var length = (state.Value[leaving] - target) / column[row];
        var start = state.Value[entering];

        multipliers.CopyTo(tau, 0);
        state.Factorization.Solve(tau);
        var pivot = column[row];
        for (var i = 0; i < column.Length; i++)
        {
            var element = column[i];
            if (element == 0 || i == row) continue;
            state.Value[state.Head[i]] -= length * element;
            state.Judge(i);
            var ratio = element / pivot;
            state.Weight[i] = Math.Max(state.Weight[i] + ratio * (ratio * weight - 2 * tau[i]), LeastWeight);
        }

        state.Weight[row] = Math.Max(weight / (pivot * pivot), LeastWeight);
        state.Pivot(row, entering, place);
        state.Value[entering] = start + length;
        state.Judge(row);
    }

    /// <summary>Moves the variables whose reduced costs have passed zero to their other bounds, or shifts their costs.</summary>
    private void FlipPassed()
    {
        var any = false;
        foreach (var j in test.Passed)
        {
            var violation = state.DualViolation(j);
            if (violation == 0) continue;
            if (violation <= SimplexState.DualTolerance || !double.IsFinite(state.Upper[j] - state.Lower[j]))
            {
                state.Shift(j);
                continue;
            }

            if (!any) Array.Clear(flips);
            any = true;
            state.Matrix.AddColumn(j, -state.Flip(j), flips);
        }

        if (!any) return;
        state.Factorization.Solve(flips);
        for (var i = 0; i < flips.Length; i++)
        {
            if (flips[i] == 0) continue;
            state.Value[state.Head[i]] += flips[i];
            state.Judge(i);
        }
    }

    /// <summary>Moves reduced costs off zero by random amounts, so that steps have a length again.</summary>
    private void Perturb(double size)
    {
        foreach (var j in state.Nonbasic)
        {
            if (state.IsFixed(j) || state.Place[j] == VariablePlace.Free) continue;
            var by = size * (1 + Math.Abs(state.ShiftedCost[j])) * (0.5 + random.NextDouble());
            if (state.Place[j] == VariablePlace.Upper) by = -by;
            state.ShiftedCost[j] += by;
            state.ReducedCost[j] += by;
        }

        state.IsShifted = true;
    }

    /// <summary>Whether a row's basic variable is outside its bounds for all values of the others, the neglected ones among them.</summary>
    private bool IsProof(int row)
    {
        RaySign = Math.Sign(state.Violation[row]);
        var leaving = state.Head[row];

        // The least value of sign·(x + Σ αⱼ xⱼ), which is zero for every solution, over all other variables' bounds.
        var least = RaySign > 0 ? -state.Upper[leaving] : state.Lower[leaving];
        var magnitude = Math.Abs(least);
        foreach (var j in state.Nonbasic)
        {
            var element = -RaySign * state.Row[j];
            if (element == 0) continue;
            var end = element > 0 ? state.Lower[j] : state.Upper[j];
            if (double.IsInfinity(end) && Math.Abs(element) <= DualRatioTest.Negligible) end = 0;
            least += element * end;
            magnitude += Math.Abs(element * end);
        }

        return least > 1e-12 * magnitude;
    }
}
