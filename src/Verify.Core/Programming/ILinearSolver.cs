namespace RobustVerify.Core.Programming;

/// <summary>Solves linear programs, and mixed-integer ones.</summary>
/// <remarks>
/// Solvers compute in floating point with tolerances. What they return is a proof only through <see cref="SafeBound"/>.
/// </remarks>
public interface ILinearSolver
{
    /// <summary>What the solver is called, for messages.</summary>
    string Name { get; }

    /// <summary>Minimises a program's objective.</summary>
    /// <param name="program">The program.</param>
    /// <param name="limits">When to stop before the end; never, if left out.</param>
    /// <param name="cancellation">Ends the work early; what is known by then is returned.</param>
    LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default);
}

/// <summary>When a solver stops before it has an optimum.</summary>
public sealed record SolverLimits
{
    /// <summary>No limit.</summary>
    public static SolverLimits None { get; } = new();

    /// <summary>Simplex pivots, of all nodes together.</summary>
    public long Pivots { get; init; } = long.MaxValue;

    /// <summary>Nodes of the tree of a mixed-integer program.</summary>
    public long Nodes { get; init; } = long.MaxValue;

    /// <summary>Stops as soon as the optimum is known to be above this number, or a solution to be at or below it.</summary>
    public double? Threshold { get; init; }

    /// <summary>
    /// What is known to be reached: solutions that are not below need not be found, so that parts of a mixed-integer program may be left out for it. Where none is below, the
    /// solution may have no values, and its bound is at least this number.
    /// </summary>
    public double Cutoff { get; init; } = double.PositiveInfinity;

    /// <summary>The distance between bound and objective, relative to max(1, |objective|), at which a mixed-integer program counts as solved.</summary>
    public double Gap { get; init; } = 1e-6;
}
