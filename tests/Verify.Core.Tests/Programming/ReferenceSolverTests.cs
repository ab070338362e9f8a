using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>The managed solver and Clp give the same answers.</summary>
[RequiresLibrary("libClp.so.1", "coinor-libclp1")]
public sealed class ClpComparisonTests
{
    // Clp gives free variables bounds of 10¹⁰ for a while, which costs it digits.
    [ContractFact]
    public void The_managed_solver_answers_as_Clp_does() => SolverComparison.Compare(new ClpSolver(), 1e-4);
}

/// <summary>The managed solver and GLPK give the same answers.</summary>
[RequiresLibrary("libglpk.so.40", "libglpk40")]
public sealed class GlpkComparisonTests
{
    [ContractFact]
    public void The_managed_solver_answers_as_GLPK_does() => SolverComparison.Compare(new GlpkSolver(), 1e-9);
}

internal static class SolverComparison
{
    public static void Compare(ILinearSolver reference, double tolerance)
    {
        var counts = new int[4];
        for (var number = 0; number < 1500; number++)
        {
            var program = RandomPrograms.Of(number);
            var (expected, actual) = (reference.Solve(program), new ManagedSolver().Solve(program));
            Assert.True(expected.Status == actual.Status, $"program {number}: {actual.Status}, {reference.Name} says {expected.Status}");
            counts[(int)actual.Status]++;
            if (actual.Status == SolutionStatus.Optimal)
            {
                Assert.True(
                    Math.Abs(expected.Objective - actual.Objective) <= tolerance * (1 + Math.Abs(expected.Objective)),
                    $"program {number}: {actual.Objective}, {reference.Name} has {expected.Objective}");
            }

            if (actual.Status is SolutionStatus.Infeasible or SolutionStatus.Unbounded) Assert.NotEmpty(actual.Ray);
        }

        Assert.True(counts[..3].Min() >= 50, string.Join(' ', counts));
    }
}
