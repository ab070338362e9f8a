namespace RobustVerify.Core.Programming;

/// <summary>A linear program that is solved, changed in its bounds or objective, and solved again from where it was.</summary>
/// <remarks>
/// <para>
/// Requires a program of moderate size (thousands of rows and columns). The bounded dual simplex method brings all variables
/// within their bounds, with costs shifted where they have to be, and the primal one ends with the program's own costs.
/// Thus infeasible is told from unbounded, and free variables need no bounds. Integrality is ignored.
/// </para>
/// <para>
/// Deterministic. Not sound by itself: values are within 10⁻⁹ of their bounds, after scaling. <see cref="SafeBound"/> makes a
/// proof of the duals. Sources: Koberstein 2005, The dual simplex method; Maros 2003, Computational techniques of the simplex method.
/// </para>
/// <para>Belongs to one thread.</para>
/// </remarks>
public sealed class DualSimplex
{
    private const int MostRounds = 30;

    private readonly double[] lower, upper;
    private readonly SimplexMatrix matrix;
    private readonly SimplexState state;
    private readonly DualPhase dual;
    private readonly PrimalPhase primal;
    private double costScale = 1;
    private bool isFactored;

    /// <summary>Takes a program.</summary>
    public DualSimplex(LinearProgram program)
    {
        Program = program;
        (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
        matrix = new SimplexMatrix(program);
        state = new SimplexState(matrix);
        (dual, primal) = (new DualPhase(state), new PrimalPhase(state));
        for (var j = 0; j < program.ColumnCount; j++) SetBounds(j, lower[j], upper[j]);
        for (var i = 0; i < program.RowCount; i++)
        {
            state.Lower[program.ColumnCount + i] = program.RowLower[i] * matrix.RowScale[i];
            state.Upper[program.ColumnCount + i] = program.RowUpper[i] * matrix.RowScale[i];
        }

        SetCost(program.Cost, program.Constant);
    }

    /// <summary>The program, with the objective that is solved for but the bounds that it came with.</summary>
    public LinearProgram Program { get; private set; }

    /// <summary>The least value of every variable, as it is now.</summary>
    public ReadOnlySpan<double> Lower => lower;

    /// <summary>The largest value of every variable, as it is now.</summary>
    public ReadOnlySpan<double> Upper => upper;

    /// <summary>Pivots of all solves so far.</summary>
    public long Pivots => state.Pivots;

    /// <summary>Where every variable is. What is set need not be a basis: it is made one.</summary>
    public Basis Basis
    {
        get => new(state.Place[..state.ColumnCount], state.Place[state.ColumnCount..]);
        set
        {
            if (value.Columns.Length != state.ColumnCount || value.Rows.Length != state.RowCount)
            {
                throw new ArgumentException(
                    $"A basis of {value.Columns.Length} variables and {value.Rows.Length} rows for a program of {state.ColumnCount} and {state.RowCount}.");
            }

            state.SetBasis(value.Columns, value.Rows);
            isFactored = false;
        }
    }

    /// <summary>Changes the bounds of a variable.</summary>
    /// <exception cref="ArgumentException">A bound is not a number.</exception>
    public void SetBounds(int column, double atLeast, double atMost)
    {
        LinearProgramBuilder.CheckBounds(atLeast, atMost, "A variable");
        (lower[column], upper[column]) = (atLeast, atMost);
        state.Lower[column] = atLeast / matrix.ColumnScale[column];
        state.Upper[column] = atMost / matrix.ColumnScale[column];
    }

    /// <summary>Changes the objective.</summary>
    /// <exception cref="ArgumentException">There is not one finite cost for every variable.</exception>
    public void SetCost(ReadOnlySpan<double> cost, double constant = 0)
    {
        Program = Program.WithCost(cost, constant);
        var largest = 0.0;
        for (var j = 0; j < cost.Length; j++)
        {
            state.Cost[j] = cost[j] * matrix.ColumnScale[j];
            largest = Math.Max(largest, Math.Abs(state.Cost[j]));
        }

        costScale = 1 / SimplexMatrix.PowerOfTwo(largest);
        for (var j = 0; j < cost.Length; j++) state.Cost[j] *= costScale;
    }

    /// <summary>Minimises the objective, from the basis that is there.</summary>
    /// <inheritdoc cref="ILinearSolver.Solve"/>
    public LinearSolution Solve(SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        for (var j = 0; j < state.Lower.Length; j++)
        {
            if (state.Lower[j] > state.Upper[j])
                return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity, Ray = new double[state.RowCount] };
        }

        limits ??= SolverLimits.None;
        var start = state.Pivots;
        var outcome = Run(new Stop(this, limits, cancellation));
        return Result(outcome) with { Pivots = state.Pivots - start };
    }

    internal SimplexSnapshot Take() => state.Take();

    internal void Restore(SimplexSnapshot snapshot)
    {
        state.Restore(snapshot);
        isFactored = false;
    }

    private SolutionStatus Run(Stop stop)
    {
        state.Unshift();
        foreach (var j in state.Nonbasic) state.Settle(j);
        if (isFactored)
        {
            state.Compute();
        }
        else
        {
            state.Refactor();
            isFactored = true;
        }

        for (var round = 0; round < MostRounds; round++)
        {
            if (!IsReadyForPrimal(round))
            {
                stop.IsDual = true;
                MakeDualFeasible();
                var outcome = dual.Run(stop.Asked);
                stop.IsDual = false;
                if (outcome == PhaseOutcome.NoEnd) return SolutionStatus.Infeasible;
                if (outcome != PhaseOutcome.Done) return SolutionStatus.Limit;
                if (state.IsShifted)
                {
                    state.Unshift();
                    state.ComputeReducedCosts();
                }
            }

            switch (primal.Run(stop.Asked))
            {
                case PhaseOutcome.Done: return SolutionStatus.Optimal;
                case PhaseOutcome.NoEnd: return SolutionStatus.Unbounded;
                case PhaseOutcome.Stopped: return SolutionStatus.Limit;
            }
        }

        return SolutionStatus.Limit;
    }

    /// <summary>Whether all values are within bounds, and no change of bounds mends the reduced costs' signs.</summary>
    private bool IsReadyForPrimal(int round)
    {
        if (state.Violation.AsSpan().ContainsAnyExcept(0)) return false;
        if (round > 0) return true;
        foreach (var j in state.Nonbasic)
        {
            if (state.DualViolation(j) > SimplexState.DualTolerance && !double.IsFinite(state.Upper[j] - state.Lower[j])) return true;
        }

        return false;
    }

    private void MakeDualFeasible()
    {
        var hasFlipped = false;
        foreach (var j in state.Nonbasic)
        {
            if (state.DualViolation(j) == 0) continue;
            if (double.IsFinite(state.Upper[j] - state.Lower[j]))
            {
                state.Flip(j);
                hasFlipped = true;
            }
            else
            {
                state.Shift(j);
            }
        }

        if (hasFlipped) state.ComputeValues();
    }

    private LinearSolution Result(SolutionStatus status)
    {
        switch (status)
        {
            case SolutionStatus.Infeasible:
                return new() { Status = status, Bound = double.PositiveInfinity, Ray = Unscaled(state.Multipliers, dual.RaySign) };
            case SolutionStatus.Unbounded:
                {
                    var values = Values();
                    return new()
                    {
                        Status = status,
                        Bound = double.NegativeInfinity,
                        Objective = Program.Objective(values),
                        Values = values,
                        Ray = Direction(),
                    };
                }

            case SolutionStatus.Optimal:
                {
                    var values = Values();
                    var objective = Program.Objective(values);
                    return new()
                    {
                        Status = status,
                        Bound = objective,
                        Objective = objective,
                        Values = values,
                        RowDuals = RowDuals(),
                        ReducedCosts = ReducedCosts(),
                    };
                }

            default:
                {
                    var duals = RowDuals();
                    return new()
                    {
                        Status = status,
                        Bound = SafeBound.LowerBound(Program, duals, lower, upper),
                        RowDuals = duals,
                        ReducedCosts = ReducedCosts(),
                    };
                }
        }
    }

    private double[] Values()
    {
        var values = new double[state.ColumnCount];

        // Scaling by powers of two is exact, so that bounds are hit exactly; what is off by the tolerance is put back.
        for (var j = 0; j < values.Length; j++) values[j] = Math.Clamp(state.Value[j] * matrix.ColumnScale[j], lower[j], upper[j]);
        return values;
    }

    private double[] RowDuals() => Unscaled(state.ReducedCost.AsSpan(state.ColumnCount), 1 / costScale);

    private double[] Unscaled(ReadOnlySpan<double> multipliers, double factor)
    {
        var duals = new double[multipliers.Length];
        for (var i = 0; i < duals.Length; i++) duals[i] = multipliers[i] * matrix.RowScale[i] * factor;
        return duals;
    }

    private double[] ReducedCosts()
    {
        var reduced = new double[state.ColumnCount];
        for (var j = 0; j < reduced.Length; j++) reduced[j] = state.ReducedCost[j] / (matrix.ColumnScale[j] * costScale);
        return reduced;
    }

    private double[] Direction()
    {
        var (variable, sign) = primal.Ray;
        var direction = new double[state.ColumnCount];
        if (variable < direction.Length) direction[variable] = sign * matrix.ColumnScale[variable];
        for (var i = 0; i < state.RowCount; i++)
        {
            var j = state.Head[i];
            if (j < direction.Length) direction[j] = -sign * state.Column[i] * matrix.ColumnScale[j];
        }

        return direction;
    }

    /// <summary>Asked after every pivot whether to go on.</summary>
    private sealed class Stop(DualSimplex simplex, SolverLimits limits, CancellationToken cancellation)
    {
        private const int Interval = 16;

        private readonly long last = limits.Pivots < long.MaxValue - simplex.state.Pivots ? simplex.state.Pivots + limits.Pivots : long.MaxValue;
        private long next = simplex.state.Pivots + Interval;

        /// <summary>Whether the present duals are near what is optimal, so that their bound says something.</summary>
        public bool IsDual { get; set; }

        public bool Asked()
        {
            if (simplex.state.Pivots >= last) return true;
            if (simplex.state.Pivots < next) return false;
            next = simplex.state.Pivots + Interval;
            if (cancellation.IsCancellationRequested) return true;
            if (limits.Threshold is not { } threshold || !IsDual) return false;
            return simplex.state.DualObjective() / simplex.costScale + simplex.Program.Constant > threshold
                && SafeBound.LowerBound(simplex.Program, simplex.RowDuals(), simplex.lower, simplex.upper) > threshold;
        }
    }
}
