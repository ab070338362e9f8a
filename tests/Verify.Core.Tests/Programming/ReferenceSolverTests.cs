using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>The managed solver and Clp give the same answers.</summary>
[RequiresLibrary("libClp.so.1", "coinor-libclp1")]
public sealed class ClpComparisonTests
{
    // Clp gives free variables bounds of 10¹⁰ for a while, which costs it digits.
    [ContractFact]
    public void The_managed_solver_answers_as_Clp_does() => SolverComparison.Compare(new ClpSolver(), 1e-4);
}

/// <summary>The managed solver and Cbc give the same answers.</summary>
[RequiresLibrary("libCbcSolver.so.3", "coinor-libcbc3")]
public sealed class CbcComparisonTests
{
    [ContractFact]
    public void The_minimum_of_a_network_is_what_Cbc_finds()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var network = RandomNetworks.Dense(new Random(seed), ReLU.Instance, 4, 10, 10, 2);
            var region = InputRegion.Box([-1, -1, -1, -1], [1, 1, 1, 1]);
            var encoded = NetworkProgram.Encode(LinearBoundPropagation.Propagate(network, [region]).Bounds);
            var program = encoded.Minimizing([1, -1]);
            var (expected, plain, guided) = (new CbcSolver().Solve(program), new ManagedSolver().Solve(program), encoded.Minimize([1, -1]));
            Assert.Equal((SolutionStatus.Optimal, SolutionStatus.Optimal), (plain.Status, guided.Status));
            Assert.Equal(expected.Objective, plain.Objective, 1e-5);
            Assert.Equal(expected.Objective, guided.Objective, 1e-5);
        }
    }
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
