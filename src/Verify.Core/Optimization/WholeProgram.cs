using RobustVerify.Core.Bounds;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>The mixed-integer program of a whole network: its relaxations give limits, and points that may be better than those known.</summary>
internal sealed class WholeProgram
{
    private readonly Problem problem;
    private readonly Conjunction goal;
    private readonly NetworkProgram encoded;
    private readonly MixedIntegerSearch search;
    private Point best;
    private long solved;

    /// <param name="problem">The network, its region and constraints.</param>
    /// <param name="goal">What is minimised, as a constraint.</param>
    /// <param name="bounds">Bounds of every node.</param>
    /// <param name="gap">How far from the best value the limit may stay, as a part of it where that is above one.</param>
    /// <param name="cancellation">Ends the search.</param>
    public WholeProgram(Problem problem, Conjunction goal, NodeBounds bounds, double gap, CancellationToken cancellation)
    {
        (this.problem, this.goal, encoded) = (problem, goal, NetworkProgram.Encode(bounds));
        var program = encoded.Minimizing(goal.Constraints[0].Coefficients.AsSpan());
        foreach (var (coefficients, bound) in problem.Constraints)
            program = program.AtMost([.. coefficients.Select((c, j) => new Term(encoded.Column(problem.Network.Input, j), c)).Where(term => term.Coefficient != 0)], bound);
        search = new(program, new() { Gap = gap / 2 }, encoded.Start(program).WithRows(program.RowCount), Complete, cancellation: cancellation);
    }

    /// <summary>Goes on with so many nodes more.</summary>
    /// <param name="known">The best point that is known.</param>
    /// <param name="nodes">Nodes of the tree, at most.</param>
    /// <returns>The best point that is known now, the limit, and the nodes that were solved.</returns>
    public (Point Best, double Limit, long Nodes) Continue(Point known, int nodes)
    {
        best = known;
        search.Offer(encoded.At(known.Input));
        var before = solved;
        var solution = search.Continue(before + nodes);
        solved = solution.Nodes;
        return (best, solution.Bound, solved - before);
    }

    private double[] Complete(double[] values)
    {
        var input = encoded.Input(values);
        if (problem.Contains(input) && PieceSearch.At(problem, goal, input) is var point && point.Value < best.Value) best = point;
        return encoded.At(input);
    }
}
