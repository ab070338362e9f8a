using System.Collections.Immutable;
using System.Runtime.InteropServices;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Search;

/// <summary>Divides the input box: of few inputs, each half is soon small enough for plain bounds.</summary>
/// <remarks>
/// Requires a box. The bounds of the property are linear functions of the input: they tell which input to halve (the one
/// along which they vary most, all constraints of a violation together), and cut off what cannot violate the property. Complete
/// but for parts that hold a single float32 number in every input.
/// Source: Wang et al. 2018, arXiv 1804.10829 (smear); clipping by linear bounds is constraint propagation.
/// </remarks>
internal sealed class InputSplitting : IBranching<InputPart>
{
    // What a cut is moved outwards by, relative to the terms that lead to it: far more than they round.
    private const double Rounding = 1e-12;

    // Halving so few inputs divides well whatever the network; more than the last of these divides faster than the bounds
    // improve. Between them the signs of ReLUs' inputs are better divided, unless each depends on few inputs itself.
    private const int FewInputs = 12;
    private const int ManyInputs = 32;
    private const int MostInputs = 100;

    // Steps by which the slopes of the property's rows are optimised: few pay, for every part.
    private const int Iterations = 4;

    // What relaxations lose along an input, as far as its smear over all paths tells, counts so much beside what the line varies.
    private const double Loss = 0.5;

    // What an input counts that nothing seems to depend on.
    private const double LeastSmear = 1e-200;

    private readonly Network network;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly bool tells;

    /// <param name="network">The network that the property is posed on.</param>
    /// <param name="property">The property, over a box.</param>
    /// <param name="leastMargin">By how much it must hold of the network.</param>
    /// <param name="tells">Whether the lines that prove something are kept.</param>
    public InputSplitting(Network network, Property property, double leastMargin, bool tells = false)
    {
        (this.network, this.property, this.leastMargin, this.tells) = (network, property, leastMargin, tells);
        Root = new InputPart([.. property.Region.Lower], [.. property.Region.Upper], [.. Enumerable.Range(0, property.Output.Violations.Length)]);
    }

    public InputPart Root { get; }

    /// <summary>True for boxes in which so few inputs vary that halving them is the best way to divide.</summary>
    /// <param name="known">Bounds over the property's region.</param>
    public static bool Suits(LinearBoundPropagation known)
    {
        var (network, region) = (known.Bounds.Network, known.Bounds.Regions[0]);
        var varying = Varying(region);
        if (!region.IsBox || varying > MostInputs) return false;
        if (varying <= FewInputs) return true;
        var hasOnlySigns = network.Nodes.All(node => node is InputNode or AffineNode or ElementwiseNode { Activation: ReLU });
        return hasOnlySigns ? Participating(known.Bounds) <= FewInputs : varying <= ManyInputs;
    }

    /// <summary>True for boxes in which not too many inputs vary to halve them where there is no better way.</summary>
    /// <param name="region">The property's region.</param>
    public static bool IsPossible(InputRegion region) => region.IsBox && Varying(region) <= MostInputs;

    public InputPart? Resume(OpenPart open) => open.Cuts.IsEmpty ? new([.. open.Lower], [.. open.Upper], open.Violations) : null;

    public int BatchSize => 32;

    public Bounded<InputPart>[] Bound(ReadOnlySpan<InputPart> parts, CancellationToken cancellation)
    {
        var regions = ImmutableArray.CreateBuilder<InputRegion>(parts.Length);
        var (coefficients, regionOf, enough) = (new List<double>(), new List<int>(), new List<double>());
        for (var i = 0; i < parts.Length; i++)
        {
            regions.Add(InputRegion.Box(parts[i].Lower, parts[i].Upper));
            foreach (var constraint in parts[i].Violations.SelectMany(violation => property.Output.Violations[violation].Constraints))
            {
                coefficients.AddRange(constraint.Coefficients);
                regionOf.Add(i);
                enough.Add(constraint.Bound + leastMargin);
            }
        }

        var propagation = LinearBoundPropagation.Propagate(network, regions.MoveToImmutable(), 0, property.Semantics, null, tells, cancellation);
        var lines = propagation.LinearLowerBounds([.. coefficients], [.. regionOf], Iterations, [.. enough], cancellation);
        var results = new Bounded<InputPart>[parts.Length];
        var first = 0;
        var size = network.Output.Size;
        var (magnitudes, intervals) = (new double[parts.Length * size], new double[regionOf.Count]);
        for (var row = 0; row < regionOf.Count; row++)
        {
            var a = CollectionsMarshal.AsSpan(coefficients).Slice(row * size, size);
            var at = regionOf[row] * size;
            for (var k = 0; k < size; k++) magnitudes[at + k] += Math.Abs(a[k]);

            // Where functions jump, the interval of the outputs may tell more than lines do; of what may be undefined, none tells anything.
            intervals[row] = double.IsNegativeInfinity(lines.Constants[row]) ? double.NegativeInfinity : Concretization.MinimumInBox(
                a, propagation.Bounds.Lower(network.Output).Slice(at, size), propagation.Bounds.Upper(network.Output).Slice(at, size));
        }

        var overall = Smear.Of(propagation.Bounds, magnitudes);
        for (var i = 0; i < parts.Length; i++)
            results[i] = Conclude(parts[i], lines, intervals, overall.AsSpan(i * network.Input.Size, network.Input.Size), ref first);
        return results;
    }

    private static int Varying(InputRegion region)
    {
        var varying = 0;
        for (var j = 0; j < region.Size; j++) varying += region.Lower[j] < region.Upper[j] ? 1 : 0;
        return varying;
    }

    /// <summary>
    /// How many inputs the argument of a ReLU depends on that only inputs are added up in: the mean of (Σ|wⱼ|rⱼ)² / Σ(wⱼrⱼ)² over
    /// those that may have either sign.
    /// </summary>
    private static double Participating(NodeBounds bounds)
    {
        var (sum, count) = (0.0, 0);
        var left = bounds.Lower(bounds.Network.Input);
        var right = bounds.Upper(bounds.Network.Input);
        var row = new double[left.Length];
        foreach (var node in bounds.Network.Nodes.OfType<ElementwiseNode>())
        {
            if (node.Source is not AffineNode affine || affine.Sources.Any(source => source is not InputNode)) continue;
            var low = bounds.Lower(affine);
            var high = bounds.Upper(affine);
            for (var i = 0; i < affine.Size; i++)
            {
                if (!(low[i] < 0 && high[i] > 0)) continue;
                Array.Clear(row);
                foreach (var term in affine.Terms) term.Map.AccumulateRow(i, row);
                var (total, squares) = (0.0, 0.0);
                for (var j = 0; j < row.Length; j++)
                {
                    var reach = Math.Abs(row[j]) * (right[j] - left[j]);
                    total += reach;
                    squares += reach * reach;
                }

                sum += total * total / squares;
                count++;
            }
        }

        return count == 0 ? left.Length : sum / count;
    }

    /// <summary>What the lines of a part say; the first is the line of its first constraint, and is moved on to the next part's.</summary>
    private Bounded<InputPart> Conclude(InputPart part, InputLines lines, double[] intervals, ReadOnlySpan<double> overall, ref int first)
    {
        var (margin, left) = (double.PositiveInfinity, ImmutableArray.CreateBuilder<int>());
        var (lower, upper) = (Repeat(double.PositiveInfinity), Repeat(double.NegativeInfinity));
        var smears = new double[network.Input.Size];
        var (excluding, cutting) = (ImmutableArray.CreateBuilder<ViolationRow>(), ImmutableArray.CreateBuilder<ViolationRow>());
        var (worst, worstLine) = (double.PositiveInfinity, -1);
        foreach (var violation in part.Violations)
        {
            var constraints = property.Output.Violations[violation].Constraints;
            var (missed, closest) = (double.NegativeInfinity, first);
            for (var k = 0; k < constraints.Length; k++)
            {
                var minimum = Concretization.MinimumInBox(lines.Gradient(first + k), part.Lower, part.Upper);
                var bound = Math.Max(Math.BitDecrement(minimum + lines.Constants[first + k]), intervals[first + k]);
                var excess = Math.BitDecrement(Math.BitDecrement(bound - constraints[k].Bound) - leastMargin);
                if (excess > missed) (missed, closest) = (excess, first + k);
            }

            var most = missed;
            if (missed <= 0)
            {
                left.Add(violation);
                var (cutLower, cutUpper) = ((double[])part.Lower.Clone(), (double[])part.Upper.Clone());
                var isEmpty = false;
                for (var k = 0; k < constraints.Length && !isEmpty; k++)
                    isEmpty = !Cut(lines.Gradient(first + k), lines.Constants[first + k], constraints[k].Bound + leastMargin, cutLower, cutUpper);
                if (isEmpty)
                {
                    left.RemoveAt(left.Count - 1);
                    missed = double.Epsilon;
                }
                else
                {
                    for (var j = 0; j < smears.Length; j++)
                    {
                        (lower[j], upper[j]) = (Math.Min(lower[j], cutLower[j]), Math.Max(upper[j], cutUpper[j]));
                        for (var k = 0; k < constraints.Length; k++) smears[j] += Math.Abs(lines.Gradient(first + k)[j]) / constraints.Length;
                    }

                    if (missed < worst) (worst, worstLine) = (missed, closest);
                }
            }

            // One row excludes a violation, or several together do by what each cuts off.
            if (tells)
            {
                for (var k = 0; k < constraints.Length; k++)
                {
                    var row = ViolationRow.Of(violation, k, constraints.Length, lines.Told[first + k]);
                    if (most > 0 ? first + k == closest : missed > 0) excluding.Add(row);
                    else if (missed <= 0) cutting.Add(row);
                }
            }

            margin = Math.Min(margin, missed);
            first += constraints.Length;
        }

        if (left.Count == 0) return new(margin, null, []) { Rows = excluding.DrainToImmutable() };
        var isCut = !lower.AsSpan().SequenceEqual(part.Lower) || !upper.AsSpan().SequenceEqual(part.Upper);
        if (isCut) excluding.AddRange(cutting);

        // What a line no longer depends on may still loosen it: relaxations do not cancel as derivatives do. A jump has no derivative.
        var (sum, total) = (smears.Sum(), 0.0);
        foreach (var smear in overall) total += smear;
        for (var j = 0; j < smears.Length && total > 0 && double.IsFinite(total); j++) smears[j] += Loss * overall[j] / total * sum;

        var candidate = worstLine < 0 ? null : Corner(lines.Gradient(worstLine), lower, upper);
        return new(margin, candidate, Halve(lower, upper, smears, left.ToImmutable())) { Rows = excluding.DrainToImmutable() };
    }

    /// <summary>Cuts off a box what g·x + c ≤ b excludes; false where that is all of it.</summary>
    private static bool Cut(ReadOnlySpan<double> g, double c, double b, double[] lower, double[] upper)
    {
        if (!double.IsFinite(b - c)) return true;
        var (least, size) = (c, Math.Abs(b) + Math.Abs(c));
        for (var j = 0; j < g.Length; j++)
        {
            least += g[j] * (g[j] > 0 ? lower[j] : upper[j]);
            size += Math.Abs(g[j]) * Math.Max(Math.Abs(lower[j]), Math.Abs(upper[j]));
        }

        // How far the left-hand side may rise above its least value.
        var room = b - least + Rounding * size;
        if (double.IsNaN(room)) return true;
        if (room < 0) return false;
        for (var j = 0; j < g.Length; j++)
        {
            if (g[j] == 0 || !(Math.Abs(g[j]) * (upper[j] - lower[j]) > room)) continue;
            var reach = room / Math.Abs(g[j]) * (1 + Rounding) + Rounding * Math.Max(Math.Abs(lower[j]), Math.Abs(upper[j]));
            if (g[j] > 0) upper[j] = Math.Min(upper[j], lower[j] + reach);
            else lower[j] = Math.Max(lower[j], upper[j] - reach);
        }

        return true;
    }

    private static ImmutableArray<Division<InputPart>> Halve(double[] lower, double[] upper, double[] smears, ImmutableArray<int> violations)
    {
        var (best, most) = (-1, 0.0);
        for (var j = 0; j < smears.Length; j++)
        {
            var middle = lower[j] / 2 + upper[j] / 2;
            if (!((float)lower[j] < (float)upper[j]) || !(middle > lower[j] && middle < upper[j])) continue;
            var smear = (smears[j] > 0 ? smears[j] : LeastSmear) * (upper[j] - lower[j]);
            if (smear > most) (best, most) = (j, smear);
        }

        if (best < 0) return [];
        var (left, right) = ((double[])upper.Clone(), (double[])lower.Clone());
        var at = left[best] = right[best] = lower[best] / 2 + upper[best] / 2;
        return [new(new Cut(0, best, at), new InputPart(lower, left, violations), new InputPart(right, upper, violations))];
    }

    /// <summary>The float32 input of a box at which g·x is least.</summary>
    private float[]? Corner(ReadOnlySpan<double> g, double[] lower, double[] upper)
    {
        var (least, most) = property.Region.Representable;
        var x = new float[g.Length];
        for (var j = 0; j < x.Length; j++) x[j] = Math.Clamp((float)(g[j] >= 0 ? lower[j] : upper[j]), least[j], most[j]);
        var outputs = Evaluation<double>.Of(network, Array.ConvertAll(x, value => (double)value), 1)[network.Output];
        return property.Output.IsViolatedBy(outputs.ToArray()) ? x : null;
    }

    private double[] Repeat(double value)
    {
        var values = new double[network.Input.Size];
        Array.Fill(values, value);
        return values;
    }
}

/// <summary>A box, and the violations that are not excluded in it.</summary>
/// <param name="Lower">Lower ends.</param>
/// <param name="Upper">Upper ends.</param>
/// <param name="Violations">Indices of the property's violations.</param>
internal sealed record InputPart(double[] Lower, double[] Upper, ImmutableArray<int> Violations);
