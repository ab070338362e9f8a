using System.Collections.Immutable;
using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Search;

/// <summary>Divides by the arguments of activations: one part has all that are at most a number, another all that are at least that.</summary>
/// <remarks>
/// Requires bounds of the property's region. What a part is told apart by enters its bounds with multipliers, and the lines of the
/// activations that are split are its own. A ReLU is split at zero, where it becomes linear, any other activation where the least
/// area is left between its lines. Which one to split is asked of the bounds of the two parts that it would give, for a few that
/// the bound seems to lose most by. Where there are nothing but ReLUs, complete but for precision.
/// Source: Wang et al. 2021, arXiv 2103.06624 (multipliers); De Palma et al. 2021, arXiv 2104.06718 (filtered branching); Shi et al.
/// 2024, arXiv 2405.21063 (other activations than ReLU).
/// </remarks>
internal sealed class NeuronSplitting : IBranching<NeuronPart>
{
    private const int MostParts = 32;
    private const int Iterations = 20;
    private const int RootIterations = 60;

    // Where every ReLU is decided, nothing is left but to find the best multipliers.
    private const int LeafIterations = 400;

    // So many activations of either score are tried, each for so many steps.
    private const int Candidates = 3;
    private const int CandidateIterations = 2;

    // A split that leaves one of its parts as it was is worth little, but is better than one that leaves both.
    private const double LeastGain = 0.02;

    // A bound in single precision that exceeds what is asked for by so much, relatively, is likely to be proved.
    private const double Slack = 1e-6;

    private readonly Network network;
    private readonly SplitBounds bounds;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly int most;
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
        most = bounds.Open.All(pair => pair.Node.Activation is ReLU) ? bounds.Open.Sum(pair => pair.Elements.Length) : int.MaxValue;
        Root = new NeuronPart([.. Enumerable.Range(0, property.Output.Violations.Length)], [], [], double.NegativeInfinity);
        BatchSize = Math.Clamp(bounds.Pass.ChunkOf(network.Output), 1, MostParts);
    }

    /// <summary>True where there are activations to divide.</summary>
    /// <param name="known">Bounds over the property's region.</param>
    public static bool Suits(LinearBoundPropagation known) => known.IsDefinedOn(0) && !known.Split().Open.IsEmpty;

    public NeuronPart Root { get; }

    public NeuronPart? Resume(OpenPart open)
    {
        var isWhole = open.Lower.AsSpan().SequenceEqual(property.Region.Lower) && open.Upper.AsSpan().SequenceEqual(property.Region.Upper);
        if (!isWhole || open.Cuts.Any(cut => network.Nodes[cut.Node] is not ElementwiseNode { Activation: var activation } || activation is ReLU && cut.At != 0)) return null;
        ImmutableArray<Split> splits = [];
        foreach (var cut in open.Cuts) splits = bounds.Divided(splits, (ElementwiseNode)network.Nodes[cut.Node], cut.Element, cut.Sign, cut.At);
        return new(open.Violations, splits, [], double.NegativeInfinity);
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
        part.Splits.Length == most ? LeafIterations : part.Lines.IsEmpty ? RootIterations : Iterations;

    private Bounded<NeuronPart>[] Bound(NeuronPart[] parts, int iterations, CancellationToken cancellation)
    {
        var (rows, questions) = (new List<SplitRow>(), new List<Question>());
        for (var part = 0; part < parts.Length; part++)
        {
            for (var i = 0; i < parts[part].Violations.Length; i++)
            {
                questions.Add(new Question(part, parts[part].Violations[i], rows.Count));
                rows.Add(new SplitRow(
                    property.Output.Violations[parts[part].Violations[i]], parts[part].Splits, parts[part].Lines.IsEmpty ? null : parts[part].Lines[i]));
            }
        }

        using var search = new SplitSearch(bounds, rows);
        search.Raise(iterations, [.. rows.Select(Enough)], cancellation);
        var proved = search.Prove(cancellation, tells);
        var results = Array.ConvertAll(
            parts, part => new Bounded<NeuronPart>(double.PositiveInfinity, null, []) { Neurons = part.Splits.IsEmpty ? neurons : [] });
        var open = new List<Question>();
        foreach (var question in questions)
        {
            // What holds on a part holds on every part of it.
            var missed = Math.Max(Math.BitDecrement(proved[question.Row] - leastMargin), parts[question.Part].Margin);
            results[question.Part] = results[question.Part] with { Margin = Math.Min(results[question.Part].Margin, missed) };
            if (!(missed > 0)) open.Add(question);
            else if (tells) results[question.Part] = results[question.Part] with { Rows = results[question.Part].Rows.Add(search.Told(question.Row, question.Violation)) };
        }

        if (open.Count > 0) Divide(parts, open, rows, search, results, cancellation);
        return results;
    }

    /// <summary>Gives every part that leaves questions open its candidate, and a pair of children for each of them.</summary>
    private void Divide(
        NeuronPart[] parts,
        List<Question> open,
        List<SplitRow> rows,
        SplitSearch search,
        Bounded<NeuronPart>[] results,
        CancellationToken cancellation)
    {
        // Once more with the best lines, to see where each row is least and what it multiplies every activation by.
        SplitRow[] left = [.. open.Select(question => rows[question.Row] with { Lines = search.LinesOf(question.Row) })];
        double[] enough = [.. left.Select(Enough)];
        using var best = new SplitSearch(bounds, left);
        var before = best.Raise(0, enough, cancellation);
        var points = Violating(best, open.Count);
        var cuts = Choose(Promising(best, left), left, before, enough, cancellation);
        var isDivided = new bool[parts.Length];
        Array.Fill(isDivided, true);
        for (var i = 0; i < open.Count; i++)
        {
            var result = results[open[i].Part];
            var divisions = result.Divisions;
            isDivided[open[i].Part] &= cuts[i] is not null;
            if (cuts[i] is { } cut)
            {
                var part = parts[open[i].Part];
                NeuronPart Child(int sign) => new([open[i].Violation], Half(part.Splits, cut, sign), [left[i].Lines!], result.Margin);
                divisions = divisions.Add(new(cut, Child(-1), Child(1)));
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
    /// For each row, the splits that it seems to lose most without: of the activations whose line is furthest from the function
    /// where the row is least, and of those whose lines are furthest apart.
    /// </summary>
    private Cut[][] Promising(SplitSearch search, SplitRow[] rows)
    {
        var (result, left) = (new Cut[rows.Length][], new SplitElement?[bounds.Open.Max(pair => pair.Node.Size)]);
        for (var row = 0; row < rows.Length; row++)
        {
            var (there, anywhere) = (new List<(double, Cut)>(), new List<(double, Cut)>());
            foreach (var (node, elements) in bounds.Open.Where(pair => search.Passes(pair.Node)))
            {
                foreach (var (element, on) in SplitBounds.Narrowed(node, rows[row].Splits)) left[element] = on;
                var a = search.Coefficients(node, row);
                var y = search.Values(node, row);
                var z = search.Values(node.Source, row);
                foreach (var element in elements)
                {
                    // What the row does not use is split only where nothing else is left.
                    if (a[element] == 0 && anywhere.Count == Candidates) continue;
                    var on = left[element] ?? bounds.Whole(node, element);
                    if (double.IsNaN(on.Cut)) continue;
                    var value = node.Activation is ReLU ? Math.Max(z[element], 0) : node.Activation.Value(Math.Clamp(z[element], on.Low, on.High));
                    var cut = new Cut(network.IndexOf(node), element, on.Cut);
                    Insert(there, a[element] * (value - y[element]), cut);
                    Insert(anywhere, Math.Abs(a[element]) * on.Gap, cut);
                }

                Array.Clear(left);
            }

            result[row] = [.. there.Concat(anywhere).Select(pair => pair.Item2).Distinct()];
        }

        return result;
    }

    private static void Insert(List<(double Score, Cut Cut)> best, double score, Cut cut)
    {
        if (best.Count == Candidates && !(score > best[^1].Score)) return;
        var at = best.Count;
        while (at > 0 && best[at - 1].Score < score) at--;
        if (best.Count == Candidates) best.RemoveAt(Candidates - 1);
        best.Insert(at, (score, cut));
    }

    private ImmutableArray<Split> Half(ImmutableArray<Split> splits, Cut cut, int sign) =>
        bounds.Divided(splits, (ElementwiseNode)network.Nodes[cut.Node], cut.Element, sign, cut.At);

    /// <summary>For each row, the candidate whose two parts gain most, or null where there is none.</summary>
    private Cut?[] Choose(Cut[][] candidates, SplitRow[] rows, double[] before, double[] enough, CancellationToken cancellation)
    {
        var (halves, limits) = (new List<SplitRow>(), new List<double>());
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var cut in candidates[row])
            {
                halves.Add(rows[row] with { Splits = Half(rows[row].Splits, cut, 1) });
                halves.Add(rows[row] with { Splits = Half(rows[row].Splits, cut, -1) });
                limits.AddRange(enough[row], enough[row]);
            }
        }

        var chosen = new Cut?[rows.Length];
        if (halves.Count == 0) return chosen;
        using var search = new SplitSearch(bounds, halves);
        var found = search.Raise(CandidateIterations, [.. limits], cancellation);
        var next = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            // The part of what is missing that a bound gains.
            double Gain(double bound) => Math.Clamp((bound - before[row]) / (enough[row] - before[row]), 0, 1);
            var most = -1.0;
            foreach (var cut in candidates[row])
            {
                var worth = (Gain(found[next]) + LeastGain) * (Gain(found[next + 1]) + LeastGain);
                next += 2;
                if (worth > most || chosen[row] is null) (most, chosen[row]) = (worth, cut);
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

    /// <summary>By how much a conjunction must be missed, so that a proof of it is likely to succeed.</summary>
    private double Enough(SplitRow row) => leastMargin + Slack * (1 + row.Violation.Constraints.Max(constraint => Math.Abs(constraint.Bound)));

    /// <summary>Whether a part excludes a violation, by one row.</summary>
    private readonly record struct Question(int Part, int Violation, int Row);
}

/// <summary>The part of a region in which the arguments of some activations lie on certain sides of certain numbers.</summary>
/// <param name="Violations">Indices of the property's violations that are not excluded in it.</param>
/// <param name="Splits">The numbers and sides.</param>
/// <param name="Lines">For every violation, the lines that were best for a part that contains this one; none for the region.</param>
/// <param name="Margin">By how much the property holds on that part, at least.</param>
internal sealed record NeuronPart(ImmutableArray<int> Violations, ImmutableArray<Split> Splits, ImmutableArray<SplitLines> Lines, double Margin);
