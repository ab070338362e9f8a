using System.Collections.Immutable;
using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Bounds.Splits;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Search;

/// <summary>Divides by the arguments of activations: one part has all that are at most a number, another all that are at least that.</summary>
/// <remarks>
/// Requires bounds of the property's region. What a part is told apart by enters its bounds with multipliers, and the lines of the
/// activations that are split are its own. A ReLU is split at zero, where it becomes linear, any other activation where the least
/// area is left between its lines (<see cref="SplitChoice"/>: which one). Where there are nothing but ReLUs, complete but for precision.
/// Source: Wang et al. 2021, arXiv 2103.06624 (multipliers); Shi et al. 2024, arXiv 2405.21063 (other activations than ReLU).
/// </remarks>
internal sealed class NeuronSplitting : IBranching<NeuronPart>
{
    private const int MostParts = 32;
    private const int Iterations = 20;
    private const int RootIterations = 60;

    // Where every ReLU is decided, nothing is left but to find the best multipliers.
    private const int LeafIterations = 400;

    // After so many splits the neurons behind them are bounded anew, by so many steps for each.
    private const int DepthOfBounds = 2;
    private const int NeuronIterations = 5;

    // A bound in single precision that exceeds what is asked for by so much, relatively, is likely to be proved.
    private const double Slack = 1e-6;

    private readonly Network network;
    private readonly SplitBounds region;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly bool hasOnlySigns;
    private readonly bool tells;
    private readonly bool tightens;

    /// <param name="known">Bounds over the property's region, which is their only one.</param>
    /// <param name="property">The property.</param>
    /// <param name="leastMargin">By how much it must hold of the network.</param>
    /// <param name="tells">Whether the lines that prove something are kept.</param>
    /// <param name="tightens">
    /// Whether parts get bounds of their own. Each costs as much as many parts (<see cref="PartsOfTightening"/>), and saves more than that where the
    /// tree is deep.
    /// </param>
    public NeuronSplitting(LinearBoundPropagation known, Property property, double leastMargin, bool tells = false, bool tightens = false)
    {
        (this.tells, this.tightens) = (tells, tightens);
        (network, region, this.property, this.leastMargin) = (known.Bounds.Network, known.Split(), property, leastMargin);
        hasOnlySigns = region.Open.All(pair => pair.Node.Activation is ReLU);
        Root = new NeuronPart([.. Enumerable.Range(0, property.Output.Violations.Length)], region, [], [], double.NegativeInfinity);
        BatchSize = Math.Clamp(region.Pass.ChunkOf(network.Output), 1, MostParts);
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
        foreach (var cut in open.Cuts) splits = region.Divided(splits, (ElementwiseNode)network.Nodes[cut.Node], cut.Element, cut.Sign, cut.At);
        return new(open.Violations, region, splits, [], double.NegativeInfinity);
    }

    public int BatchSize { get; }

    /// <summary>
    /// How many parts cost about as much as bounds of all neurons behind the splits of one: two rows for each, which pass half the network. None where
    /// nothing lies behind another split.
    /// </summary>
    /// <param name="known">Bounds over the property's region.</param>
    public static int PartsOfTightening(LinearBoundPropagation known)
    {
        var open = known.Split().Open;
        return open.Length == 1 ? 0 : 1 + open.Skip(1).Sum(pair => pair.Elements.Length) * (NeuronIterations + 1) / Iterations;
    }

    public Bounded<NeuronPart>[] Bound(ReadOnlySpan<NeuronPart> parts, CancellationToken cancellation)
    {
        var results = new Bounded<NeuronPart>[parts.Length];
        var tightened = Array.ConvertAll(parts.ToArray(), part => Tightened(part, cancellation));
        foreach (var group in tightened.Index().GroupBy(part => (part.Item.Bounds, IterationsOf(part.Item), part.Item.Lines.IsEmpty)))
        {
            var bounded = group.Key.Bounds.IsEmpty
                ? [.. group.Select(_ => new Bounded<NeuronPart>(double.PositiveInfinity, null, []))]
                : Bound(group.Key.Bounds, [.. group.Select(part => part.Item)], group.Key.Item2, cancellation);
            foreach (var ((index, part), result) in group.Zip(bounded))
                results[index] = part.Splits.Length == part.Bounds.Splits.Length ? result with { Neurons = part.Bounds.Told } : result;
        }

        return results;
    }

    /// <summary>A part with bounds of its own, once it is divided so often that these tell more than those of the part that it lies in.</summary>
    private NeuronPart Tightened(NeuronPart part, CancellationToken cancellation)
    {
        if (!tightens || part.Splits.Length - part.Bounds.Splits.Length < DepthOfBounds) return part;
        var bounds = part.Bounds.Tightened(part.Splits, NeuronIterations, cancellation);
        return part with { Bounds = bounds, Splits = bounds.Splits };
    }

    private int IterationsOf(NeuronPart part) => part.Lines.IsEmpty
        ? RootIterations
        : hasOnlySigns && part.Splits.Length - part.Bounds.Splits.Length == part.Bounds.OpenCount ? LeafIterations : Iterations;

    private Bounded<NeuronPart>[] Bound(SplitBounds bounds, NeuronPart[] parts, int iterations, CancellationToken cancellation)
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
        var results = Array.ConvertAll(parts, part => new Bounded<NeuronPart>(double.PositiveInfinity, null, []));
        var open = new List<Question>();
        foreach (var question in questions)
        {
            // What holds on a part holds on every part of it.
            var missed = Math.Max(Math.BitDecrement(proved[question.Row] - leastMargin), parts[question.Part].Margin);
            results[question.Part] = results[question.Part] with { Margin = Math.Min(results[question.Part].Margin, missed) };
            if (!(missed > 0)) open.Add(question);
            else if (tells) results[question.Part] = results[question.Part] with { Rows = results[question.Part].Rows.Add(search.Told(question.Row, question.Violation)) };
        }

        if (open.Count > 0) Divide(bounds, parts, open, rows, search, results, cancellation);
        return results;
    }

    /// <summary>Gives every part that leaves questions open its candidate, and a pair of children for each of them.</summary>
    private void Divide(
        SplitBounds bounds,
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
        var cuts = new SplitChoice(bounds, tightens).Choose(best, left, before, enough, cancellation);
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
                NeuronPart Child(int sign) => new([open[i].Violation], bounds, bounds.Divided(part.Splits, (ElementwiseNode)network.Nodes[cut.Node], cut.Element, sign, cut.At), [left[i].Lines!], result.Margin);
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
/// <param name="Bounds">Bounds of the region, or of a part that this one lies in.</param>
/// <param name="Splits">The numbers and sides.</param>
/// <param name="Lines">For every violation, the lines that were best for a part that contains this one; none for the region.</param>
/// <param name="Margin">By how much the property holds on that part, at least.</param>
internal sealed record NeuronPart(ImmutableArray<int> Violations, SplitBounds Bounds, ImmutableArray<Split> Splits, ImmutableArray<SplitLines> Lines, double Margin);
