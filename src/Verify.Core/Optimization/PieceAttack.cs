using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>The search for a counterexample along the linear pieces of a network, from where gradient steps end.</summary>
/// <remarks>
/// Requires piecewise linear activations and a box. Every violation is nearest to holding where the largest excess of its constraints is least.
/// Returns candidates, points at which the network violates the property in double; only the deployed network can confirm them. Neither sound nor
/// complete: finding nothing says nothing.
/// </remarks>
internal sealed class PieceAttack
{
    // Starts times violations times entries of a piece's program.
    private const double AffordableWork = 1e7;
    private const int MostStarts = 512;

    private const int Steps = 50;
    private const int Nodes = 200;

    private readonly Problem problem;
    private readonly Property property;

    /// <param name="known">Bounds over the property's region, which is their only one.</param>
    /// <param name="property">The property.</param>
    public PieceAttack(LinearBoundPropagation known, Property property) =>
        (problem, this.property) = (new Problem(known.Bounds.Network, property.Region, [], known), property);

    /// <summary>How many starts the network bears for each violation: none where it has no linear pieces.</summary>
    public int Affordable => problem.Pieces is { } pieces
        ? (int)Math.Min(MostStarts, AffordableWork / property.Output.Violations.Length / pieces.Entries)
        : 0;

    /// <summary>Searches, yielding the end of every descent that violates the property.</summary>
    /// <param name="starts">Random inputs for each violation.</param>
    /// <param name="random">Draws the inputs.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<float[]> Candidates(int starts, RandomStream random, CancellationToken cancellation)
    {
        var points = new StartingPoints(problem, random);
        foreach (var violation in starts > 0 ? property.Output.Violations : [])
        {
            cancellation.ThrowIfCancellationRequested();
            var inputs = points.Descend(points.Draw(starts), violation, Steps, cancellation);
            var ends = new Point[inputs.Length];
            Parallel.For(0, inputs.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var search = new PieceSearch(problem, violation, Nodes);
                ends[i] = search.Around(search.OnPiece(PieceSearch.At(problem, violation, inputs[i]), cancellation), cancellation);
            });
            cancellation.ThrowIfCancellationRequested();
            foreach (var end in ends)
            {
                if (!(end.Value <= 0)) continue;
                var candidate = Array.ConvertAll(end.Input, value => (float)value);
                Projection.Onto(property.Region, candidate);
                yield return candidate;
            }
        }
    }
}
