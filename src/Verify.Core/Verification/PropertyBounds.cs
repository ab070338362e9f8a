using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>By how much properties of a network hold, as far as bounds show: the cheapest that prove one, or else the best there are.</summary>
/// <remarks>
/// What was bounded over a region without proving anything is kept, and used for regions inside it: its bounds hold there too,
/// and the best slopes of one region are nearly those of the next. Sound, not complete.
/// </remarks>
internal sealed class PropertyBounds(Question question)
{
    private LinearBoundPropagation? wider;

    /// <summary>What is bounded.</summary>
    public Question Question => question;

    /// <summary>The bounds over the region that was asked of last, where they did not prove the property.</summary>
    public LinearBoundPropagation? Known => wider;

    /// <summary>The first node of which nothing is known in float32 over the region that was asked of last, or null.</summary>
    public Node? Unbounded { get; private set; }

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
        var plain = LinearBoundPropagation.Propagate(network, [property.Region], 0, semantics, known, cancellation);
        var margin = Margin(property.Output, plain.LowerBounds(rows, 0, 0, enough, cancellation));
        Unbounded = plain.FirstUnbounded(region: 0);
        if (margin > 0) return (margin, "linear bounds");
        wider = plain;
        if (iterations == 0 || Unbounded is not null) return (margin, "linear bounds");

        margin = Math.Max(margin, Margin(property.Output, plain.LowerBounds(rows, 0, 2 * iterations, enough, cancellation)));
        if (margin <= 0)
        {
            // What the rows found with looser bounds is where they go on with tighter ones.
            wider = LinearBoundPropagation.Propagate(network, [property.Region], iterations, semantics, plain, cancellation);
            margin = Math.Max(margin, Margin(property.Output, wider.LowerBounds(rows, 0, 2 * iterations, enough, cancellation)));
        }

        // Where the property is proved, the next region is wider than this one.
        if (margin > 0) wider = known;
        return (margin, "optimised linear bounds");
    }

    /// <summary>By how much every conjunction is missed in one of its constraints, at least, rounded down.</summary>
    /// <param name="property">The property.</param>
    /// <param name="minima">For every constraint of every conjunction, a lower bound of its left-hand side.</param>
    private double Margin(OutputProperty property, double[] minima)
    {
        var (margin, next) = (double.PositiveInfinity, 0);
        foreach (var violation in property.Violations)
        {
            var missed = double.NegativeInfinity;
            foreach (var constraint in violation.Constraints)
                missed = Math.Max(missed, Math.BitDecrement(minima[next++] - constraint.Bound));
            margin = Math.Min(margin, missed);
        }

        return question.LeastMargin == 0 ? margin : Math.BitDecrement(margin - question.LeastMargin);
    }
}
