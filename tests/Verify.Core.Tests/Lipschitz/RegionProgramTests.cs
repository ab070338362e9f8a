using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Lipschitz.Regions;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Lipschitz;

/// <summary>Two routes to the exact constant, which share no more than the network, agree.</summary>
public sealed class RegionProgramTests
{
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.Linf)]
    public void The_program_and_the_search_agree(Norm norm)
    {
        var random = new Random(61);
        for (var trial = 0; trial < 20; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 4, 3, 2);
            var question = new LipschitzQuestion(network, norm, InputRegion.Box([-1, -1], [1, 1]));
            var constant = LipschitzEstimation.Bound(question);
            Assert.Equal(LipschitzStatus.Exact, constant.Status);
            Assert.Equal(constant.Upper, RegionProgram.Solve(question, new ManagedSolver()), Tolerance * (1 + constant.Upper));
            Assert.Equal(constant.Upper, RegionProgram.Solve(question, new ManagedSolver(), known: constant.Lower), Tolerance * (1 + constant.Upper));
            Assert.Equal(constant.Upper, RegionProgram.Solve(question, new ManagedSolver(), known: 0.9 * constant.Lower), Tolerance * (1 + constant.Upper));
            Assert.InRange(RegionProgram.Solve(question, new ManagedSolver(), 1e-4), 0, constant.Upper + Tolerance);
        }
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.Linf)]
    public void A_degenerate_tie_counts_in_closed_regions_and_not_in_strict_ones(Norm norm)
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, -1], 2, 1)), ReLU.Instance);
        var question = new LipschitzQuestion(new Network(input, new AffineNode(hidden, new DenseMap([1, -1], 1, 2))), norm, InputRegion.Box([-1], [1]));
        Assert.Equal(2, RegionProgram.Solve(question, new ManagedSolver()), Tolerance);
        Assert.Equal(1, RegionProgram.Solve(question, new ManagedSolver(), 1e-3), Tolerance);
    }

    [Fact]
    public void What_is_no_such_program_is_refused()
    {
        var network = RandomNetworks.Dense(new Random(62), Tanh.Instance, 2, 3, 1);
        Assert.Throws<NotSupportedException>(() => RegionProgram.Solve(new LipschitzQuestion(network, Norm.Linf, InputRegion.Box([0, 0], [1, 1])), new ManagedSolver()));
    }
}
