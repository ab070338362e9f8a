using System.Collections.Immutable;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Reachability;

/// <summary>{y : d·y ≤ h(d) for every direction d} within a box.</summary>
public sealed class OutputPolytope : OutputSet
{
    private readonly OutputBox box;
    private readonly double[] directions;
    private readonly Lazy<double> volume;

    /// <summary>Creates a polytope.</summary>
    /// <param name="box">The box that it lies in.</param>
    /// <param name="directions">Directions × outputs.</param>
    /// <param name="limits">The largest value along every direction.</param>
    /// <exception cref="ArgumentException">There is not a limit for every direction, or a number is not finite.</exception>
    public OutputPolytope(OutputBox box, ReadOnlySpan<double> directions, ReadOnlySpan<double> limits)
    {
        if (directions.Length != limits.Length * box.Size) throw new ArgumentException($"{directions.Length} numbers are no {limits.Length} directions of {box.Size} outputs.", nameof(directions));
        (this.box, this.directions, Limits) = (box, directions.ToArray(), [.. limits]);
        if (!this.directions.Concat(Limits).All(double.IsFinite)) throw new ArgumentException("The directions and limits of a polytope are finite.", nameof(directions));
        volume = new(Volume);
    }

    /// <summary>The directions: directions × outputs.</summary>
    public ReadOnlySpan<double> Directions => directions;

    /// <summary>The largest value along every direction.</summary>
    public ImmutableArray<double> Limits { get; }

    /// <inheritdoc/>
    public override int Size => box.Size;

    /// <inheritdoc/>
    /// <remarks>
    /// That of one or two outputs is its own; of more, the product of areas of the polygons that pairs of outputs make, where these are smaller than
    /// boxes, and of widths.
    /// </remarks>
    public override double LogVolume => volume.Value;

    /// <inheritdoc/>
    public override bool HasExactVolume => Size <= 2;

    /// <summary>What two outputs show of the polytope: the polygon of the directions in which no others count.</summary>
    /// <exception cref="ArgumentException">There are no such outputs, or they are the same.</exception>
    public Polygon Polygon(int across, int up)
    {
        var sides = new List<HalfPlane>();
        for (var i = 0; i < Limits.Length; i++)
        {
            var direction = directions.AsSpan(i * Size, Size);
            var (x, y) = (direction[across], direction[up]);
            if (direction.Length - direction.Count(0) == (x != 0 ? 1 : 0) + (y != 0 ? 1 : 0) && (x, y) != (0, 0)) sides.Add(new(x, y, Limits[i]));
        }

        return Reachability.Polygon.Of((Ranges[across], Ranges[up]), sides);
    }

    /// <inheritdoc/>
    protected override bool MayContain(ReadOnlySpan<double> output)
    {
        if (!box.Contains(output)) return false;
        for (var i = 0; i < Limits.Length; i++)
        {
            if (Exceeds(directions.AsSpan(i * Size, Size), output, Limits[i])) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    protected override double SupportAlong(ReadOnlySpan<double> direction)
    {
        var known = box.Support(direction);
        for (var i = 0; i < Limits.Length; i++)
        {
            if (directions.AsSpan(i * Size, Size).SequenceEqual(direction)) return Math.Min(known, Limits[i]);
        }

        var program = new LinearProgramBuilder();
        for (var k = 0; k < Size; k++) program.Variable(box.Lower[k], box.Upper[k], -direction[k]);
        for (var i = 0; i < Limits.Length; i++)
        {
            var (terms, first) = (new List<Term>(), i * Size);
            for (var k = 0; k < Size; k++)
            {
                if (directions[first + k] != 0) terms.Add(new(k, directions[first + k]));
            }

            program.AtMost([.. terms], Limits[i]);
        }

        var built = program.Build();
        var duals = new ManagedSolver().Solve(built).RowDuals;
        return duals.Length == built.RowCount ? Math.Min(known, -SafeBound.LowerBound(built, duals)) : known;
    }

    private double Volume()
    {
        var logs = Ranges.Select(range => Logarithms.Up(Logarithms.Width(range))).ToArray();
        if (logs.Contains(double.NegativeInfinity)) return double.NegativeInfinity;
        var pairs = new List<(int I, int J, double Log)>();
        for (var i = 0; i < Size; i++)
        {
            for (var j = i + 1; j < Size; j++) pairs.Add((i, j, Logarithms.Up(Polygon(i, j).Area)));
        }

        // The set lies in the product of what it shows of disjoint groups of outputs.
        var (factors, free) = (new List<double>(), Enumerable.Repeat(true, Size).ToArray());
        foreach (var (i, j, log) in pairs.OrderBy(pair => pair.Log - logs[pair.I] - logs[pair.J]).Where(pair => pair.Log < logs[pair.I] + logs[pair.J]))
        {
            if (!free[i] || !free[j]) continue;
            (free[i], free[j]) = (false, false);
            factors.Add(log);
        }

        return Logarithms.Sum(factors.Concat(Enumerable.Range(0, Size).Where(i => free[i]).Select(i => logs[i])));
    }
}
