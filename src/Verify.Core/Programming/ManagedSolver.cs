namespace RobustVerify.Core.Programming;

/// <summary>
/// The solver that is always there: <see cref="DualSimplex"/>, and for mixed-integer programs <see cref="MixedIntegerSearch"/>.
/// </summary>
public sealed class ManagedSolver : ILinearSolver
{
    /// <inheritdoc/>
    public string Name => "managed";

    /// <inheritdoc/>
    public LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default) =>
        program.IsMixedInteger
            ? MixedIntegerSearch.Minimize(program, limits, cancellation: cancellation)
            : new DualSimplex(program).Solve(limits, cancellation);
}
