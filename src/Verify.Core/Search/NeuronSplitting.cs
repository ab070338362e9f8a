using System.Collections.Immutable;
using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Search;

/// <summary>Divides by the signs of ReLUs' inputs: where both are possible, one part has each, and the ReLU is linear in it.</summary>
/// <remarks>
/// Requires bounds of the property's region. The signs that a part is told apart by enter its bounds with multipliers. Which
/// ReLU to divide is asked of the bounds of the two parts that it would give, for a few that the bound seems to lose most by.
/// Other activations than ReLUs are not divided: without any, complete but for precision.
/// Source: Wang et al. 2021, arXiv 2103.06624 (multipliers); De Palma et al. 2021, arXiv 2104.06718 (filtered branching).
/// </remarks>
internal sealed class NeuronSplitting : IBranching<NeuronPart>
{
    private const int MostParts = 32;
    private const int Iterations = 20;
    private const int RootIterations = 60;

    // Where every ReLU is decided, nothing is left but to find the best multipliers.
    private const int LeafIterations = 400;

    // So many ReLUs of either score are tried, each for so many steps.
    private const int Candidates = 3;
    private const int CandidateIterations = 2;

    // A ReLU that leaves one of its parts as it was is worth little, but is better than one that leaves both.
    private const double LeastGain = 0.02;

    // A bound in single precision that exceeds what is asked for by so much, relatively, is likely to be proved.
    private const double Slack = 1e-6;

    private readonly Network network;
    private readonly SplitBounds bounds;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly int unstable;
    private readonly bool tells;
    private readonly ImmutableArray<NeuronRow> neurons;

    /// <param name="known">Bounds over the property's region, which is their only one.</param>
    /// <param name="property">The property.</param>
    /// <param name="leastMargin">By how much it must hold of the network.</param>
    /// <param name="tells">Whether the lines that prove something are kept.</param>
    public NeuronSplitting(LinearBoundPropagation known, Property property, double leastMargin, bool tells = false)
    {
        (this.tells, neurons) = (tells, known.Told);
        (network, bounds, this.property, this.leastMargin) = (known.Bounds.Network, known.Split(), property, leastMargin);
        unstable = bounds.Unstable.Sum(pair => pair.Elements.Length);
        Root = new NeuronPart([.. Enumerable.Range(0, property.Output.Violations.Length)], [], [], double.NegativeInfinity);
        var rows = property.Output.Violations.Max(violation => violation.Constraints.Length);
        BatchSize = Math.Clamp(bounds.Pass.ChunkOf(network.Output) / rows, 1, MostParts);
    }

    /// <summary>True where there are ReLUs to divide.</summary>
    /// <param name="known">Bounds over the property's region.</param>
    public static bool Suits(LinearBoundPropagation known) => known.IsDefinedOn(0) && !known.Split().Unstable.IsEmpty;

    public NeuronPart Root { get; }

    public NeuronPart? Resume(OpenPart open)
    {
        var isWhole = open.Lower.AsSpan().SequenceEqual(property.Region.Lower) && open.Upper.AsSpan().SequenceEqual(property.Region.Upper);
        if (!isWhole || open.Cuts.Any(cut => network.Nodes[cut.Node] is not ElementwiseNode { Activation: ReLU } || cut.At != 0)) return null;
        return new(open.Violations, [.. open.Cuts.Select(cut => new Split((ElementwiseNode)network.Nodes[cut.Node], cut.Element, cut.Sign))], [], double.NegativeInfinity);
    }

    public int BatchSize { get; }

    public Bounded<NeuronPart>[] Bound(ReadOnlySpan<NeuronPart> parts, CancellationToken cancellation)
    {
        var results = new Bounded<NeuronPart>[parts.Length];
        foreach (var group in parts.ToArray().Index().GroupBy(part => (IterationsOf(part.Item), part.Item.Lines.IsEmpty)))
        {
            var bounded = Bound([.. group.Select(part => part.Item)], group.Key.Item1, cancellation);
            foreach (var ((index, _), result) in group.Zip(bounded)) results[index] = result;
        }

        return results;
    }

    private int IterationsOf(NeuronPart part) =>
        part.Splits.Length == unstable ? LeafIterations : part.Lines.IsEmpty ? RootIterations : Iterations;

    private Bounded<NeuronPart>[] Bound(NeuronPart[] parts, int iterations, CancellationToken cancellation)
    {
        var (rows, limits, questions) = (new List<SplitRow>(), new List<double>(), new List<Question>());
        for (var part = 0; part < parts.Length; part++)
        {
            var first = rows.Count;
            foreach (var violation in parts[part].Violations)
            {
                var constraints = property.Output.Violations[violation].Constraints;
                questions.Add(new Question(part, violation, rows.Count, constraints.Length));
                foreach (var constraint in constraints)
                {
                    rows.Add(new SplitRow(
                        constraint.Coefficients, parts[part].Splits, parts[part].Lines.IsEmpty ? null : parts[part].Lines[rows.Count - first]));
                    limits.Add(constraint.Bound + leastMargin);
                }
            }
        }

        var search = new SplitSearch(bounds, rows);
        search.Raise(iterations, [.. limits.Select(Enough)], cancellation);
        var proved = search.Prove(cancellation, tells);
        var results = Array.ConvertAll(
            parts, part => new Bounded<NeuronPart>(double.PositiveInfinity, null, []) { Neurons = part.Splits.IsEmpty ? neurons : [] });
        var open = new List<Question>();
        foreach (var question in questions)
        {
            var (missed, closest) = (double.NegativeInfinity, question.First);
            for (var row = question.First; row < question.First + question.Count; row++)
            {
                var margin = Math.BitDecrement(Math.BitDecrement(proved[row] - property.Output.Violations[question.Violation].Constraints[row - question.First].Bound) - leastMargin);
                if (margin > missed) (missed, closest) = (margin, row);
            }

            // What holds on a part holds on every part of it.
            missed = Math.Max(missed, parts[question.Part].Margin);
            results[question.Part] = results[question.Part] with { Margin = Math.Min(results[question.Part].Margin, missed) };
            if (!(missed > 0)) open.Add(question with { Closest = closest });
            else if (tells)
            {
                var row = ViolationRow.Of(question.Violation, closest - question.First, question.Count, search.Told(closest));
                results[question.Part] = results[question.Part] with { Rows = results[question.Part].Rows.Add(row) };
            }
        }

        if (open.Count > 0) Divide(parts, open, rows, limits, search, results, cancellation);
        return results;
    }

    /// <summary>Gives every part that leaves questions open its candidate, and a pair of children for each of them.</summary>
    private void Divide(
        NeuronPart[] parts,
        List<Question> open,
        List<SplitRow> rows,
        List<double> limits,
        SplitSearch search,
        Bounded<NeuronPart>[] results,
        CancellationToken cancellation)
    {
        // Once more with the best lines, to see where each row is least and what it multiplies every ReLU by.
        var lines = open.ConvertAll(question => Enumerable.Range(question.First, question.Count).Select(search.LinesOf).ToImmutableArray());
        var closest = open.Select((question, i) => rows[question.Closest] with { Lines = lines[i][question.Closest - question.First] }).ToArray();
        double[] enough = [.. open.Select(question => Enough(limits[question.Closest]))];
        var best = new SplitSearch(bounds, closest);
        var before = best.Raise(0, enough, cancellation);
        var points = Violating(best, open.Count);
        var splits = Choose(Promising(best, closest), closest, before, enough, cancellation);
        var isDivided = new bool[parts.Length];
        Array.Fill(isDivided, true);
        for (var i = 0; i < open.Count; i++)
        {
            var result = results[open[i].Part];
            var divisions = result.Divisions;
            isDivided[open[i].Part] &= splits[i] is not null;
            if (splits[i] is { } split)
            {
                var part = parts[open[i].Part];
                NeuronPart Child(int sign) => new([open[i].Violation], part.Splits.Add(split with { Sign = sign }), lines[i], result.Margin);
                divisions = divisions.Add(new(new Cut(network.IndexOf(split.Node), split.Element, 0), Child(-1), Child(1)));
            }

            results[open[i].Part] = result with { Candidate = result.Candidate ?? points[i], Divisions = divisions };
        }

        // Children cover their part only where every question that it leaves open has some.
        for (var part = 0; part < parts.Length; part++)
        {
            if (!isDivided[part]) results[part] = results[part] with { Divisions = [] };
        }
    }

    /// <summary>
    /// For each row, the ReLUs that it seems to lose most by: those whose line is furthest from the ReLU where the row is least,
    /// and those whose chord is.
    /// </summary>
    private Split[][] Promising(SplitSearch search, SplitRow[] rows)
    {
        var result = new Split[rows.Length][];
        for (var row = 0; row < rows.Length; row++)
        {
            var (there, anywhere) = (new List<(double, Split)>(), new List<(double, Split)>());
            foreach (var (node, elements) in bounds.Unstable.Where(pair => search.Passes(pair.Node)))
            {
                var isSplit = new bool[node.Size];
                foreach (var split in rows[row].Splits)
                {
                    if (split.Node == node) isSplit[split.Element] = true;
                }

                var chords = bounds.Pass.LinesOf(node).UpperOffsets;
                var a = search.Coefficients(node, row);
                var y = search.Values(node, row);
                var z = search.Values(node.Source, row);
                foreach (var element in elements)
                {
                    if (isSplit[element]) continue;
                    var split = new Split(node, element, 1);
                    Insert(there, a[element] * (Math.Max(z[element], 0) - y[element]), split);
                    Insert(anywhere, Math.Abs(a[element]) * chords[element], split);
                }
            }

            result[row] = [.. there.Concat(anywhere).Select(pair => pair.Item2).Distinct()];
        }

        return result;
    }

    private static void Insert(List<(double Score, Split Split)> best, double score, Split split)
    {
        if (best.Count == Candidates && !(score > best[^1].Score)) return;
        var at = best.Count;
        while (at > 0 && best[at - 1].Score < score) at--;
        if (best.Count == Candidates) best.RemoveAt(Candidates - 1);
        best.Insert(at, (score, split));
    }

    /// <summary>For each row, the candidate whose two parts gain most, or null where there is none.</summary>
    private Split?[] Choose(Split[][] candidates, SplitRow[] rows, double[] before, double[] enough, CancellationToken cancellation)
    {
        var (halves, limits) = (new List<SplitRow>(), new List<double>());
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var split in candidates[row])
            {
                halves.Add(rows[row] with { Splits = rows[row].Splits.Add(split) });
                halves.Add(rows[row] with { Splits = rows[row].Splits.Add(split with { Sign = -split.Sign }) });
                limits.AddRange(enough[row], enough[row]);
            }
        }

        var chosen = new Split?[rows.Length];
        if (halves.Count == 0) return chosen;
        var found = new SplitSearch(bounds, halves).Raise(CandidateIterations, [.. limits], cancellation);
        var next = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            // The part of what is missing that a bound gains.
            double Gain(double bound) => Math.Clamp((bound - before[row]) / (enough[row] - before[row]), 0, 1);
            var most = -1.0;
            foreach (var split in candidates[row])
            {
                var worth = (Gain(found[next]) + LeastGain) * (Gain(found[next + 1]) + LeastGain);
                next += 2;
                if (worth > most || chosen[row] is null) (most, chosen[row]) = (worth, split);
            }
        }

        return chosen;
    }

    /// <summary>For each row, the point where it is least, as the network is given it, where that violates the property.</summary>
    private float[]?[] Violating(SplitSearch search, int rows)
    {
        var (size, points) = (network.Input.Size, new float[rows * network.Input.Size]);
        for (var row = 0; row < rows; row++)
        {
            var x = points.AsSpan(row * size, size);
            search.Values(network.Input, row).CopyTo(x);
            Projection.Onto(property.Region, x);
        }

        var outputs = Array.ConvertAll(network.Evaluate<float>(points, rows), value => (double)value);
        var result = new float[]?[rows];
        for (var row = 0; row < rows; row++)
        {
            if (property.Output.IsViolatedBy(outputs.AsSpan(row * property.Output.Size, property.Output.Size)))
                result[row] = points.AsSpan(row * size, size).ToArray();
        }

        return result;
    }

    /// <summary>The bound above which a row needs none better.</summary>
    private static double Enough(double limit) => limit + Slack * (1 + Math.Abs(limit));

    /// <summary>Whether a part excludes one violation, by one of its rows.</summary>
    private readonly record struct Question(int Part, int Violation, int First, int Count, int Closest = -1);
}

/// <summary>The part of a region in which some ReLUs' inputs have certain signs.</summary>
/// <param name="Violations">Indices of the property's violations that are not excluded in it.</param>
/// <param name="Splits">The signs.</param>
/// <param name="Lines">For every constraint of every violation, the lines that were best for a part that contains this one.</param>
/// <param name="Margin">By how much the property holds on that part, at least.</param>
internal sealed record NeuronPart(ImmutableArray<int> Violations, ImmutableArray<Split> Splits, ImmutableArray<SplitLines> Lines, double Margin);
