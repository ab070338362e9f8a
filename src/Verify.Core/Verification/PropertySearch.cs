using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>Divides a property that bounds leave open, in the way that suits its network and region.</summary>
/// <param name="question">The network.</param>
/// <param name="known">Bounds over the property's region, which do not prove it.</param>
/// <param name="property">The property.</param>
/// <param name="budget">How much work it may cost.</param>
internal sealed class PropertySearch(Question question, LinearBoundPropagation known, Property property, Budget budget)
{
    // Starting points of the thorough attack times pairs of connected elements.
    private const long ThoroughWork = 300_000_000;
    private const int MostRestarts = 1 << 14;

    // Parts times pairs of connected elements times elements, each of which may need a row of its own.
    private const double AffordableWork = 4e12;

    // What bounds of a part of few rows cost, with those of the parts that it may be divided into.
    private const double EvaluationsOfPart = 20;

    private readonly Network network = question.Network!;

    /// <summary>Whether proofs are kept.</summary>
    public bool Tells { get; init; }

    /// <summary>Told how far the search is.</summary>
    public IProgress<SearchProgress>? Progress { get; init; }

    /// <summary>A budget with as many starting points as the network bears: small ones are attacked by thousands.</summary>
    public Budget Thorough
    {
        get
        {
            var restarts = (int)Math.Min(ThoroughWork / Pairs, MostRestarts);
            return budget with { AttackRestarts = budget.AttackRestarts == 0 ? 0 : Math.Max(budget.AttackRestarts, restarts) };
        }
    }

    /// <summary>Pairs of connected elements, at most: what one evaluation costs.</summary>
    private long Pairs => network.Nodes.Sum(node => (long)node.Size * node.Sources.Sum(source => source.Size));

    /// <summary>Searches; returns nothing where the property cannot be divided in this way.</summary>
    /// <param name="method">The way.</param>
    /// <param name="isCounterexample">Whether a candidate violates the property where it counts. Called by one thread.</param>
    /// <param name="attack">Looks for a counterexample with more effort than before.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public SearchResult? Run(SearchMethod method, Predicate<float[]> isCounterexample, Func<float[]?> attack, CancellationToken cancellation)
    {
        // Each part costs bounds of every neuron; or so many evaluations, whatever its neurons.
        var byNeurons = method is SearchMethod.Any or SearchMethod.Neurons && NeuronSplitting.Suits(known);
        var byInputs = method is SearchMethod.Any or SearchMethod.Inputs && InputSplitting.IsPossible(property.Region);
        if (byInputs && (!byNeurons || InputSplitting.Suits(known)))
        {
            var affordable = Math.Clamp(AffordableWork / ((double)Pairs * network.Nodes.Sum(node => node.Size)), 16, 100_000);
            return Run(new InputSplitting(network, property, question.LeastMargin, Tells), affordable);
        }

        if (byNeurons)
        {
            var affordable = Math.Clamp(AffordableWork / (EvaluationsOfPart * (double)Pairs), 16, 1_000_000);
            return Run(new NeuronSplitting(known, property, question.LeastMargin, Tells), affordable);
        }

        return null;

        SearchResult Run<TPart>(IBranching<TPart> branching, double affordable) => BranchAndBound.Run(
            branching, budget.Subproblems ?? (int)affordable, isCounterexample, attack, null, Tells, Progress, cancellation);
    }
}
