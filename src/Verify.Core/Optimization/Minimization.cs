using System.Collections.Immutable;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>One search for the smallest value of c·f over a region, and for what proves that there is none smaller.</summary>
internal sealed class Minimization(Problem problem, ImmutableArray<double> cost, OptimizationBudget budget, CancellationToken cancellation)
{
    // So many starts at a time: those of one batch do not know of one another.
    private const int Batch = 8;

    // A start whose piece ends further from the best value than that, as a part of it, is not worth its neighbourhood.
    private const double WorthGap = 2.0 / 3;

    private const double LeastMagnitude = 1e-9;
    private const double RelativeTolerance = 1e-6;

    // Starts reach the best value where they agree with it but for rounding.
    private const double Agreement = 1e-7;

    // Nodes of the network's program before parts are bounded in other ways, and elements of the largest network that has one.
    private const int ProgramNodes = 400;
    private const int LargestProgram = 4000;

    // Parts times pairs of connected elements.
    private const double AffordableWork = 1e10;

    private readonly ProvenLimit limit = new(problem, cost);
    private readonly Conjunction goal = new([new(cost, 0)]);
    private readonly PieceSearch?[] lanes = new PieceSearch[Batch];
    private readonly List<double> reached = [];
    private Point? best;
    private double spread;

    private double Tolerance => RelativeTolerance * Math.Max(Math.Abs(best?.Value ?? 0), spread);

    private bool IsMet => best is { } point && IsMetBy(point);

    private bool IsMetBy(Point point) => limit.Value >= point.Value - Tolerance;

    public Optimum Run()
    {
        limit.ByBounds(0, double.PositiveInfinity, CancellationToken.None);
        Search();
        Prove();
        var value = best is { } point ? problem.AtMost(cost.AsSpan(), point.Input) : double.PositiveInfinity;
        return new()
        {
            Value = value,
            Limit = limit.Value,
            Tolerance = Tolerance,
            Input = best is { } at ? [.. at.Input] : [],
            Starts = new(reached.Count, reached.Count(end => end - value <= Agreement * Math.Max(Math.Abs(value), spread))),
            Programs = lanes.Sum(lane => lane?.Programs ?? 0),
            Pivots = lanes.Sum(lane => lane?.Pivots ?? 0),
            Method = limit.Method,
            Parts = limit.Parts,
        };
    }

    /// <summary>From every start to where it ends, the best of which is kept.</summary>
    private void Search()
    {
        var points = new StartingPoints(problem, RandomStream.From("optimization", budget.Seed));
        for (var first = 0; first < budget.Starts && !IsMet && (first == 0 || !cancellation.IsCancellationRequested); first += Batch)
        {
            var starts = points.Draw(Math.Min(Batch, budget.Starts - first));
            Point[] drawn = Array.ConvertAll(starts, input => PieceSearch.At(problem, goal, input));
            foreach (var point in drawn) spread = Math.Max(spread, Math.Abs(point.Value - drawn[0].Value));
            try
            {
                starts = points.Descend(starts, goal, budget.Steps, cancellation);
            }
            catch (OperationCanceledException)
            {
                // They stay where they are.
            }

            var ends = Array.ConvertAll(starts, input => PieceSearch.At(problem, goal, input));
            var known = best?.Value;
            if (budget.Method != OptimizationMethod.Gradient && problem.Pieces is not null)
            {
                Parallel.For(0, ends.Length, lane =>
                {
                    var search = lanes[lane] ??= new PieceSearch(problem, goal, budget.NeighbourhoodNodes);
                    ends[lane] = search.OnPiece(ends[lane], cancellation);
                    var isWorth = known is not { } value || ends[lane].Value - value <= WorthGap * Math.Max(Math.Abs(value), LeastMagnitude);
                    if (budget.Method == OptimizationMethod.Neighbourhoods && isWorth) ends[lane] = search.Around(ends[lane], cancellation);
                });
            }

            foreach (var end in ends)
            {
                reached.Add(end.Value);
                if (!(end.Value >= best?.Value)) best = end;
            }
        }
    }

    /// <summary>Divides the region until the limit meets the best value, from which it begins anew where that falls.</summary>
    private void Prove()
    {
        try
        {
            limit.ByBounds(budget.SlopeIterations, best?.Value - Tolerance / 2 ?? double.PositiveInfinity, cancellation);
            var parts = budget.Parts ?? Affordable;
            for (var isFirst = true; !IsMet && parts > limit.Parts && best is { } known; isFirst = false)
            {
                if (Divide(known, parts, isFirst) is not { } better || !(better.Value < known.Value - Tolerance / 4)) break;
                best = problem.Pieces is null ? better : new PieceSearch(problem, goal, budget.NeighbourhoodNodes).Around(better, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // What is known by then stands.
        }
    }

    /// <summary>
    /// By the network's mixed-integer program, as long as that is small; its optima are exact. Then by parts, many more of which are bounded in the same time; and
    /// by the program again what these leave open because their best multipliers were not found.
    /// </summary>
    private Point? Divide(Point known, int parts, bool isFirst)
    {
        var bounds = problem.Optimised(budget.SlopeIterations, cancellation);
        var hasProgram = problem.Pieces is not null && problem.Network.Nodes.Sum(node => (long)node.Size) <= LargestProgram;
        int Left(int most = int.MaxValue) => (int)Math.Min(most, parts - limit.Parts);
        if (hasProgram && isFirst && limit.ByProgram(bounds.Bounds, known, Tolerance, Left(ProgramNodes), cancellation) is { } byProgram) known = byProgram;
        if (IsMetBy(known) || Left() <= 0) return known;
        var byInputs = InputSplitting.Suits(bounds) || !NeuronSplitting.Suits(bounds) && InputSplitting.IsPossible(problem.Region);
        if (byInputs || NeuronSplitting.Suits(bounds))
        {
            if (limit.BySplits(known, Tolerance, Left(), byInputs, bounds, cancellation) is { } bySplits) return bySplits;
        }

        return hasProgram && !IsMetBy(known) && Left() > 0 ? limit.ByProgram(bounds.Bounds, known, Tolerance, Left(), cancellation) : known;
    }

    private int Affordable =>
        (int)Math.Clamp(AffordableWork / problem.Network.Nodes.Sum(node => (double)node.Size * node.Sources.Sum(source => source.Size)), 16, 1_000_000);
}
