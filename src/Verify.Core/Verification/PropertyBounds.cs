using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>By how much properties of a network hold, as far as bounds show: the cheapest that prove one, or else the best there are.</summary>
/// <remarks>
/// What was bounded over a region without proving anything is kept, and used for regions inside it: its bounds hold there too,
/// and the best slopes of one region are nearly those of the next. Sound, not complete.
/// </remarks>
/// <param name="question">What is bounded.</param>
/// <param name="tells">Whether the slopes that prove something are kept.</param>
internal sealed class PropertyBounds(Question question, bool tells = false)
{
    private LinearBoundPropagation? wider;

    /// <summary>What is bounded.</summary>
    public Question Question => question;

    /// <summary>The bounds over the region that was asked of last.</summary>
    public LinearBoundPropagation? Known { get; private set; }

    /// <summary>The first node of which nothing is known in float32 over the region that was asked of last, or null.</summary>
    public Node? Unbounded { get; private set; }

    /// <summary>The proof of the property that was asked of last, where it is proved and slopes are kept.</summary>
    public ProofPart? Proof { get; private set; }

    /// <summary>A lower bound of the property's margin over its region, positive where the property is proved, and how it was found.</summary>
    /// <param name="property">The property.</param>
    /// <param name="iterations">Steps by which slopes are optimised for each neuron; twice as many for what the property asks.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public (double Margin, string Method) Margin(Property property, int iterations, CancellationToken cancellation)
    {
        var constraints = property.Output.Violations.SelectMany(violation => violation.Constraints).ToArray();
        var rows = constraints.SelectMany(constraint => constraint.Coefficients).ToArray();

        var (network, semantics) = (question.Network!, property.Semantics);

        // A constraint that is missed by so little more than nothing is missed all the same.
        var enough = constraints.Select(constraint => constraint.Bound + question.LeastMargin + 1e-9 * (1 + Math.Abs(constraint.Bound))).ToArray();
        var known = wider is not null && wider.Bounds.Regions[0].Contains(property.Region) ? wider : null;
        var plain = LinearBoundPropagation.Propagate(network, [property.Region], 0, semantics, known, tells, cancellation);
        var best = new BestRows(rows.Length / property.Output.Size);
        double Margin(LinearBoundPropagation bounds, int steps)
        {
            Known = bounds;
            best.Raise(bounds.LowerBoundsAndLines(rows, 0, steps, enough, cancellation));
            var margin = Least(property.Output, best);
            Proof = margin > 0 && tells ? new ProofPart { Neurons = bounds.Told, Rows = Excluding(property.Output, best) } : null;
            return margin;
        }

        var margin = Margin(plain, 0);
        Unbounded = plain.FirstUnbounded(region: 0);
        if (margin > 0) return (margin, "linear bounds");
        wider = plain;
        if (iterations == 0 || Unbounded is not null) return (margin, "linear bounds");

        margin = Margin(plain, 2 * iterations);
        if (margin <= 0)
        {
            // What the rows found with looser bounds is where they go on with tighter ones.
            wider = LinearBoundPropagation.Propagate(network, [property.Region], iterations, semantics, plain, tells, cancellation);
            margin = Margin(wider, 2 * iterations);
        }

        // Where the property is proved, the next region is wider than this one.
        if (margin > 0) wider = known;
        return (margin, "optimised linear bounds");
    }

    /// <summary>By how much every conjunction is missed in one of its constraints, at least, rounded down.</summary>
    private double Least(OutputProperty property, BestRows rows)
    {
        var (margin, next) = (double.PositiveInfinity, 0);
        foreach (var violation in property.Violations)
        {
            var (missed, _) = Missed(violation, rows, next);
            margin = Math.Min(margin, missed);
            next += violation.Constraints.Length;
        }

        return question.LeastMargin == 0 ? margin : Math.BitDecrement(margin - question.LeastMargin);
    }

    /// <summary>By how much a conjunction is missed in the constraint that it misses most, and which that is.</summary>
    private static (double Margin, int Constraint) Missed(Conjunction violation, BestRows rows, int first)
    {
        var (missed, closest) = (double.NegativeInfinity, 0);
        for (var k = 0; k < violation.Constraints.Length; k++)
        {
            var margin = Math.BitDecrement(rows.Bounds[first + k] - violation.Constraints[k].Bound);
            if (margin > missed) (missed, closest) = (margin, k);
        }

        return (missed, closest);
    }

    /// <summary>The rows that exclude every violation.</summary>
    private static ImmutableArray<ViolationRow> Excluding(OutputProperty property, BestRows rows)
    {
        var (result, next) = (ImmutableArray.CreateBuilder<ViolationRow>(), 0);
        for (var violation = 0; violation < property.Violations.Length; violation++)
        {
            var count = property.Violations[violation].Constraints.Length;
            var (_, closest) = Missed(property.Violations[violation], rows, next);
            result.Add(ViolationRow.Of(violation, closest, count, rows.Lines[next + closest]));
            next += count;
        }

        return result.ToImmutable();
    }

    /// <summary>The best bounds that were found of some rows, and by which lines.</summary>
    private sealed class BestRows
    {
        public BestRows(int count)
        {
            (Bounds, Lines) = (new double[count], new RowLines[count]);
            Array.Fill(Bounds, double.NegativeInfinity);
            Array.Fill(Lines, RowLines.LeastArea);
        }

        public double[] Bounds { get; }

        public RowLines[] Lines { get; }

        public void Raise((double[] Bounds, RowLines[] Lines) others)
        {
            for (var row = 0; row < Bounds.Length; row++)
            {
                if (!(others.Bounds[row] > Bounds[row])) continue;
                Bounds[row] = others.Bounds[row];
                if (others.Lines.Length > 0) Lines[row] = others.Lines[row];
            }
        }
    }
}
