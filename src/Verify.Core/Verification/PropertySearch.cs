using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
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

    // Bounds of their own are given to parts where these are not decided by the work that so many parts with them would cost.
    private const int Patience = 128;

    // So often what the checker does not accept is divided further.
    private const int MostRounds = 4;
    private const double LeastSlack = 1e-9;

    private readonly Network network = question.Network!;

    /// <summary>Whether proofs are kept.</summary>
    public bool Tells { get; init; }

    /// <summary>Told how far the search is.</summary>
    public IProgress<SearchProgress>? Progress { get; init; }

    /// <summary>A budget with so much of as many starting points as the network bears: small ones are attacked by thousands.</summary>
    public Budget Thorough(double effort)
    {
        var restarts = (int)(effort * Math.Min(ThoroughWork / Pairs, MostRestarts));
        return budget with { AttackRestarts = budget.AttackRestarts == 0 ? 0 : Math.Max(budget.AttackRestarts, restarts) };
    }

    /// <summary>Pairs of connected elements, at most: what one evaluation costs.</summary>
    private long Pairs => network.Nodes.Sum(node => (long)node.Size * node.Sources.Sum(source => source.Size));

    /// <summary>The bounds over the property's region with the slopes that prove them.</summary>
    private LinearBoundPropagation Told(CancellationToken cancellation)
    {
        LinearBoundPropagation Propagate(int iterations, LinearBoundPropagation? wider) =>
            LinearBoundPropagation.Propagate(network, [property.Region], iterations, property.Semantics, wider, tells: true, cancellation);
        var plain = Propagate(0, null);
        return budget.SlopeIterations == 0 ? plain : Propagate(budget.SlopeIterations, plain);
    }

    /// <summary>Searches; returns nothing where the property cannot be divided in this way.</summary>
    /// <param name="method">The way.</param>
    /// <param name="earlier">A proof to begin with, of this property or one like it, or nothing: only what is left of it to prove is searched.</param>
    /// <param name="isCounterexample">Whether a candidate violates the property where it counts. Called by one thread.</param>
    /// <param name="attack">Looks for a counterexample with so much of the effort that the network bears.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public SearchResult? Run(
        SearchMethod method, ProofPart? earlier, Predicate<float[]> isCounterexample, Func<double, float[]?> attack, CancellationToken cancellation)
    {
        // Each part costs bounds of every neuron; or so many evaluations, whatever its neurons.
        var byNeurons = method is SearchMethod.Any or SearchMethod.Neurons or SearchMethod.Program && NeuronSplitting.Suits(known);
        var byInputs = method is SearchMethod.Any or SearchMethod.Inputs && InputSplitting.IsPossible(property.Region);
        if (byInputs && (!byNeurons || InputSplitting.Suits(known)))
        {
            var affordable = Math.Clamp(AffordableWork / ((double)Pairs * network.Nodes.Sum(node => node.Size)), 16, 100_000);
            return Run((margin, _) => new InputSplitting(network, property, margin, Tells), affordable, int.MaxValue, earlier);
        }

        if (byNeurons)
        {
            var affordable = Math.Clamp(AffordableWork / (EvaluationsOfPart * (double)Pairs), 16, 1_000_000);
            var most = budget.Subproblems ?? (int)affordable;
            SearchResult BySigns(LinearBoundPropagation bounds, ProofPart? proof) =>
                Run((margin, tightens) => new NeuronSplitting(bounds, property, margin, Tells, tightens), affordable, NeuronSplitting.PartsOfTightening(bounds) is > 0 and var cost ? Patience * cost : int.MaxValue, proof is null ? null : proof with { Neurons = bounds.Told });
            SearchResult ByProgram(int nodes)
            {
                // What the program's duals show is checked, and so are the bounds that it is made of.
                var bounds = Tells ? known : Told(cancellation);
                var (proof, candidate, solved) = new ProgramProof(bounds, property, question.LeastMargin).Find(nodes, cancellation);
                return candidate is not null && isCounterexample(candidate) ? new(candidate, double.NegativeInfinity, solved) : BySigns(bounds, proof ?? earlier);
            }

            if (method == SearchMethod.Program) return ProgramProof.Suits(known) ? ByProgram(most) : null;
            var result = BySigns(known, earlier);

            // Where every sign is decided and a part still open, its best multipliers were not found: a linear program finds them, or the point.
            var isStuck = !result.IsProved && result.Counterexample is null && result.Parts < most;
            return isStuck && ProgramProof.Suits(known) ? ByProgram(most - result.Parts) : result;
        }

        return null;

        // What is not decided by so many parts as the patience says is begun anew with what costs more for each.
        SearchResult Run<TPart>(Func<double, bool, IBranching<TPart>> branchingOf, double affordable, int patience, ProofPart? proof)
            where TPart : class
        {
            var (parts, slack, isProved, most) = (0, 0.0, false, budget.Subproblems ?? (int)affordable);
            for (var round = 0; ; round++)
            {
                var open = ImmutableArray<OpenPart>.Empty;
                if (proof is not null)
                {
                    var check = CertificateChecker.Check(network, property, question.LeastMargin, proof, cancellation);
                    if (check.IsAccepted) return new(null, check.Margin, parts) { IsProved = true, Proofs = [proof] };
                    if (round == MostRounds) return new(null, check.Margin, parts) { IsProved = true };

                    // What the search thought proved and the checker does not is to be proved by more than it fell short of.
                    open = check.Open;
                    if (parts > 0)
                        slack = 2 * open.Select(part => part.Shortfall).Where(double.IsFinite).Append(slack).Append(LeastSlack).Max();
                }

                SearchResult Search(bool tightens, int limit)
                {
                    var branching = branchingOf(question.LeastMargin + slack, tightens);
                    var roots = open.Select(branching.Resume).OfType<TPart>().ToArray();
                    if (open.IsEmpty || roots.Length < open.Length) (proof, roots) = (null, [branching.Root]);
                    var result = BranchAndBound.Run(branching, Math.Max(0, limit), isCounterexample, attack, roots, Tells, Progress, cancellation);
                    parts += result.Parts;
                    return result;
                }

                var result = Search(tightens: false, Math.Min(patience, most - parts));
                if (!result.IsProved && result.Counterexample is null && patience < int.MaxValue) result = Search(tightens: true, most - parts);
                isProved |= result.IsProved;
                if (!result.IsProved || !Tells) return result with { Parts = parts, IsProved = isProved && result.Counterexample is null };
                proof = proof is null ? result.Proofs[0] : ProofGraft.Onto(proof, open, result.Proofs);
            }
        }
    }
}
