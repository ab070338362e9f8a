using RobustVerify.Core.Bounds;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Search;

/// <summary>A search by neuron splitting agrees with dense sampling, and divides without losing a point.</summary>
public sealed class NeuronSplittingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_verdict_on_small_networks_is_that_of_dense_sampling(bool tightens)
    {
        var random = new Random(61);
        var (divided, refuted) = (0, 0);
        for (var trial = 0; trial < 60; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 8, 6, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.4, Norm.Linf);
            var row = RandomNetworks.RandomVector(random, 3, 1);
            var (least, most) = Sampling.Range(network, row, Sampling.Points(region, 6000, random));
            var holds = trial % 2 == 0;
            var bound = holds ? least - 0.05 * (most - least) - 1e-6 : least + 0.05 * (most - least) + 1e-6;
            var property = new Property("p", region, new OutputProperty([new Conjunction([new LinearConstraint([.. row], bound)])], "test"));
            var known = LinearBoundPropagation.Propagate(network, [region]);
            if (!NeuronSplitting.Suits(known)) continue;

            var result = BranchAndBound.Run(new NeuronSplitting(known, property, 0, tightens: tightens), 20_000, _ => true);
            Assert.True(holds ? result.IsProved : !result.IsProved, $"Trial {trial}: holds of all samples: {holds}; proved: {result.IsProved} after {result.Parts} parts.");
            Assert.True(result.Counterexample is null || !holds, $"Trial {trial}: a counterexample to what holds of all samples.");
            if (result.IsProved && result.Parts > 1) divided++;
            if (result.Counterexample is not { } counterexample) continue;
            var outputs = Evaluation<double>.Of(network, Array.ConvertAll(counterexample, v => (double)v), 1)[network.Output];
            Assert.True(region.Contains(counterexample) && property.Output.IsViolatedBy(outputs.ToArray()), $"Trial {trial}: no counterexample.");
            refuted++;
        }

        Assert.True(divided > 5 && refuted > 15, $"{divided} proved by dividing, {refuted} refuted.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Children_cover_all_of_their_part_that_violates_the_property(bool tightens)
    {
        var random = new Random(62);
        var met = 0;
        for (var trial = 0; trial < 20 + RandomNetworks.Activations.Length; trial++)
        {
            var activation = trial < 20 ? ReLU.Instance : RandomNetworks.Activations[trial - 20];
            var network = trial % 2 == 0
                ? RandomNetworks.Dense(random, activation, 3, 8, 6, 3)
                : RandomNetworks.WithProduct(random, activation, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.5, trial % 4 < 2 ? Norm.Linf : Norm.L2);
            var (first, second) = (RandomNetworks.RandomVector(random, 3, 1), RandomNetworks.RandomVector(random, 3, 1));
            var points = Sampling.Points(region, 2000, random);
            var (low, high) = Sampling.Range(network, first, points);
            var (lowOther, highOther) = Sampling.Range(network, second, points);
            var output = new OutputProperty(
                [
                    new Conjunction([new LinearConstraint([.. first], low + 0.3 * (high - low)), new LinearConstraint([.. second], lowOther + 0.5 * (highOther - lowOther))]),
                    new Conjunction([new LinearConstraint([.. second], lowOther + 0.1 * (highOther - lowOther))]),
                ],
                "test");
            var known = LinearBoundPropagation.Propagate(network, [region]);
            if (!NeuronSplitting.Suits(known)) continue;
            var splitting = new NeuronSplitting(known, new Property("p", region, output), 0, tightens: tightens);
            var open = new List<NeuronPart> { splitting.Root };
            var stuck = new List<NeuronPart>();
            for (var round = 0; round < 6 && open.Count > 0; round++)
            {
                var bounded = splitting.Bound([.. open], CancellationToken.None);
                stuck.AddRange(open.Where((_, i) => bounded[i].Margin <= 0 && bounded[i].Children.IsEmpty));
                open = [.. bounded.SelectMany(result => result.Children)];
            }

            open.AddRange(stuck);
            var values = Evaluation<double>.Of(network, points, points.Length / 3);
            for (var i = 0; i < points.Length / 3; i++)
            {
                var outputs = values[network.Output].Slice(3 * i, 3).ToArray();
                foreach (var (violation, conjunction) in output.Violations.Index())
                {
                    if (!conjunction.Constraints.All(c => c.Coefficients.Zip(outputs).Sum(pair => pair.First * pair.Second) <= c.Bound)) continue;
                    Assert.True(
                        open.Any(part => part.Violations.Contains(violation)
                            && part.Splits.All(split => split.Holds(values[split.Node.Source][i * split.Node.Size + split.Element]))),
                        $"Trial {trial}: no part is left that holds violation {violation} at point {i}.");
                    met++;
                }
            }
        }

        Assert.True(met > 1000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_proved_by_dividing_any_activation_is_accepted_by_the_checker(bool tightens)
    {
        var (proved, parts) = (0, 0);
        foreach (var (trial, activation) in RandomNetworks.Activations.Index())
        {
            var random = new Random(640 + trial);
            var network = RandomNetworks.Dense(random, activation, 3, 8, 6, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 3, 1), 0.6, Norm.Linf);
            var rows = new[] { RandomNetworks.RandomVector(random, 3, 1), RandomNetworks.RandomVector(random, 3, 1) };
            var points = Sampling.Points(region, 4000, random);
            var sums = rows.Select(row => Sampling.Range(network, row, points)).ToArray();
            var constraints = rows.Zip(sums).Select(pair => new LinearConstraint([.. pair.First], pair.Second.Least - 0.03 * (pair.Second.Most - pair.Second.Least) - 1e-4));
            foreach (var conjunction in new[] { new Conjunction([.. constraints.Take(1)]), new Conjunction([.. constraints]) })
            {
                var property = new Property("p", region, new OutputProperty([conjunction], "test"));
                var known = LinearBoundPropagation.Propagate(network, [region], 0, tells: true);
                if (!NeuronSplitting.Suits(known)) continue;
                var result = BranchAndBound.Run(new NeuronSplitting(known, property, 0, tells: true, tightens), 500, _ => false, tells: true);
                if (!result.IsProved) continue;
                var check = CertificateChecker.Check(network, property, 0, result.Proofs[0]);
                Assert.True(check.IsAccepted, $"{activation.Name}, {result.Parts} parts: {check}");
                proved++;
                parts += result.Parts;
            }
        }

        Assert.True(proved > 30 && parts > 8 * proved, $"{proved} proved in {parts} parts.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_is_bounded_alike_alone_and_among_others(bool tightens)
    {
        var random = new Random(63);
        var network = RandomNetworks.Dense(random, ReLU.Instance, 6, 20, 20, 3);
        var region = InputRegion.Ball(RandomNetworks.RandomVector(random, 6, 1), 0.5, Norm.Linf);
        var row = RandomNetworks.RandomVector(random, 3, 1);
        var (least, _) = Sampling.Range(network, row, Sampling.Points(region, 4000, random));
        var property = new Property("p", region, new OutputProperty([new Conjunction([new LinearConstraint([.. row], least - 1e-3)])], "test"));
        var splitting = new NeuronSplitting(LinearBoundPropagation.Propagate(network, [region]), property, 0, tightens: tightens);
        NeuronPart[] parts = [splitting.Root];
        for (var round = 0; round < 4; round++) parts = [.. splitting.Bound(parts, CancellationToken.None).SelectMany(bounded => bounded.Children)];
        Assert.True(parts.Length > 4);
        var together = splitting.Bound(parts, CancellationToken.None);
        for (var i = 0; i < parts.Length; i++)
        {
            var alone = splitting.Bound([parts[i]], CancellationToken.None)[0];
            Assert.Equal(alone.Margin, together[i].Margin);
            Assert.Equal(alone.Divisions.Select(division => division.Cut), together[i].Divisions.Select(division => division.Cut));
        }
    }
}
