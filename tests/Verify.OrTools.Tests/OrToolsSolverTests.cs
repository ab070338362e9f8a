using RobustVerify.Core.Programming;
using RobustVerify.Core.Tests.Programming;

namespace RobustVerify.OrTools.Tests;

public sealed class OrToolsSolverTests : LinearSolverContract
{
    protected override ILinearSolver Solver { get; } = new OrToolsSolver();
}

public sealed class OrToolsMixedIntegerTests : MixedIntegerSolverContract
{
    protected override ILinearSolver Solver { get; } = new OrToolsSolver();
}
