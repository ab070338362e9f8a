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

    // What stands for the magnitude of a value that may be zero.
    private const double LeastMagnitude = 1e-9;
    private const double RelativeTolerance = 1e-6;

    // Starts reach the best value where they agree with it but for rounding.
    private const double Agreement = 1e-7;

    // Nodes of the network's program, or parts that are bounded, before the other is tried; and elements of the largest network that has a program.
    private const long FirstTurn = 1000;
    private const int LargestProgram = 4000;

    // Nodes of the program around a point times entries of a piece's program; of the largest networks a few nodes are left.
    private const long NeighbourhoodWork = 20_000_000;
    private const int LeastNodes = 4;

    // Parts times pairs of connected elements.
    private const double AffordableWork = 1e11;

    private readonly ProvenLimit limit = new(problem, cost);
    private readonly Conjunction goal = new([new(cost, 0)]);
    private readonly PieceSearch?[] lanes = new PieceSearch[Batch];
    private readonly List<double> reached = [];
    private Point? best;
    private double spread;

    private double Tolerance => RelativeTolerance * Math.Max(LeastMagnitude, Math.Max(Math.Abs(best?.Value ?? 0), spread));

    private bool IsMet => best is { } point && limit.Value >= point.Value - Tolerance;

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
                    var search = lanes[lane] ??= new PieceSearch(problem, goal, Nodes);
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

    private void Prove()
    {
        try
        {
            limit.ByBounds(budget.SlopeIterations, best?.Value - Tolerance / 2 ?? double.PositiveInfinity, cancellation);
            if (!IsMet && best is not null) Divide(budget.Parts ?? Affordable);
        }
        catch (OperationCanceledException)
        {
            // What is known by then stands.
        }
    }

    /// <summary>
    /// Divides the region until the limit meets the best value: by the network's mixed-integer program, whose optima are exact, and by parts that bounds are found of, many more
    /// in the same time. Neither is better everywhere, so they take turns, and the one that reached further gets four times the work of its last turn, the other twice.
    /// </summary>
    private void Divide(int parts)
    {
        var bounds = problem.Optimised(budget.SlopeIterations, cancellation);
        var byInputs = InputSplitting.Suits(bounds) || !NeuronSplitting.Suits(bounds) && InputSplitting.IsPossible(problem.Region);
        var ways = new List<Way>();
        if (problem.Pieces is not null && problem.Network.Nodes.Sum(node => (long)node.Size) <= LargestProgram)
            ways.Add(new((known, most) => limit.ByProgram(bounds.Bounds, known, Tolerance, most, cancellation)));
        if (byInputs || NeuronSplitting.Suits(bounds))
            ways.Add(new((known, most) => limit.BySplits(known, Tolerance, most, byInputs, bounds, cancellation)));
        while (ways.Count > 0)
        {
            foreach (var way in ways.ToArray())
            {
                if (IsMet || limit.Parts >= parts || cancellation.IsCancellationRequested) return;
                var (known, before) = (best!.Value, limit.Parts);
                var most = (int)(ways.Count > 1 ? Math.Min(way.Turn, parts - before) : parts - before);
                (var found, way.Reached) = way.Divide(known, most);
                if (found.Value < known.Value) best = problem.Pieces is null ? found : new PieceSearch(problem, goal, Nodes).Around(found, cancellation);
                else if (limit.Parts - before < most) ways.Remove(way);
            }

            var furthest = ways.MaxBy(way => way.Reached);
            foreach (var way in ways) way.Turn *= way == furthest ? 4 : 2;
        }
    }

    private int Nodes => (int)Math.Min(budget.NeighbourhoodNodes, Math.Max(LeastNodes, NeighbourhoodWork / problem.Pieces!.Entries));

    private int Affordable =>
        (int)Math.Clamp(AffordableWork / problem.Network.Nodes.Sum(node => (double)node.Size * node.Sources.Sum(source => source.Size)), 16, 1_000_000);

    /// <summary>A way to divide the region.</summary>
    /// <param name="divide">From the best point that is known, with so many parts: the best point then, and what it showed that nothing is below.</param>
    private sealed class Way(Func<Point, int, (Point Best, double Reached)> divide)
    {
        public Func<Point, int, (Point Best, double Reached)> Divide => divide;

        public long Turn { get; set; } = FirstTurn;

        public double Reached { get; set; }
    }
}
