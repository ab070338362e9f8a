namespace RobustVerify.Core.Programming;

/// <summary>Which variable takes the place of one that leaves the basis, so that reduced costs keep their signs.</summary>
/// <remarks>
/// The reduced costs change along a ray, and one after the other reaches zero. Past such a point, a variable with two bounds may
/// go to its other one, as long as the dual objective still grows: the long step, or bound flipping, ratio test (Maros 2003).
/// At the last point, all whose reduced cost is zero within tolerance are candidates, and the largest element wins (Harris 1973).
/// </remarks>
internal sealed class DualRatioTest(SimplexState state)
{
    /// <summary>Elements below this are taken for zero.</summary>
    public const double Negligible = 1e-9;

    private const double GoodPivot = 1e-5;

    private readonly int[] candidates = new int[state.ColumnCount];
    private readonly double[] ratios = new double[state.ColumnCount];

    /// <summary>How many variables <see cref="Passed"/> lists.</summary>
    public int PassedCount { get; private set; }

    /// <summary>The variables whose reduced costs reach zero up to the one that enters, and near it.</summary>
    public ReadOnlySpan<int> Passed => candidates.AsSpan(candidates.Length - PassedCount, PassedCount);

    /// <summary>The reduced costs fall by this, times the row's elements.</summary>
    public double Step { get; private set; }

    /// <summary>Chooses among all that are not basic, given the row in <see cref="SimplexState.Row"/>.</summary>
    /// <param name="violation">How far the leaving variable is above its upper bound or, negative, below its lower one.</param>
    /// <returns>The entering variable, or −1: there is none, the program is infeasible.</returns>
    public int Choose(double violation)
    {
        var (row, reduced, place) = (state.Row, state.ReducedCost, state.Place);
        var sign = Math.Sign(violation);
        var count = 0;
        foreach (var j in state.Nonbasic)
        {
            var element = sign * row[j];
            if (Math.Abs(element) <= Negligible || state.IsFixed(j)) continue;
            if (place[j] == VariablePlace.Lower ? element < 0 : place[j] == VariablePlace.Upper && element > 0) continue;
            candidates[count] = j;
            ratios[count++] = place[j] == VariablePlace.Free ? 0 : Math.Max(0, reduced[j] / element);
        }

        if (count == 0) return -1;
        for (var i = count / 2 - 1; i >= 0; i--) Sink(i, count);

        // The heap is at the start; what leaves it is kept at the end, the last first.
        var slope = Math.Abs(violation);
        var (left, isBlocked) = (count, false);
        while (left > 0 && !isBlocked)
        {
            var j = candidates[0];
            var range = state.Upper[j] - state.Lower[j];
            slope -= Math.Abs(row[j]) * range;
            Pop(ref left);
            isBlocked = slope < 0 || double.IsInfinity(range);
        }

        // All of them at their other bounds do not suffice.
        if (!isBlocked && slope > SimplexState.PrimalTolerance) return -1;
        var breakpoint = left;

        // From here on within tolerance.
        var harris = Harris(candidates[breakpoint], ratios[breakpoint]);
        while (left > 0 && ratios[0] <= harris)
        {
            harris = Math.Min(harris, Harris(candidates[0], ratios[0]));
            Pop(ref left);
        }

        var first = left;
        var best = breakpoint;
        for (var i = first; i <= breakpoint; i++)
        {
            if (Math.Abs(row[candidates[i]]) > Math.Abs(row[candidates[best]])) best = i;
        }

        // Better no long step than one onto a tiny element.
        for (var i = breakpoint + 1; Math.Abs(row[candidates[best]]) < GoodPivot && i < count; i++)
        {
            if (Math.Abs(row[candidates[i]]) > 10 * Math.Abs(row[candidates[best]])) (best, first) = (i, i);
        }

        var entering = candidates[best];
        Step = reduced[entering] / row[entering];
        if (Step * sign < 0) Step = 0;

        // Those passed, without the one that enters, end the array.
        PassedCount = 0;
        for (int i = count - 1, to = candidates.Length - 1; i >= first; i--)
        {
            if (i == best) continue;
            candidates[to--] = candidates[i];
            PassedCount++;
        }

        return entering;
    }

    private double Harris(int j, double ratio) => ratio + SimplexState.DualTolerance / Math.Abs(state.Row[j]);

    /// <summary>Moves the smallest ratio from the heap to just behind it.</summary>
    private void Pop(ref int left)
    {
        left--;
        (candidates[0], candidates[left]) = (candidates[left], candidates[0]);
        (ratios[0], ratios[left]) = (ratios[left], ratios[0]);
        Sink(0, left);
    }

    // Ties go by index, so that the order of the list of nonbasic variables does not matter.
    private bool Precedes(int a, int b) => ratios[a] < ratios[b] || (ratios[a] == ratios[b] && candidates[a] < candidates[b]);

    private void Sink(int i, int count)
    {
        while (true)
        {
            var child = 2 * i + 1;
            if (child >= count) return;
            if (child + 1 < count && Precedes(child + 1, child)) child++;
            if (!Precedes(child, i)) return;
            (candidates[i], candidates[child]) = (candidates[child], candidates[i]);
            (ratios[i], ratios[child]) = (ratios[child], ratios[i]);
            i = child;
        }
    }
}
