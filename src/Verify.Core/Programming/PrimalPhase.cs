using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Programming;

/// <summary>The primal simplex method: from values within bounds to the optimum.</summary>
/// <remarks>
/// It ends what the dual method has begun with shifted costs, mostly in few pivots, and solves for another objective from the
/// optimum of the last. Bounded variables, Devex pricing and Harris' ratio test; where it stands still, prices are multiplied by
/// random numbers, so that it does not cycle.
/// </remarks>
internal sealed class PrimalPhase(SimplexState state)
{
    private const int StallLength = 40;

    private readonly double[] reference = new double[state.RowCount + state.ColumnCount];

    /// <summary>The variable along which the objective falls for ever, and its direction.</summary>
    public (int Variable, int Sign) Ray { get; private set; }

    /// <summary>Pivots until all reduced costs have the right signs. Costs must not be shifted.</summary>
    /// <param name="stop">Asked after every pivot.</param>
    public PhaseOutcome Run(Func<bool> stop)
    {
        Array.Fill(reference, 1);
        var random = new RandomStream(2);
        var (stalled, hasPivoted) = (0, false);
        while (true)
        {
            if (state.Factorization.IsDue)
            {
                state.Refactor();
                if (IsOutside()) return PhaseOutcome.Lost;
            }

            var entering = Price(stalled > StallLength ? random : null);
            if (entering < 0)
            {
                if (state.IsCurrent) return PhaseOutcome.Done;
                state.Compute();
                if (IsOutside()) return PhaseOutcome.Lost;
                continue;
            }

            if (stop()) return PhaseOutcome.Stopped;
            state.ComputeColumn(entering);
            var sign = state.ReducedCost[entering] < 0 ? 1 : -1;
            var (row, length) = Choose(sign, state.Upper[entering] - state.Lower[entering]);
            if (double.IsInfinity(length))
            {
                Ray = (entering, sign);
                if (state.Factorization.IsFresh) return PhaseOutcome.NoEnd;
                state.Refactor();
                continue;
            }

            if (row >= 0 && Math.Abs(state.Column[row]) < 1e-7 && !state.Factorization.IsFresh)
            {
                state.Refactor();
                continue;
            }

            stalled = length * Math.Abs(state.ReducedCost[entering]) > 1e-12 ? 0 : stalled + 1;
            Move(entering, sign * length, row);
            if (row < 0)
            {
                state.Flip(entering);
                continue;
            }

            if (!hasPivoted) Array.Fill(state.Weight, 1); // The dual method's weights do not hold any more.
            hasPivoted = true;
            Pivot(entering, row, sign);
        }
    }

    private bool IsOutside() => state.Violation.AsSpan().ContainsAnyExcept(0);

    private int Price(RandomStream? random)
    {
        var (best, entering) = (0.0, -1);
        foreach (var j in state.Nonbasic)
        {
            var violation = state.DualViolation(j);
            if (violation <= SimplexState.DualTolerance) continue;
            var gain = violation * violation / reference[j];
            if (random is not null) gain *= random.NextDouble();
            if (gain > best || (gain == best && j < entering)) (best, entering) = (gain, j);
        }

        return entering;
    }

    /// <summary>The row whose variable meets a bound first, within tolerance the one with the largest element, and how far it is.</summary>
    private (int Row, double Length) Choose(int sign, double range)
    {
        var column = state.Column;
        var limit = double.PositiveInfinity;
        for (var i = 0; i < column.Length; i++)
        {
            var rate = -sign * column[i];
            if (Math.Abs(rate) <= DualRatioTest.Negligible) continue;
            var room = Room(i, rate) + SimplexState.PrimalTolerance;
            limit = Math.Min(limit, room / Math.Abs(rate));
        }

        if (double.IsInfinity(limit)) return (-1, range);
        var (row, best, length) = (-1, 0.0, 0.0);
        for (var i = 0; i < column.Length; i++)
        {
            var rate = -sign * column[i];
            if (Math.Abs(rate) <= Math.Max(best, DualRatioTest.Negligible)) continue;
            var exact = Math.Max(0, Room(i, rate)) / Math.Abs(rate);
            if (exact <= limit) (row, best, length) = (i, Math.Abs(rate), exact);
        }

        return range <= length ? (-1, range) : (row, length);
    }

    private double Room(int row, double rate)
    {
        var j = state.Head[row];
        return rate > 0 ? state.Upper[j] - state.Value[j] : state.Value[j] - state.Lower[j];
    }

    private void Move(int entering, double by, int row)
    {
        var column = state.Column;
        for (var i = 0; i < column.Length; i++)
        {
            if (column[i] == 0) continue;
            state.Value[state.Head[i]] -= by * column[i];
            if (i != row) state.Judge(i);
        }

        state.Value[entering] += by;
    }

    private void Pivot(int entering, int row, int sign)
    {
        state.ComputeRow(row);
        var pivot = state.Row[entering];
        var step = state.ReducedCost[entering] / pivot;
        var weight = reference[entering];
        foreach (var j in state.Nonbasic)
        {
            if (state.Row[j] == 0) continue;
            state.ReducedCost[j] -= step * state.Row[j];
            var ratio = state.Row[j] / pivot;
            reference[j] = Math.Max(reference[j], ratio * ratio * weight);
        }

        var leaving = state.Head[row];
        state.ReducedCost[leaving] = -step;
        reference[leaving] = Math.Max(1, weight / (pivot * pivot));
        var value = state.Value[entering];
        state.Pivot(row, entering, -sign * state.Column[row] > 0 ? VariablePlace.Upper : VariablePlace.Lower);
        state.Value[entering] = value;
        state.Judge(row);
    }
}
