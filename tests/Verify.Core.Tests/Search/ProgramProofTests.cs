using RobustVerify.Core.Bounds;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Search;

/// <summary>What a mixed-integer program decides is what sampling says, and its duals are a proof.</summary>
public sealed class ProgramProofTests
{
    [Fact]
    public void Duals_of_the_programs_of_random_networks_are_proofs()
    {
        var (proved, refuted) = (0, 0);
        for (var trial = 0; trial < 60; trial++)
        {
            var random = new Random(7000 + trial);
            var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 8, 7, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.5, Norm.Linf);
            var (row, other) = (RandomNetworks.RandomVector(random, 3, 1), RandomNetworks.RandomVector(random, 3, 1));
            var points = Sampling.Points(region, 20_000, random);
            var values = network.Evaluate<double>(points, 20_000);

            // The least of the row where the second constraint holds.
            double Of(double[] coefficients, int point) => coefficients.Select((c, i) => c * values[3 * point + i]).Sum();
            var middle = Enumerable.Range(0, 20_000).Select(point => Of(other, point)).Order().ElementAt(6000);
            var isConjunction = trial % 3 == 2;
            var some = Enumerable.Range(0, 20_000).Where(point => !isConjunction || Of(other, point) <= middle).Select(point => Of(row, point)).ToArray();
            var holds = trial % 2 == 0;
            var bound = some.Min() + (holds ? -0.03 : 0.03) * (some.Max() - some.Min());
            LinearConstraint[] constraints = isConjunction ? [new([.. row], bound), new([.. other], middle)] : [new([.. row], bound)];
            var property = new Property("p", region, new OutputProperty([new Conjunction([.. constraints])], "test"));
            var known = LinearBoundPropagation.Propagate(network, [region]);
            var (proof, candidate, nodes) = new ProgramProof(known, property, 0).Find(10_000, default);
            if (!holds)
            {
                Assert.True(candidate is not null, $"Network {trial}: no counterexample after {nodes} nodes.");

                // On the edge of a second constraint, rounding to float32 decides.
                Assert.True(isConjunction || property.Output.IsViolatedBy(network.Evaluate<double>(Array.ConvertAll(candidate, value => (double)value), 1)), $"Network {trial}: no violation.");
                refuted++;
                continue;
            }

            Assert.True(candidate is null && proof is not null, $"Network {trial}: the property holds.");
            var check = CertificateChecker.Check(network, property, 0, proof);
            Assert.True(check.IsAccepted, $"Network {trial}, {nodes} nodes: {check}");
            proved++;
        }

        Assert.True(proved >= 30 && refuted >= 30, $"{proved} proved, {refuted} refuted");
    }
}
