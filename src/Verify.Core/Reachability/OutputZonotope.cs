using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Reachability;

/// <summary>{c + Σ eᵢgᵢ + b : |eᵢ| ≤ 1, |bₖ| ≤ slackₖ}: generators from a center, and a box around all of it.</summary>
public sealed class OutputZonotope : OutputSet
{
    private readonly double[] center, generators, slack;
    private readonly Lazy<(double Log, bool IsExact)> volume;

    /// <summary>Creates a zonotope.</summary>
    /// <param name="center">The center.</param>
    /// <param name="generators">Generators × outputs.</param>
    /// <param name="slack">Half the sides of a box that is added, such as one that covers rounding; none if left out.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, a number is not finite, or a side negative.</exception>
    public OutputZonotope(ReadOnlySpan<double> center, ReadOnlySpan<double> generators, ReadOnlySpan<double> slack = default)
    {
        (this.center, this.generators) = (center.ToArray(), generators.ToArray());
        this.slack = slack.IsEmpty ? new double[center.Length] : slack.ToArray();
        if (center.IsEmpty || generators.Length % center.Length != 0 || this.slack.Length != center.Length)
            throw new ArgumentException($"A centre of {center.Length}, {generators.Length} numbers of generators and {this.slack.Length} sides make no zonotope.", nameof(generators));
        if (!this.center.Concat(this.generators).Concat(this.slack).All(double.IsFinite) || this.slack.Any(side => side < 0))
            throw new ArgumentException("The numbers of a zonotope are finite, and its sides not negative.", nameof(generators));
        volume = new(() => ZonotopeVolume.Of(this.generators, this.slack));
    }

    /// <summary>The center.</summary>
    public ReadOnlySpan<double> Center => center;

    /// <summary>The generators: generators × outputs.</summary>
    public ReadOnlySpan<double> Generators => generators;

    /// <summary>Half the sides of the box that is added.</summary>
    public ReadOnlySpan<double> Slack => slack;

    /// <inheritdoc/>
    public override int Size => center.Length;

    /// <inheritdoc/>
    public override double LogVolume => volume.Value.Log;

    /// <inheritdoc/>
    public override bool HasExactVolume => volume.Value.IsExact;

    /// <summary>The corners of its image in the plane of two outputs, counterclockwise, rounded to nearest.</summary>
    public IReadOnlyList<(double X, double Y)> Corners(int across, int up)
    {
        var sides = new List<(double X, double Y)> { (slack[across], 0), (0, slack[up]) };
        for (var at = 0; at < generators.Length; at += Size) sides.Add((generators[at + across], generators[at + up]));
        // Upwards, from the right to the left, and down again.
        var upwards = sides.Where(side => side != (0, 0)).Select(side => side.Y < 0 || (side.Y == 0 && side.X < 0) ? (X: -side.X, Y: -side.Y) : side).OrderBy(side => Math.Atan2(side.Y, side.X)).ToArray();
        var (x, y) = (center[across] - upwards.Sum(side => side.X), center[up] - upwards.Sum(side => side.Y));
        var corners = new List<(double, double)> { (x, y) };
        foreach (var side in upwards) corners.Add((x += 2 * side.X, y += 2 * side.Y));
        foreach (var side in upwards) corners.Add((x -= 2 * side.X, y -= 2 * side.Y));
        if (corners.Count > 1) corners.RemoveAt(corners.Count - 1);
        return corners;
    }

    /// <inheritdoc/>
    protected override double SupportAlong(ReadOnlySpan<double> direction)
    {
        var (sum, magnitude) = (0.0, 0.0);
        for (var k = 0; k < direction.Length; k++)
        {
            sum += direction[k] * center[k];
            magnitude += Math.Abs(direction[k] * center[k]);
        }

        var reach = Reduction.AbsDot(direction, slack);
        for (var at = 0; at < generators.Length; at += direction.Length)
        {
            var along = 0.0;
            for (var k = 0; k < direction.Length; k++)
            {
                along += direction[k] * generators[at + k];
                magnitude += Math.Abs(direction[k] * generators[at + k]);
            }

            reach += Math.Abs(along);
        }

        var terms = generators.Length / direction.Length + direction.Length + 4;
        return Rounding.Up(sum + reach + Rounding.SumError(2 * terms, magnitude + reach));
    }

    /// <remarks>
    /// A linear program looks for multipliers of the generators that make the point. Where it finds none, its duals are a direction along which
    /// the point is further out than all of the zonotope, and only that counts.
    /// </remarks>
    protected override bool MayContain(ReadOnlySpan<double> output)
    {
        foreach (var value in output)
        {
            if (!double.IsFinite(value)) return false;
        }

        return !IsBeyond(output);
    }

    private bool IsBeyond(ReadOnlySpan<double> output)
    {
        var (program, rows) = (new LinearProgramBuilder(), new List<Term>[Size]);
        for (var k = 0; k < Size; k++)
            rows[k] = [new(program.Variable(atLeast: 0, cost: 1), 1), new(program.Variable(atLeast: 0, cost: 1), -1), new(program.Variable(-1, 1), slack[k])];
        for (var at = 0; at < generators.Length; at += Size)
        {
            var multiplier = program.Variable(-1, 1);
            for (var k = 0; k < Size; k++) rows[k].Add(new(multiplier, generators[at + k]));
        }

        for (var k = 0; k < Size; k++) program.Equal([.. rows[k]], output[k] - center[k]);
        var duals = new ManagedSolver().Solve(program.Build()).RowDuals;
        return duals.Length == Size && Exceeds(duals, output, Support(duals));
    }
}
