namespace RobustVerify.Core.Programming;

/// <summary>Branch and bound for mixed-integer programs, on linear programs that start from where the last one ended.</summary>
/// <remarks>
/// <para>
/// The part with the lowest bound comes first, and from there the search dives, so that it finds solutions early. It branches on
/// the variable with the best pseudo-costs, which a few pivots in both directions begin (Achterberg, Koch and Martin 2005).
/// Deterministic; counted in nodes and pivots; it can be stopped at any time, and says what it knows by then.
/// </para>
/// <para>
/// Where all variables have finite bounds, <see cref="LinearSolution.Bound"/> is sound in floating point: a part is
/// closed, or a bound believed, by <see cref="SafeBound"/> only. Where a variable has none, the simplex method's numbers are
/// taken. <see cref="LinearSolution.Values"/> keep the constraints within tolerance, integers exactly.
/// </para>
/// </remarks>
public sealed class MixedIntegerSearch
{
    private const double IntegerTolerance = 1e-6;
    private const double FeasibilityTolerance = 1e-7;
    private const int TrialCandidates = 8;
    private const int TrialPivots = 40;

    private readonly LinearProgram program;
    private readonly SolverLimits limits;
    private readonly CancellationToken cancellation;
    private readonly Func<double[], double[]?>? complete;
    private readonly DualSimplex simplex;
    private readonly PseudoCosts pseudoCosts;
    private readonly PriorityQueue<Node, (double Bound, long Order)> open = new();
    private readonly int[] integers;
    private readonly double[] lower, upper;
    private readonly bool isBoxed;
    private double[] incumbent = [];
    private double objective = double.PositiveInfinity;
    private double closed = double.PositiveInfinity;
    private long nodes, order;

    /// <summary>Begins a search that <see cref="Continue"/> goes on with, as <see cref="Minimize"/> does; how many nodes it may take is said there.</summary>
    public MixedIntegerSearch(
        LinearProgram program, SolverLimits limits, Basis? start = null, Func<double[], double[]?>? complete = null, ProgramPart? tree = null, CancellationToken cancellation = default)
    {
        (this.program, this.limits, this.complete, this.cancellation) = (program, limits, complete, cancellation);
        simplex = new DualSimplex(program);
        if (start is not null) simplex.Basis = start;
        pseudoCosts = new PseudoCosts(program.ColumnCount);
        integers = [.. Enumerable.Range(0, program.ColumnCount).Where(j => this.program.IsInteger[j])];
        (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
        foreach (var j in integers) (lower[j], upper[j]) = (Math.Ceiling(lower[j]), Math.Floor(upper[j]));
        isBoxed = lower.All(double.IsFinite) && upper.All(double.IsFinite);
        var isEmpty = program.HasCrossedBounds || integers.Any(j => lower[j] > upper[j]);
        if (!isEmpty) open.Enqueue(new Node(null, -1, 0, 0, double.NegativeInfinity, null) { Part = tree }, (double.NegativeInfinity, 0));
    }

    /// <summary>The value that a part must be below to be worth searching.</summary>
    private double Cutoff
    {
        get
        {
            var better = Math.Min(objective - limits.Gap * Math.Max(1, Math.Abs(objective)), limits.Cutoff);
            return limits.Threshold is { } threshold ? Math.Min(better, Math.BitIncrement(threshold)) : better;
        }
    }

    /// <summary>Minimises a program.</summary>
    /// <param name="program">The program, which need not have integers.</param>
    /// <param name="limits">When to stop.</param>
    /// <param name="start">A basis to begin with.</param>
    /// <param name="complete">Makes values that keep all constraints of such as solve a relaxation, or returns null; whether they do is checked.</param>
    /// <param name="tree">Told how the program is divided, and what closes its parts, if given.</param>
    /// <param name="incumbent">Values of all variables that keep all constraints, to begin with; whether they do is checked.</param>
    /// <param name="cancellation">Ends the search; what is known by then is returned.</param>
    public static LinearSolution Minimize(
        LinearProgram program,
        SolverLimits? limits = null,
        Basis? start = null,
        Func<double[], double[]?>? complete = null,
        ProgramPart? tree = null,
        double[]? incumbent = null,
        CancellationToken cancellation = default)
    {
        limits ??= SolverLimits.None;
        var search = new MixedIntegerSearch(program, limits, start, complete, tree, cancellation);
        if (incumbent is not null) search.Offer(incumbent);
        return search.Continue(limits.Nodes);
    }

    /// <summary>Takes values of all variables for a solution, if they keep all constraints and none that is known is better.</summary>
    public void Offer(double[] values)
    {
        var rounded = (double[])values.Clone();
        foreach (var j in integers)
        {
            rounded[j] = Math.Round(values[j]);
            if (Math.Abs(rounded[j] - values[j]) > IntegerTolerance) return;
        }

        var value = program.Objective(rounded);
        if (value >= objective || !IsFeasible(rounded)) return;
        (incumbent, objective) = (rounded, value);
    }

    /// <summary>Goes on until the program is solved, a limit is reached, or so many nodes are solved since the search began.</summary>
    public LinearSolution Continue(long mostNodes)
    {
        var isDone = true;
        while (isDone && open.Count > 0)
        {
            var node = open.Dequeue();
            if (node.Bound >= Cutoff)
            {
                closed = Math.Min(closed, node.Bound);
                continue;
            }

            Enter(node);
            for (Node? current = node; current is not null && isDone;)
            {
                if (nodes >= mostNodes || simplex.Pivots >= limits.Pivots || cancellation.IsCancellationRequested || objective <= limits.Threshold)
                {
                    isDone = false;
                    open.Enqueue(current, (current.Bound, -++order));
                    break;
                }

                var solution = simplex.Solve(
                    new() { Pivots = limits.Pivots - simplex.Pivots, Threshold = double.IsFinite(Cutoff) ? Cutoff : null }, cancellation);
                nodes++;
                if (solution.Status == SolutionStatus.Unbounded) return Unbounded();
                current = Take(current, solution);
            }
        }

        var bound = Math.Min(closed, open.TryPeek(out _, out var first) ? first.Bound : double.PositiveInfinity);
        var hasIncumbent = incumbent.Length > 0 || (program.ColumnCount == 0 && double.IsFinite(objective));
        return new()
        {
            Status = hasIncumbent && bound >= objective - limits.Gap * Math.Max(1, Math.Abs(objective)) ? SolutionStatus.Optimal
                : !hasIncumbent && double.IsPositiveInfinity(bound) ? SolutionStatus.Infeasible
                : SolutionStatus.Limit,
            Bound = Math.Min(bound, objective),
            Objective = objective,
            Values = incumbent,
            Pivots = simplex.Pivots,
            Nodes = nodes,
        };
    }

    /// <summary>Learns from the solution of a part's relaxation, and returns the part to go on with, if any.</summary>
    private Node? Take(Node node, LinearSolution solution)
    {
        node.Part?.Learn(solution);
        if (solution.Status == SolutionStatus.Infeasible && (!isBoxed || SafeBound.ProvesInfeasible(program, solution.Ray, simplex.Lower, simplex.Upper)))
        {
            Learn(node, Cutoff);
            return null;
        }

        var bound = node.Bound;
        if (solution.Status == SolutionStatus.Optimal) bound = Math.Max(bound, Believed(solution));
        if (solution.Status == SolutionStatus.Limit) bound = Math.Max(bound, solution.Bound);
        Learn(node, bound);
        if (solution.Status == SolutionStatus.Optimal) Try(solution);
        if (bound >= Cutoff)
        {
            closed = Math.Min(closed, bound);
            return null;
        }

        var branch = Choose(solution, bound);
        if (branch.Variable < 0)
        {
            // Everything is decided, and yet rounding keeps the part open.
            closed = Math.Min(closed, bound);
            return null;
        }

        return Branch(node, branch.Variable, branch.Value, bound);
    }

    /// <summary>The bound that a relaxation's optimum is.</summary>
    private double Believed(LinearSolution solution) => isBoxed
        ? SafeBound.LowerBound(program, solution.RowDuals, simplex.Lower, simplex.Upper)
        : solution.Objective - 1e-9 * Math.Max(1, Math.Abs(solution.Objective));

    private void Learn(Node node, double bound)
    {
        if (node.Variable < 0 || !double.IsFinite(node.Bound) || !double.IsFinite(bound)) return;
        pseudoCosts.Add(node.Variable, node.IsUp, node.Distance, bound - node.Bound);
    }

    /// <summary>Both parts of a part; the one that promises less of a rise is gone on with, the other waits.</summary>
    private Node? Branch(Node node, int variable, double value, double bound)
    {
        var floor = Math.Clamp(Math.Floor(value), simplex.Lower[variable], simplex.Upper[variable] - 1);
        var distance = Math.Clamp(value - floor, 0, 1);
        var snapshot = simplex.Take();
        var parts = node.Part?.Divide(variable);
        var down = new Node(node, variable, floor, distance, bound, snapshot) { Part = parts?.Below };
        var up = new Node(node, variable, floor + 1, 1 - distance, bound, snapshot) { IsUp = true, Part = parts?.Above };
        var (fall, rise) = pseudoCosts.Estimate(variable, distance);
        var (first, second) = rise < fall ? (up, down) : (down, up);
        open.Enqueue(second, (second.Bound, -++order));

        // Far above the lowest bound, it is better to go back to where that is.
        if (double.IsFinite(objective) && open.TryPeek(out _, out var lowest) && bound > lowest.Bound + 0.5 * (objective - lowest.Bound))
        {
            open.Enqueue(first, (first.Bound, -++order));
            return null;
        }

        Narrow(first);
        return first;
    }

    /// <summary>Leaves the part that was searched last for another.</summary>
    private void Enter(Node node)
    {
        foreach (var j in integers)
        {
            if (simplex.Lower[j] != lower[j] || simplex.Upper[j] != upper[j]) simplex.SetBounds(j, lower[j], upper[j]);
        }

        for (Node? ancestor = node; ancestor is not null; ancestor = ancestor.Parent) Narrow(ancestor);
        if (node.Snapshot is not null) simplex.Restore(node.Snapshot);
    }

    private void Narrow(Node node)
    {
        if (node.Variable < 0) return;
        var (low, high) = (simplex.Lower[node.Variable], simplex.Upper[node.Variable]);
        simplex.SetBounds(node.Variable, node.IsUp ? Math.Max(low, node.Value) : low, node.IsUp ? high : Math.Min(high, node.Value));
    }

    /// <summary>The variable to branch on and its value; −1 where all integers are decided.</summary>
    private (int Variable, double Value) Choose(LinearSolution solution, double bound)
    {
        var candidates = new List<(double Score, int Variable, double Value)>();
        if (solution.Status == SolutionStatus.Optimal)
        {
            foreach (var j in integers)
            {
                var (value, fraction) = (solution.Values[j], solution.Values[j] - Math.Floor(solution.Values[j]));
                if (Math.Min(fraction, 1 - fraction) > IntegerTolerance && simplex.Lower[j] < simplex.Upper[j])
                    candidates.Add((pseudoCosts.Score(j, fraction), j, value));
            }
        }

        if (candidates.Count == 0)
        {
            // The relaxation says nothing more; any undecided variable will do.
            foreach (var j in integers)
            {
                if (simplex.Lower[j] < simplex.Upper[j])
                    return (j, solution.Values.Length > 0 ? solution.Values[j] : Middle(simplex.Lower[j], simplex.Upper[j]));
            }

            return (-1, 0);
        }

        candidates.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Variable.CompareTo(b.Variable));
        return Probe(candidates, bound);
    }

    /// <summary>Tries the candidates of which too little is known with a few pivots, and returns the best of all.</summary>
    private (int Variable, double Value) Probe(List<(double Score, int Variable, double Value)> candidates, double bound)
    {
        var (best, chosen, failures) = (-1.0, 0, 0);
        SimplexSnapshot? snapshot = null;
        for (var c = 0; c < candidates.Count && c < TrialCandidates && failures < TrialCandidates / 2; c++)
        {
            var (score, variable, value) = candidates[c];
            if (!pseudoCosts.IsKnown(variable) && double.IsFinite(bound))
            {
                snapshot ??= simplex.Take();
                var down = Gain(snapshot, variable, value, false, bound);
                var up = Gain(snapshot, variable, value, true, bound);
                score = PseudoCosts.Combine(down, up);
            }

            failures++;
            if (score <= best) continue;
            (best, chosen, failures) = (score, c, 0);
        }

        if (snapshot is not null) simplex.Restore(snapshot);
        return (candidates[chosen].Variable, candidates[chosen].Value);
    }

    private double Gain(SimplexSnapshot snapshot, int variable, double value, bool isUp, double bound)
    {
        var (low, high) = (simplex.Lower[variable], simplex.Upper[variable]);
        simplex.Restore(snapshot);
        simplex.SetBounds(variable, isUp ? Math.Ceiling(value) : low, isUp ? high : Math.Floor(value));
        var solution = simplex.Solve(new() { Pivots = Math.Min(TrialPivots, limits.Pivots - simplex.Pivots), Threshold = double.IsFinite(Cutoff) ? Cutoff : null }, cancellation);
        simplex.SetBounds(variable, low, high);
        if (solution.Status == SolutionStatus.Optimal) Try(solution);
        var reached = solution.Status == SolutionStatus.Infeasible ? Math.Max(Cutoff, bound + 1) : solution.Bound;
        if (!double.IsFinite(reached)) reached = double.IsPositiveInfinity(reached) ? bound + 2 * Math.Max(1, Math.Abs(bound)) : bound;
        var gain = Math.Max(0, reached - bound);
        pseudoCosts.Add(variable, isUp, isUp ? Math.Ceiling(value) - value : value - Math.Floor(value), gain);
        return gain;
    }

    /// <summary>Makes a solution of a relaxation's optimum, if it is one or the caller knows how.</summary>
    private void Try(LinearSolution solution)
    {
        if (solution.Objective < objective) Offer(solution.Values);
        if (complete?.Invoke(solution.Values) is { } completed) Offer(completed);
    }

    private bool IsFeasible(double[] x)
    {
        for (var j = 0; j < x.Length; j++)
        {
            var room = FeasibilityTolerance * Math.Max(1, Math.Abs(x[j]));
            if (!(x[j] >= lower[j] - room && x[j] <= upper[j] + room)) return false;
        }

        for (var i = 0; i < program.RowCount; i++)
        {
            var (value, magnitude) = (0.0, 1.0);
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
            {
                var term = program.Coefficients[e] * x[program.Columns[e]];
                value += term;
                magnitude += Math.Abs(term);
            }

            var room = FeasibilityTolerance * magnitude;
            if (!(value >= program.RowLower[i] - room && value <= program.RowUpper[i] + room)) return false;
        }

        return true;
    }

    /// <summary>A program with an unbounded relaxation is unbounded if it has any solution (for rational coefficients).</summary>
    private LinearSolution Unbounded()
    {
        var feasibility = Minimize(program.WithCost(new double[program.ColumnCount]), limits, null, complete, cancellation: cancellation);
        var isUnbounded = feasibility.Values.Length > 0;
        return feasibility with
        {
            Status = isUnbounded ? SolutionStatus.Unbounded : feasibility.Status,
            Bound = feasibility.Status == SolutionStatus.Infeasible ? double.PositiveInfinity : double.NegativeInfinity,
            Objective = isUnbounded ? program.Objective(feasibility.Values) : double.PositiveInfinity,
        };
    }

    private static double Middle(double low, double high) =>
        double.IsFinite(low) && double.IsFinite(high) ? low / 2 + high / 2 : double.IsFinite(low) ? low : double.IsFinite(high) ? high : 0;

    /// <summary>A part of the program: its parent, and one variable further up or down.</summary>
    private sealed record Node(Node? Parent, int Variable, double Value, double Distance, double Bound, SimplexSnapshot? Snapshot)
    {
        public bool IsUp { get; init; }

        public ProgramPart? Part { get; init; }
    }
}
