namespace RobustVerify.Core.Programming;

/// <summary>How a solver ended.</summary>
public enum SolutionStatus
{
    /// <summary>An optimum was found.</summary>
    Optimal,

    /// <summary>No values of the variables keep all constraints.</summary>
    Infeasible,

    /// <summary>The objective has no least value.</summary>
    Unbounded,

    /// <summary>A limit was reached, the work was cancelled, or rounding kept the solver from an answer.</summary>
    Limit,
}

/// <summary>What a solver found out of a program.</summary>
/// <remarks>
/// Of a linear program's duals y and reduced costs d = c − Aᵀy, at an optimum, yᵢ &gt; 0 only where row i is at its lower
/// bound, yᵢ &lt; 0 only where it is at its upper bound, and the same for d and the variables.
/// </remarks>
public sealed record LinearSolution
{
    /// <summary>How the solver ended.</summary>
    public required SolutionStatus Status { get; init; }

    /// <summary>No solution is better than this, as far as is known; ∞ where there is no solution.</summary>
    public required double Bound { get; init; }

    /// <summary>The objective's value at <see cref="Values"/>; ∞ where none are known.</summary>
    public double Objective { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// The best values of the variables that were found, within the solver's tolerance of the constraints; empty where there
    /// are none. Of an unbounded program, one that keeps the constraints.
    /// </summary>
    public double[] Values { get; init; } = [];

    /// <summary>The dual value of every row of a linear program; empty where there is none.</summary>
    public double[] RowDuals { get; init; } = [];

    /// <summary>The reduced cost of every variable of a linear program; empty where there is none.</summary>
    public double[] ReducedCosts { get; init; } = [];

    /// <summary>
    /// Of an infeasible linear program, a multiplier for every row that shows it: the least value of y·r for rows r within
    /// their bounds exceeds the largest of y·A x for x within theirs. Of an unbounded one, a direction for every variable
    /// along which the objective falls for ever. Otherwise empty.
    /// </summary>
    public double[] Ray { get; init; } = [];

    /// <summary>Simplex pivots that were made, where the solver tells.</summary>
    public long Pivots { get; init; }

    /// <summary>Nodes of the tree of a mixed-integer program that were solved, where the solver tells.</summary>
    public long Nodes { get; init; }
}
