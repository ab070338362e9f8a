using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Search;

/// <summary>Decides a property by dividing what bounds do not decide, the part with the worst bound first.</summary>
/// <remarks>
/// Requires a sound branching: children that cover their part. Returns the verdict of all parts together. Complete as far as
/// the branching can divide and the budget reaches. Parts are taken in batches of a fixed size whose order does not depend on
/// threads, so that the same budget gives the same result everywhere.
/// Source: Bunel et al. 2018, arXiv 1711.00455.
/// </remarks>
internal static class BranchAndBound
{
    // So many batches are bounded at a time, each by one thread.
    private const int Batches = 8;

    // A property that takes more parts than these may well be false at a point that bounds do not suggest.
    private const int Stubborn = 2048;
    private const int VeryStubborn = 8192;

    // Beyond so many open parts the newest are taken first: then their number grows no more than with the depth.
    private const int MostOpen = 1 << 18;

    /// <summary>Searches until all parts are proved, a counterexample is confirmed, or the budget ends.</summary>
    /// <param name="branching">How parts are divided and bounded.</param>
    /// <param name="budget">How many parts may be bounded.</param>
    /// <param name="isCounterexample">Whether a candidate violates the property where it counts. Called by one thread.</param>
    /// <param name="attack">Looks for a counterexample by other means, with so much of its effort; asked where the search is long, for all of it where it is very long.</param>
    /// <param name="roots">The parts to begin with, instead of the whole property.</param>
    /// <param name="tells">Whether proofs are kept.</param>
    /// <param name="progress">Told how far the search is, after every round.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static SearchResult Run<TPart>(
        IBranching<TPart> branching,
        int budget,
        Predicate<float[]> isCounterexample,
        Func<double, float[]?>? attack = null,
        IReadOnlyList<TPart>? roots = null,
        bool tells = false,
        IProgress<SearchProgress>? progress = null,
        CancellationToken cancellation = default)
        where TPart : class
    {
        var open = new PriorityQueue<Waiting<TPart>, (double Margin, long Number)>();
        var newest = new Stack<Waiting<TPart>>();
        roots ??= [branching.Root];
        ProofBranch[] proofs = tells ? [.. roots.Select(_ => new ProofBranch())] : [];
        var (bounded, number, proved, stuck, deferred) = (0, 0L, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < roots.Count; i++) open.Enqueue(new(roots[i], tells ? proofs[i] : null), (double.NegativeInfinity, number++));
        var patience = Stubborn;
        while (open.Count + newest.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (bounded >= budget) return new(null, Worst(), bounded);
            var batches = Take(open, newest, branching.BatchSize, Math.Min(budget - bounded, Batches * branching.BatchSize));
            var results = new Bounded<TPart>[batches.Length][];
            Parallel.For(
                0,
                batches.Length,
                new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
                i => results[i] = branching.Bound(Array.ConvertAll(batches[i], waiting => waiting.Part), cancellation));
            foreach (var (waiting, result) in batches.SelectMany(batch => batch).Zip(results.SelectMany(batch => batch)))
            {
                bounded++;
                var (margin, candidate, divisions) = result;
                if (candidate is not null && isCounterexample(candidate)) return new(candidate, margin, bounded);
                if (margin > 0) proved = Math.Min(proved, margin);
                else if (divisions.IsEmpty) stuck = Math.Min(stuck, margin);
                var branches = waiting.Branch?.Grow(result).GetEnumerator();
                foreach (var part in result.Children)
                {
                    branches?.MoveNext();
                    var child = new Waiting<TPart>(part, branches?.Current);
                    if (open.Count < MostOpen) open.Enqueue(child, (margin, number++));
                    else Defer(child, margin);
                }
            }

            if (attack is not null && bounded >= patience)
            {
                if (attack(patience / (double)VeryStubborn) is { } found) return new(found, Worst(), bounded);
                if (patience == VeryStubborn) attack = null;
                patience = VeryStubborn;
            }

            progress?.Report(new(bounded, open.Count + newest.Count, Worst()));
        }

        return new(null, Math.Min(proved, stuck), bounded)
        {
            IsProved = double.IsPositiveInfinity(stuck),
            Proofs = double.IsPositiveInfinity(stuck) ? [.. proofs.Select(proof => proof.ToProof())] : [],
        };

        void Defer(Waiting<TPart> part, double margin)
        {
            newest.Push(part);
            deferred = Math.Min(deferred, margin);
        }

        // By how much the property holds on everything, as far as is known now.
        double Worst() => Math.Min(Math.Min(proved, stuck), Math.Min(open.TryPeek(out _, out var first) ? first.Margin : double.PositiveInfinity, deferred));
    }

    private static Waiting<TPart>[][] Take<TPart>(
        PriorityQueue<Waiting<TPart>, (double, long)> open, Stack<Waiting<TPart>> newest, int size, int most)
    {
        var parts = new List<Waiting<TPart>>();
        while (parts.Count < most && newest.TryPop(out var part)) parts.Add(part);
        while (parts.Count < most && open.TryDequeue(out var part, out _)) parts.Add(part);
        return [.. parts.Chunk(Math.Clamp((parts.Count + Batches - 1) / Batches, 1, size))];
    }

    /// <summary>A part that is to be bounded, and where its proof goes.</summary>
    private readonly record struct Waiting<TPart>(TPart Part, ProofBranch? Branch);
}

/// <summary>What a search ended with.</summary>
/// <param name="Counterexample">A confirmed one.</param>
/// <param name="Margin">By how much the property holds, at least.</param>
/// <param name="Parts">How many parts were bounded.</param>
internal sealed record SearchResult(float[]? Counterexample, double Margin, int Parts)
{
    /// <summary>True where all parts are proved.</summary>
    public bool IsProved { get; init; }

    /// <summary>The proofs of the parts that it began with, where they were to be kept.</summary>
    public ImmutableArray<ProofPart> Proofs { get; init; } = [];
}

/// <summary>How far a search is.</summary>
/// <param name="Parts">Parts bounded so far.</param>
/// <param name="Open">Parts still to be bounded.</param>
/// <param name="Margin">By how much the property holds on all parts, as far as is known.</param>
public readonly record struct SearchProgress(int Parts, int Open, double Margin);
