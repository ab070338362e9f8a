using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Search;

/// <summary>The verdicts on 500 random small networks are those of dense sampling and of interval arithmetic on ever smaller boxes.</summary>
public sealed class BruteForceTests
{
    private const int Networks = 500;
    private const int Groups = 10;

    // Of curves, whose parts never become exact, the search does not end in every network.
    private const int PartsOfCurves = 1000;

    [Theory]
    [MemberData(nameof(GroupNumbers))]
    public void The_verdict_is_that_of_sampling_and_subdivision(int group)
    {
        var (decided, undecided) = (0, 0);
        for (var trial = group; trial < Networks; trial += Groups)
        {
            var random = new Random(9000 + trial);
            var activation = RandomNetworks.Activations[trial % RandomNetworks.Activations.Length];
            var inputs = 2 + trial / RandomNetworks.Activations.Length % 3;
            var network = trial % 5 == 4 ? RandomNetworks.WithProduct(random, activation, inputs) : RandomNetworks.Dense(random, activation, inputs, 6, 5, 3);
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, inputs, 1), 0.3, Norm.Linf);
            var row = RandomNetworks.RandomVector(random, 3, 1);
            var (least, most) = Sampling.Range(network, row, Sampling.Points(region, 3000, random));
            var below = LowerBound(network, region, row, least, 0.02 * (most - least));
            var slack = 0.02 * (most - least) + 1e-5;
            foreach (var (bound, holds) in new[] { (below - slack, true), (least + slack, false) })
            {
                var property = new Property("p", region, new OutputProperty([new Conjunction([new LinearConstraint([.. row], bound)])], "test"));
                foreach (var (name, result) in Searches(network, property))
                {
                    if (activation is not ReLU && name == "neurons")
                    {
                        if (result.Parts < PartsOfCurves) decided++;
                        else
                        {
                            undecided++;
                            continue;
                        }
                    }

                    Assert.True(
                        result.IsProved == holds && (name == "neurons" || result.Counterexample is null == holds),
                        $"Network {trial} of {activation.Name}, {inputs} inputs, {name}: the property {(holds ? "holds" : "is violated")}, but {(result.IsProved ? "it is proved" : result.Counterexample is null ? "nothing is decided" : "there is a counterexample")} after {result.Parts} parts.");
                }
            }
        }

        Assert.True(decided >= 9 * undecided, $"Of curves, neurons decide {decided} properties, and leave {undecided}.");
    }

    public static TheoryData<int> GroupNumbers => [.. Enumerable.Range(0, Groups)];

    private static IEnumerable<(string Name, SearchResult Result)> Searches(Network network, Property property)
    {
        bool IsViolated(float[] x) => property.Region.Contains(x)
            && property.Output.IsViolatedBy(network.Evaluate<double>(Array.ConvertAll(x, value => (double)value), 1));
        yield return ("inputs", BranchAndBound.Run(new InputSplitting(network, property, 0), 50_000, IsViolated));
        var known = LinearBoundPropagation.Propagate(network, [property.Region]);

        // Neither products nor jumps become exact by dividing arguments.
        var isContinuous = network.Nodes.All(node => node is InputNode or AffineNode || node is ElementwiseNode { Activation: var activation } && !Jumps(activation));
        if (isContinuous && NeuronSplitting.Suits(known))
        {
            var hasCurves = network.Nodes.Any(node => node is ElementwiseNode { Activation: not ReLU });
            SearchResult ByNeurons(bool tightens) =>
                BranchAndBound.Run(new NeuronSplitting(known, property, 0, tightens: tightens), hasCurves ? PartsOfCurves : 50_000, IsViolated);
            yield return ("neurons", ByNeurons(tightens: false));
            yield return ("neurons", ByNeurons(tightens: true));
        }
    }

    private static bool Jumps(Activation activation) => activation is PiecewiseLinear lines
        && lines.Breakpoints.ToArray().Any(point => Math.Abs(lines.Value(point + 1e-9) - lines.Value(point - 1e-9)) > 1e-6);

    /// <summary>A lower bound of a linear function of the output by interval arithmetic, the worst box halved in every input first.</summary>
    private static double LowerBound(Network network, InputRegion region, double[] row, double least, double tolerance)
    {
        var boxes = new PriorityQueue<InputRegion, double>();
        boxes.Enqueue(region, double.NegativeInfinity);
        for (var round = 0; round < 60; round++)
        {
            if (boxes.TryPeek(out _, out var worst) && worst > least - tolerance) break;
            var batch = ImmutableArray.CreateBuilder<InputRegion>();
            for (var i = 0; i < 8 && boxes.TryDequeue(out var box, out _); i++) batch.AddRange(Halves(box));
            var bounds = IntervalPropagation.Propagate(network, batch.DrainToImmutable());
            for (var i = 0; i < bounds.Regions.Length; i++)
            {
                var low = bounds.Lower(network.Output).Slice(i * row.Length, row.Length);
                var high = bounds.Upper(network.Output).Slice(i * row.Length, row.Length);
                var sum = 0.0;
                for (var k = 0; k < row.Length; k++) sum += row[k] * (row[k] > 0 ? low[k] : high[k]);
                boxes.Enqueue(bounds.Regions[i], sum);
            }
        }

        boxes.TryPeek(out _, out var bound);
        return Math.Min(bound, least);
    }

    private static IEnumerable<InputRegion> Halves(InputRegion box)
    {
        for (var corner = 0; corner < 1 << box.Size; corner++)
        {
            var (lower, upper) = (box.Lower.ToArray(), box.Upper.ToArray());
            for (var i = 0; i < box.Size; i++)
            {
                var middle = (lower[i] + upper[i]) / 2;
                if ((corner >> i & 1) == 0) upper[i] = middle;
                else lower[i] = middle;
            }

            yield return InputRegion.Box(lower, upper);
        }
    }
}
