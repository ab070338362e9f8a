using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Lipschitz;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Optimization;

/// <summary>Limits hold wherever a search stops, and however poor the point is that it begins with.</summary>
public sealed class ProvenLimitTests
{
    [Theory]
    [InlineData("inputs")]
    [InlineData("neurons")]
    [InlineData("program")]
    public void A_limit_is_below_all_values_wherever_the_search_ends(string way)
    {
        var found = 0;
        for (var seed = 0; seed < 30; seed++)
        {
            var network = RandomNetworks.Dense(new Random(seed), ReLU.Instance, 2, 10, 10, 1);
            var region = InputRegion.Box([-2, -2], [2, 2]);
            var least = ActivationRegions.Ranges(network, region)[0].Least;
            foreach (var parts in (int[])[1, 2, 5, 12, 30, 80, 200])
            {
                var problem = new Problem(network, region, []);
                var limit = new ProvenLimit(problem, [1]);
                var known = PieceSearch.At(problem, new Conjunction([new([1], 0)]), [0.1, -0.2]);
                var (best, reached) = way == "program"
                    ? limit.ByProgram(problem.Bounds.Bounds, known, 1e-6, parts, CancellationToken.None)
                    : limit.BySplits(known, 1e-6, parts, way == "inputs", problem.Bounds, CancellationToken.None);
                Assert.True(limit.Value <= least + 1e-9 && reached <= least + 1e-9, $"seed {seed}, {parts} parts: {limit.Value} above {least}");
                Assert.True(best.Value >= least - 1e-9);
                found += best.Value < known.Value ? 1 : 0;
            }
        }

        Assert.True(found > 50, $"Better points were found {found} times.");
    }
}
