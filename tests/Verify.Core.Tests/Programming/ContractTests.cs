using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

public sealed class ManagedSolverTests : LinearSolverContract
{
    protected override ILinearSolver Solver { get; } = new ManagedSolver();
}

public sealed class ManagedMixedIntegerTests : MixedIntegerSolverContract
{
    protected override ILinearSolver Solver { get; } = new ManagedSolver();
}

[RequiresLibrary("libClp.so.1", "coinor-libclp1")]
public sealed class ClpSolverTests : LinearSolverContract
{
    protected override ILinearSolver Solver { get; } = new ClpSolver();
}

[RequiresLibrary("libCbcSolver.so.3", "coinor-libcbc3")]
public sealed class CbcSolverTests : MixedIntegerSolverContract
{
    protected override ILinearSolver Solver { get; } = new CbcSolver();
}

[RequiresLibrary("libglpk.so.40", "libglpk40")]
public sealed class GlpkSolverTests : LinearSolverContract
{
    protected override ILinearSolver Solver { get; } = new GlpkSolver();
}

[RequiresLibrary("libglpk.so.40", "libglpk40")]
public sealed class GlpkMixedIntegerTests : MixedIntegerSolverContract
{
    protected override ILinearSolver Solver { get; } = new GlpkSolver();
}
