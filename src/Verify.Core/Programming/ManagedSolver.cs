namespace RobustVerify.Core.Programming;

/// <summary>The solver that is always there: <see cref="DualSimplex"/>.</summary>
public sealed class ManagedSolver : ILinearSolver
{
    /// <inheritdoc/>
    public string Name => "managed";

    /// <inheritdoc/>
    public LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default) =>
        new DualSimplex(program).Solve(limits, cancellation);
}
