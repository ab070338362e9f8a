using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>What c·f is proved not to be below over a region: by bounds, then by dividing it until the best known value is met.</summary>
/// <remarks>
/// Sound; complete as far as the budget reaches. A search that finds a better point than is known says so and ends, since all that
/// it excluded was measured by the old one.
/// </remarks>
internal sealed class ProvenLimit(Problem problem, ImmutableArray<double> cost)
{
    private readonly Conjunction goal = new([new(cost, 0)]);
    private WholeProgram? program;

    /// <summary>The limit so far.</summary>
    public double Value { get; private set; } = double.NegativeInfinity;

    /// <summary>What gave it.</summary>
    public string Method { get; private set; } = "intervals";

    /// <summary>Parts that were bounded for it.</summary>
    public long Parts { get; private set; }

    /// <summary>By lines of least area, and by those that so many steps find where the first are not enough.</summary>
    public void ByBounds(int iterations, double enough, CancellationToken cancellation)
    {
        Raise(problem.Bounds.LowerBounds([.. cost], cancellation: cancellation)[0], "linear bounds");
        if (iterations == 0 || Value >= enough) return;
        Raise(problem.Optimised(iterations, cancellation).LowerBounds([.. cost], 0, 2 * iterations, [enough], cancellation)[0], "optimised linear bounds");
    }

    /// <summary>By a mixed-integer program of the whole network, which goes on where it was left.</summary>
    /// <param name="bounds">Bounds of every node, the same every time.</param>
    /// <param name="known">The best point that is known.</param>
    /// <param name="tolerance">How far from the best value the limit may stay.</param>
    /// <param name="nodes">Nodes of its tree, at most.</param>
    /// <param name="cancellation">Ends the search; what is known by then is kept.</param>
    /// <returns>The best point that is known now, and the limit that this search reached.</returns>
    public (Point Best, double Reached) ByProgram(NodeBounds bounds, Point known, double tolerance, int nodes, CancellationToken cancellation)
    {
        program ??= new(problem, goal, bounds, tolerance / Math.Max(1, Math.Abs(known.Value)), cancellation);
        var (best, reached, solved) = program.Continue(known, nodes);
        Parts += solved;
        Raise(reached, "mixed-integer program");
        return (best, reached);
    }

    /// <summary>By a division of the region: of its inputs, or of the arguments of its neurons.</summary>
    /// <param name="known">The best point that is known.</param>
    /// <param name="tolerance">How far from its value the limit may stay.</param>
    /// <param name="parts">Parts, at most.</param>
    /// <param name="byInputs">Whether inputs are divided.</param>
    /// <param name="bounds">Bounds over the region.</param>
    /// <param name="cancellation">Ends the search; what is known by then is kept.</param>
    /// <returns>The best point that is known now, since the first better one ends the search, and the limit that this search reached.</returns>
    public (Point Best, double Reached) BySplits(Point known, double tolerance, int parts, bool byInputs, LinearBoundPropagation bounds, CancellationToken cancellation)
    {
        var threshold = known.Value - tolerance / 2;
        var outputs = cost.Length - problem.Constraints.Length;
        ImmutableArray<LinearConstraint> violation =
        [
            new(cost, threshold),
            .. problem.Constraints.Select((constraint, k) => new LinearConstraint([.. Enumerable.Range(0, cost.Length).Select(i => i == outputs + k ? 1.0 : 0)], constraint.Bound)),
        ];
        var property = new Property("", problem.Region, new OutputProperty([new Conjunction(violation)], ""));
        var (better, worst, before) = (known, double.NegativeInfinity, Parts);
        var progress = new Told<SearchProgress>(state => (worst, Parts) = (state.Margin, before + state.Parts));
        bool IsBetter(float[] candidate)
        {
            var input = Array.ConvertAll(candidate, value => (double)value);
            if (!problem.Contains(input) || PieceSearch.At(problem, goal, input) is var point && point.Value > threshold) return false;
            better = point;
            return true;
        }

        SearchResult Run<TPart>(IBranching<TPart> branching)
            where TPart : class => BranchAndBound.Run(branching, parts, IsBetter, null, null, false, progress, cancellation);
        try
        {
            var result = byInputs ? Run(new InputSplitting(problem.Network, property, 0)) : Run(new NeuronSplitting(bounds, property, 0));
            Parts = before + result.Parts;

            // Where a better point ended it, the margin is that of its part alone, and the worst of the round before holds.
            if (result.Counterexample is null) worst = result.IsProved ? 0 : result.Margin;
        }
        catch (OperationCanceledException)
        {
            // The worst of the open parts is what is known by then.
        }

        // With several constraints a margin is one of their weighted sum, which says nothing until it is positive.
        var reached = problem.Constraints.IsEmpty || worst >= 0 ? Rounding.Down(threshold + Math.Min(worst, 0)) : double.NegativeInfinity;
        Raise(reached, byInputs ? "division of inputs" : "division of neurons");
        return (better, reached);
    }

    private void Raise(double limit, string method)
    {
        if (!(limit > Value)) return;
        (Value, Method) = (limit, method);
    }

    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
