using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking;

/// <summary>Derives a verdict again from the proof of it: without search, and with no code of what found it.</summary>
/// <remarks>
/// <para>
/// Requires the network that the property is posed on. Nothing in the proof is believed: whatever slopes, multipliers and cuts it names,
/// what is derived from them holds for every input of the region, with all rounding accounted for. A proof that is accepted proves the
/// property; one that is rejected says nothing of it.
/// </para>
/// <para>
/// The whole region is bounded, then the parts that the proof divides it into. In every part, rows of the output exclude
/// violations or leave of the part's box what they do not exclude. A property holds where each violation is excluded in both
/// halves of a cut of every part that leaves it open.
/// </para>
/// </remarks>
public sealed class CertificateChecker
{
    // Deeper than that, halves are checked one after the other: there are enough of them.
    private const int DeepestParallel = 24;

    private readonly Network network;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly Layout layout;
    private readonly CancellationToken cancellation;

    private CertificateChecker(Network network, Property property, double leastMargin, CancellationToken cancellation)
    {
        (this.network, this.property, this.leastMargin, this.cancellation) = (network, property, leastMargin, cancellation);
        layout = new Layout(network, property.Region, property.Semantics);
    }

    /// <summary>Checks a proof.</summary>
    /// <param name="network">The network that the property is posed on.</param>
    /// <param name="property">The property.</param>
    /// <param name="leastMargin">By how much it must hold of the network.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static CheckResult Check(
        Network network, Property property, double leastMargin, ProofPart proof, CancellationToken cancellation = default)
    {
        if (!(leastMargin >= 0)) throw new ArgumentOutOfRangeException(nameof(leastMargin), leastMargin, "A margin is not negative.");
        if (property.Region.Size != network.Input.Size || property.Output.Size != network.Output.Size)
        {
            return Rejected(Place.Root, $"The property speaks of {property.Region.Size} inputs and {property.Output.Size} outputs, but the network has {network.Input.Size} and {network.Output.Size}.");
        }

        var checker = new CertificateChecker(network, property, leastMargin, cancellation);
        try
        {
            var all = ImmutableArray.CreateRange(Enumerable.Range(0, property.Output.Violations.Length));
            var region = new Part(null, [.. property.Region.Lower], [.. property.Region.Upper], null, Place.Root);
            var missed = checker.Check(proof, region, all);
            var worst = missed.MinBy(missed => missed.Margin);
            return worst.Margin > 0 ? new(worst.Margin) : Rejected(worst.Place, worst.Reason) with { Open = OpenPart.Together(missed.SelectMany(violation => violation.Open)) };
        }
        catch (InvalidProof invalid)
        {
            return Rejected(invalid.Place, invalid.Message);
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.OfType<InvalidProof>().OrderBy(invalid => invalid.Place.ToString(), StringComparer.Ordinal).FirstOrDefault() is { } invalid)
        {
            return Rejected(invalid.Place, invalid.Message);
        }
    }

    private static CheckResult Rejected(Place place, string reason) => new(double.NegativeInfinity, reason, place.ToString());

    /// <summary>By how much each of the violations that are open on a part is missed there.</summary>
    private Missed[] Check(ProofPart? proof, Part part, ImmutableArray<int> open)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new InvalidProof(part.Place, "The proof has too many cuts one below the other.");
        if (proof is null) throw new InvalidProof(part.Place, "This half has no proof.");
        new ProofFormat(layout, property, part.Place).Require(proof, part.Cuts);

        // What says nothing itself is bounded where it is divided further. Narrower intervals may have worse lines of least area, so
        // bounds of a box are made of nothing else, unless cuts of neurons are to be kept.
        if (part.Cut is not null) part = part with { Cut = null, Bounds = part.Bounds!.Within(part.Lower, part.Upper, part.Cut, proof.Neurons, cancellation) };
        else if (!proof.Rows.IsEmpty || !proof.Neurons.IsEmpty || proof.Cuts.Any(cut => cut is NeuronCut))
            part = part with { Bounds = PartBounds.Over(layout, part.Lower, part.Upper, part.Cuts > 0 ? part.Bounds : null, proof.Neurons, cancellation) };
        if (part.Bounds is { IsEmpty: true }) return Array.ConvertAll([.. open], _ => Empty(part));

        var missed = Exclude(proof, ref part, open);
        for (var i = 0; i < missed.Length && proof.Cuts.IsEmpty; i++)
        {
            if (!(missed[i].Margin > 0)) missed[i] = missed[i] with { Open = [new OpenPart(proof, [.. part.Lower], [.. part.Upper], part.SignedCuts, [open[i]], -missed[i].Margin)] };
        }

        foreach (var cut in proof.Cuts)
        {
            var left = Enumerable.Range(0, open.Length).Where(i => !(missed[i].Margin > 0)).ToArray();
            if (left.Length == 0) break;
            var (below, above) = Halves(cut, part, [.. left.Select(i => open[i])]);
            for (var k = 0; k < left.Length; k++)
            {
                var worse = below[k].Margin <= above[k].Margin ? below[k] : above[k];
                var before = missed[left[k]];

                // Of several cuts that do not do, the one is told that leaves fewest parts open.
                var parts = below[k].Open.AddRange(above[k].Open);
                if (!before.Open.IsEmpty && before.Open.Length < parts.Length) parts = before.Open;
                missed[left[k]] = worse with { Margin = Math.Min(worse.Margin, before.Beyond), Beyond = before.Beyond, Open = worse.Margin > 0 ? [] : parts };
            }
        }

        return missed;
    }

    /// <summary>A part without any input misses everything; but what is not divided by neurons always has inputs.</summary>
    private Missed Empty(Part part) => layout.Region.IsBox && part.Bounds!.Cuts.IsEmpty
        ? throw new InvalidProof(part.Place, "The bounds of this part contradict one another.")
        : new Missed(double.PositiveInfinity, double.PositiveInfinity, part.Place, "");

    /// <summary>What the rows of a part exclude; they also narrow its box to what they leave.</summary>
    private Missed[] Exclude(ProofPart proof, ref Part part, ImmutableArray<int> open)
    {
        var place = part.Place;
        var missed = Array.ConvertAll([.. open], violation => new Missed(
            double.NegativeInfinity, double.PositiveInfinity, place, $"No row of this part excludes violation {violation}, and no cut divides it."));
        if (proof.Rows.IsEmpty) return missed;
        var bounds = part.Bounds!;
        if (bounds.FirstUnknown() is { } unknown) return Array.ConvertAll(missed, none => none with { Reason = unknown });
        var rows = proof.Rows.Where(row => open.Contains(row.Violation)).ToArray();
        var questions = Array.ConvertAll(rows, row => new WeightedViolation(property.Output.Violations[row.Violation], row.Weights));

        // Several rows of one violation may exclude it together: each on what the others leave of the box.
        var isDivided = !proof.Cuts.IsEmpty;
        var narrows = isDivided || rows.DistinctBy(row => row.Violation).Count() < rows.Length;
        var results = BackwardRows.OfOutput(bounds, questions, rows, narrows, cancellation);
        var boxes = new (double[] Lower, double[] Upper)?[open.Length];
        for (var r = 0; r < rows.Length; r++)
        {
            var at = open.IndexOf(rows[r].Violation);
            var margin = questions[r].MissedBy(results[r].Minimum, leastMargin);
            if (margin > missed[at].Margin)
                missed[at] = missed[at] with { Margin = margin, Reason = FormattableString.Invariant($"Violation {rows[r].Violation} is not excluded: the bound falls short by {-margin:G4}.") };
            if (!narrows || margin > 0) continue;
            boxes[at] ??= ((double[])part.Lower.Clone(), (double[])part.Upper.Clone());
            var (lower, upper) = boxes[at]!.Value;
            if (lower[0] > upper[0]) continue;
            var beyond = BoxCut.Apply(results[r].Gradient, results[r].Constant, questions[r].Limit(leastMargin), lower, upper) / questions[r].Weight;
            missed[at] = missed[at] with { Beyond = Math.Min(missed[at].Beyond, beyond) };
            if (lower[0] > upper[0]) missed[at] = missed[at] with { Margin = missed[at].Beyond };
        }

        if (!isDivided) return missed;
        var (low, high) = (new double[part.Lower.Length], new double[part.Lower.Length]);
        Array.Fill(low, double.PositiveInfinity);
        Array.Fill(high, double.NegativeInfinity);
        for (var i = 0; i < open.Length; i++)
        {
            if (missed[i].Margin > 0) continue;
            TensorPrimitives.Min<double>(low, boxes[i]?.Lower ?? part.Lower, low);
            TensorPrimitives.Max<double>(high, boxes[i]?.Upper ?? part.Upper, high);
        }

        part = part with { Lower = low, Upper = high };
        return missed;
    }

    /// <summary>By how much some violations are missed in either half of a part.</summary>
    private (Missed[] Below, Missed[] Above) Halves(ProofCut? cut, Part part, ImmutableArray<int> open)
    {
        var name = cut is InputCut input ? $"input {input.Input}" : cut is NeuronCut neuron ? $"node {neuron.Node}, element {neuron.Element}" : throw new InvalidProof(part.Place, "This part is divided by nothing.");
        var (below, above) = (part with { Place = part.Place.Half(name, cut.At, -1) }, part with { Place = part.Place.Half(name, cut.At, 1) });
        if (cut is InputCut { Input: var j })
        {
            (below, above) = (below with { Upper = [.. part.Upper] }, above with { Lower = [.. part.Lower] });
            below.Upper[j] = Math.Min(below.Upper[j], cut.At);
            above.Lower[j] = Math.Max(above.Lower[j], cut.At);
        }
        else if (cut is NeuronCut { Node: var node, Element: var element })
        {
            var source = layout.Sources[node][0];
            (below, above) = (below with { Cut = new SignedCut(node, source, element, -1, cut.At) }, above with { Cut = new SignedCut(node, source, element, 1, cut.At) });
        }

        var (first, second) = (Array.Empty<Missed>(), Array.Empty<Missed>());
        if (part.Place.Depth > DeepestParallel) (first, second) = (Half(cut.Below, below, open), Half(cut.Above, above, open));
        else Parallel.Invoke(new ParallelOptions { CancellationToken = cancellation }, () => first = Half(cut.Below, below, open), () => second = Half(cut.Above, above, open));
        return (first, second);
    }

    private Missed[] Half(ProofPart? proof, Part part, ImmutableArray<int> open)
    {
        // A row may have cut off what would have been in this half.
        for (var j = 0; j < part.Lower.Length; j++)
        {
            if (part.Lower[j] > part.Upper[j]) return Array.ConvertAll([.. open], _ => new Missed(double.PositiveInfinity, double.PositiveInfinity, part.Place, ""));
        }

        return Check(proof, part, open);
    }

    /// <summary>A part of the region.</summary>
    /// <param name="Bounds">What was bounded last: the part itself, or one that it lies in.</param>
    /// <param name="Lower">The lower ends of its box.</param>
    /// <param name="Upper">The upper ends of its box.</param>
    /// <param name="Cut">A cut of a neuron that the bounds do not hold yet.</param>
    /// <param name="Place">How it is told apart, for messages.</param>
    private sealed record Part(PartBounds? Bounds, double[] Lower, double[] Upper, SignedCut? Cut, Place Place)
    {
        /// <summary>How many cuts of neurons tell the part apart.</summary>
        public int Cuts => SignedCuts.Length;

        /// <summary>The cuts of neurons that tell the part apart.</summary>
        public ImmutableArray<SignedCut> SignedCuts => Cut is null ? Bounds?.Cuts ?? [] : (Bounds?.Cuts ?? []).Add(Cut);
    }

    /// <summary>By how much a violation is missed on a part.</summary>
    /// <param name="Margin">The least by which it is; not positive where it is not known to be.</param>
    /// <param name="Beyond">The least by which it is missed in what rows cut off the part's box.</param>
    /// <param name="Place">Where it is missed by least.</param>
    /// <param name="Reason">Why it is not known to be missed there, where it is not.</param>
    private readonly record struct Missed(double Margin, double Beyond, Place Place, string Reason)
    {
        /// <summary>The parts without cuts where it is not known to be missed.</summary>
        public ImmutableArray<OpenPart> Open { get; init; } = [];
    }
}
