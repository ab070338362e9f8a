using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>What a search over parts of the region ended with.</summary>
/// <param name="Lower">The largest norm at a point strictly inside a region, rounded down.</param>
/// <param name="Upper">A bound of the Lipschitz constant.</param>
/// <param name="Closed">A bound of the norms over all closed activation regions, of lower dimension too.</param>
/// <param name="Strict">The largest norm at a point where no neuron is at zero.</param>
/// <param name="Witness">The point of the lower bound.</param>
/// <param name="Parts">Parts that were bounded.</param>
/// <param name="Complete">Whether nothing is open.</param>
/// <param name="Proof">Why the upper bound holds, where that is kept.</param>
internal sealed record RegionResult(double Lower, double Upper, double? Closed, double? Strict, double[] Witness, int Parts, bool Complete, LipschitzPart? Proof = null);

/// <summary>The exact Lipschitz constant of a chain of ReLUs or LeakyReLUs over a box or a ball, by branch and bound over its activation regions.</summary>
/// <remarks>
/// <para>
/// A part fixes the signs of neurons in the order of the layers; then the input of the next neuron is an affine function of x over a
/// polytope. Where that has one sign there, so has the neuron; otherwise there are two parts. A part is bounded by lines
/// (<see cref="GatedJacobian"/>), the worst is divided first. Where all signs are fixed, J is known. Of a ball the polytope is what
/// half-spaces around it leave of its box: one more wherever a vertex lies outside of the ball and matters.
/// </para>
/// <para>
/// Only regions with interior count for the Lipschitz constant: a closed region that is flat has no gradient of its own. A part whose
/// least value of a neuron is within rounding of zero may be flat on that side; it counts for the upper bound unless exact arithmetic
/// shows that it is flat (<see cref="FlatSide"/>), and not for the lower one. Sound: a side is dropped only by a proved bound of the
/// linear program, over half-spaces widened by the rounding of their coefficients; a lower bound needs a point whose signs are
/// certain. Complete, up to ties that exact arithmetic does not decide. Deterministic.
/// Sources: Bhowmick et al. 2021, arXiv 2105.05495 (LipBaB); Couellan, Jan and Sbihi 2026, EJOR 331 (strict and closed regions).
/// </para>
/// </remarks>
internal sealed class RegionSearch
{
    // As a part of a function's reach over the box: nearer to zero than that is a tie.
    private const double Tie = 1e-9;

    // Half-spaces that are put around a ball for one side of one neuron.
    private const int MostCuts = 40;

    private readonly SignedChain neurons;
    private readonly Problem problem;
    private readonly GatedJacobian jacobian;
    private readonly Norm boundNorm;
    private readonly Polytope polytope;
    private readonly BallSupport? ball;
    private readonly int inputs;
    private readonly double[][] low, high; // slopes of the part at hand
    private readonly double slack; // what rounding adds to a norm
    private double lower, strict, settled, flat;
    private double[] witness = [];

    private RegionSearch(Problem problem, DenseChain chain)
    {
        (this.problem, neurons) = (problem, new SignedChain(chain, problem.Region!));
        inputs = chain.Layers[0].Columns;
        jacobian = new GatedJacobian(chain, transposed: problem.Norm == Norm.L1);
        boundNorm = problem.Norm == Norm.L2 ? Norm.L2 : Norm.Linf;
        (polytope, ball) = (new Polytope(problem.Region!), BallSupport.Of(problem.Region!));
        low = [.. chain.LowerSlopes.Select(slopes => new double[slopes.Length])];
        high = [.. chain.LowerSlopes.Select(slopes => new double[slopes.Length])];
        slack = 4 * MatrixNorm.OfMagnitudes(jacobian.MatrixError, jacobian.Rows, jacobian.Columns, boundNorm);
    }

    private enum Kind
    {
        /// <summary>With interior.</summary>
        Full,

        /// <summary>Perhaps flat.</summary>
        Unresolved,

        /// <summary>Flat: of no account for the Lipschitz constant.</summary>
        Flat,
    }

    /// <summary>True where the search applies: a chain of functions of two lines that meet at zero, over a box or a ball.</summary>
    public static bool Applies(Problem problem) =>
        problem is { Region: { } region, Chain: { Functions.Length: > 0 } chain }
        && chain.Functions.All(function => SignedChain.SlopesOf(function.Activation) is not null) && !region.Radii.Contains(0.0);

    /// <summary>Searches until the bounds agree or the budget ends.</summary>
    /// <param name="problem">A problem to which the search applies.</param>
    /// <param name="parts">How many parts may be bounded.</param>
    /// <param name="lower">A lower bound that is known.</param>
    /// <param name="cancellation">Ends the search with what is known.</param>
    public static RegionResult Run(Problem problem, int parts, double lower, CancellationToken cancellation) =>
        new RegionSearch(problem, problem.Chain!).Run(parts, lower, cancellation);

    private RegionResult Run(int parts, double known, CancellationToken cancellation)
    {
        lower = known;
        var open = new PriorityQueue<Part, (double, int)>();
        var root = new Part(neurons.SignsOver(problem.Bounds!), null, null, Middle(), Kind.Full, false, double.PositiveInfinity) { Record = problem.Tells ? new PartRecord { Whole = new JacobianPart() } : null };
        var (bounded, number) = (0, 0);
        Consider(root);
        while (open.Count > 0 && bounded < parts && !cancellation.IsCancellationRequested)
        {
            var part = open.Dequeue();
            if (IsSettled(part)) Settle(part);
            else Divide(part);
        }

        var complete = open.Count == 0;
        foreach (var (part, _) in open.UnorderedItems) Settle(part);
        var upper = Math.Max(lower, settled);
        return new RegionResult(lower, upper, Math.Max(upper, flat), strict, witness, bounded, complete, root.Record?.Best().Part);

        void Consider(Part part)
        {
            bounded++;
            var own = Bound(part);
            var bound = Math.Min(part.Bound, own);
            if (part is { Record: { } record, Kind: not Kind.Flat }) record.Bound = own;
            part = part with { Bound = bound };
            if (IsSettled(part)) Settle(part);
            else if (part.Signs.AsSpan().Contains((sbyte)0)) open.Enqueue(part, (-bound, number++));
            else Finish(part);
        }

        void Divide(Part part)
        {
            foreach (var child in Children(part)) Consider(child);
        }
    }

    private bool IsSettled(Part part) => part.Kind == Kind.Flat
        ? part.Bound <= Math.Max(flat, Math.Max(lower, settled))
        : part.Bound <= lower + Math.Max(slack, 1e-11 * lower);

    private void Settle(Part part)
    {
        if (part.Kind == Kind.Flat) flat = Math.Max(flat, part.Bound);
        else settled = Math.Max(settled, part.Bound);
    }

    /// <summary>A part whose signs are all fixed: its norm is known, and a point inside proves it.</summary>
    private void Finish(Part part)
    {
        Settle(part);
        if (part.Kind == Kind.Flat) return;
        var (rows, columns) = (jacobian.Rows, jacobian.Columns);
        neurons.SetSlopes(part.Signs, low, high);
        jacobian.Propagate(low, high, refine: false);
        var (center, error) = (new double[rows * columns], new double[rows * columns]);
        for (var i = 0; i < center.Length; i++)
        {
            center[i] = jacobian.Lower[i] / 2 + jacobian.Upper[i] / 2;
            error[i] = Rounding.Up(Math.Max(jacobian.Upper[i] - center[i], center[i] - jacobian.Lower[i]));
        }

        var norm = Rounding.Down(MatrixNorm.Lower(center, rows, columns, boundNorm) - MatrixNorm.OfMagnitudes(error, rows, columns, boundNorm));
        if (norm <= lower && (part.HasIdle || norm <= strict)) return;
        var point = part.Interior;
        if (point is null || !IsInside(point, part.Signs))
        {
            point = Inside(part);
            if (point is null || !IsInside(point, part.Signs)) return;
        }

        if (!part.HasIdle) strict = Math.Max(strict, norm);
        if (norm <= lower) return;
        (lower, witness) = (norm, point);
    }

    /// <summary>The two sides of the next neuron that has two, or the part with all further signs fixed; none where it is empty.</summary>
    private List<Part> Children(Part part)
    {
        var children = new List<Part>(2);
        var record = part.Kind == Kind.Flat ? null : part.Record;
        var signs = (sbyte[])part.Signs.Clone();
        var layer = neurons.LayerOf(Array.IndexOf(signs, (sbyte)0));
        var (forms, constants) = neurons.Forms(signs, layer);
        var last = part.Last; // and half-spaces around the ball
        var entered = polytope.Enter(last, part.Vertex);
        var hasIdle = part.HasIdle;
        foreach (var i in neurons.Order(signs, layer, forms))
        {
            var normal = forms.AsSpan(i * inputs, inputs);
            var (constant, error) = (constants[i], neurons.Errors[layer][i]);
            var at = neurons.Starts[layer] + i;
            if (normal.IndexOfAnyExcept(0.0, -0.0) < 0 && Math.Abs(constant) <= error)
            {
                // At zero wherever the part is: its slope multiplies nothing.
                (signs[at], hasIdle) = (-1, true);
                record?.Show(at, isPositive: false, []);
                continue;
            }

            var reach = Math.Abs(constant);
            for (var j = 0; j < inputs; j++) reach += Math.Abs(normal[j]) * Math.Max(Math.Abs(problem.Region!.Lower[j]), Math.Abs(problem.Region.Upper[j]));
            var below = SideBelow(normal, constant, error, reach, entered, part, ref last);
            if (below.Kind is null)
            {
                signs[at] = 1;
                record?.Show(at, isPositive: true, Multipliers(normal, constant - error, last));
                continue;
            }

            var negated = Array.ConvertAll(normal.ToArray(), value => -value);
            var above = SideBelow(negated, -constant, error, reach, entered, part, ref last);
            if (above.Kind is null)
            {
                signs[at] = -1;
                record?.Show(at, isPositive: false, Multipliers(negated, -constant - error, last));
                continue;
            }

            // a·x + c ≤ 0 but for the error of a and c.
            Add(-1, below, normal.ToArray(), error - constant, above.Point);
            Add(1, above, negated, error + constant, below.Point);
            record?.Divide(children[0].Record!, children[1].Record!, (negative, positive) => new SignCut(at, negative, positive));
            return children;

            void Add(int sign, Side side, double[] row, double bound, double[] other)
            {
                var kind = (Kind)Math.Max((int)part.Kind, (int)side.Kind!);
                if (kind == Kind.Unresolved && part.Kind == Kind.Full && FlatSide.IsFlat(neurons.Chain, problem.Region!, neurons.Slopes, signs, layer, i, sign, side.Vertex, HalfSpaces(last))) kind = Kind.Flat;
                var own = (sbyte[])signs.Clone();
                own[at] = (sbyte)sign;
                children.Add(new Part(
                    own,
                    new HalfSpace(row, Rounding.Up(bound), last, at, sign),
                    side.Vertex,
                    part.Interior is { } interior && kind == Kind.Full ? Between(interior, side, row, -constant * -sign) : null,
                    kind,
                    hasIdle,
                    part.Bound)
                { Record = record is null ? null : Record(kind == Kind.Flat ? side.Vertex : null, last) });
            }
        }

        children.Add(part with { Signs = signs, HasIdle = hasIdle, Last = last });
        return children;
    }

    /// <summary>The side of a part where a·x + c is not positive: nothing where it is proved to be empty.</summary>
    private Side SideBelow(ReadOnlySpan<double> normal, double constant, double error, double reach, bool entered, Part part, ref HalfSpace? last)
    {
        if (!entered) return new Side(Kind.Unresolved, [], null, 0);
        var point = new double[inputs];
        for (var cuts = 0; ; cuts++)
        {
            var reached = polytope.Minimize(normal, point);
            var value = constant + Reduction.Dot(normal, point);
            var isBelow = value < -Tie * reach;
            if (isBelow && (ball is null || ball.Contains(point))) return new Side(Kind.Full, point, polytope.Vertex, value);
            if (isBelow && part.Interior is { } interior && ball!.Contains(interior))
            {
                var border = ball.Exit(interior, point);
                var there = constant + Reduction.Dot(normal, border);
                if (there < -Tie * reach) return new Side(Kind.Full, border, polytope.Vertex, there);
            }

            if (Rounding.Down(polytope.SafeMinimum(normal) + constant) > error) return default;
            if (!isBelow || cuts == MostCuts) return new Side(Kind.Unresolved, point, reached && !isBelow ? polytope.Vertex : null, value);
            last = ball!.Cut(point, last);
            if (!polytope.Enter(last, polytope.Vertex)) return new Side(Kind.Unresolved, point, null, value);
        }
    }

    /// <summary>The multipliers that show a function just now to be positive on a part, in float32 where that suffices.</summary>
    private ImmutableArray<double> Multipliers(ReadOnlySpan<double> normal, double constant, HalfSpace? last)
    {
        var exact = polytope.Multipliers.ToArray();
        foreach (ref var multiplier in polytope.Multipliers) multiplier = (float)multiplier;
        var shown = polytope.SafeMinimum(normal) > -constant ? polytope.Multipliers.ToArray() : exact;

        // The half-spaces around a ball are no part of a proof, which knows the ball.
        var ofSigns = HalfSpaces(last).Zip(shown).Where(pair => pair.First.Neuron >= 0).Select(pair => pair.Second).ToArray();
        return [.. ofSigns[..(ofSigns.AsSpan().LastIndexOfAnyExcept(0.0) + 1)]];
    }

    /// <summary>What is kept of a new part: nothing to be bounded where it is flat, as its vertex shows.</summary>
    private PartRecord Record(int[]? vertex, HalfSpace? last)
    {
        if (vertex is null) return new PartRecord { Whole = new JacobianPart() };
        var (ends, meeting, halfSpaces) = (new int[inputs], new List<int>(), HalfSpaces(last));
        foreach (var entry in vertex)
        {
            if (entry / 2 < inputs) ends[entry / 2] = entry % 2 == 0 ? -1 : 1;
            else meeting.Add(halfSpaces.Take(entry / 2 - inputs).Count(one => one.Neuron >= 0));
        }

        return new PartRecord { Whole = new FlatPart([.. meeting.Order()], [.. ends]), Bound = double.NegativeInfinity };
    }

    /// <summary>From an interior point towards a vertex, until the function is half as low as there.</summary>
    private static double[] Between(double[] interior, Side side, double[] row, double offset)
    {
        var here = Reduction.Dot(row, interior) - offset;
        var there = side.Value;
        if (here <= there / 2) return interior;
        var share = Math.Clamp(there / 2 / (there - here), 0, 1);
        var point = new double[interior.Length];
        for (var j = 0; j < point.Length; j++) point[j] = side.Point[j] + share * (interior[j] - side.Point[j]);
        return point;
    }

    /// <summary>The middle of vertices, each as far from one half-space as the part goes.</summary>
    private double[]? Inside(Part part)
    {
        if (!polytope.Enter(part.Last, part.Vertex)) return null;
        var (sum, point, count) = (new double[inputs], new double[inputs], 0);
        for (var row = part.Last; row is not null; row = row.Before)
        {
            polytope.Minimize(row.Normal, point);
            for (var j = 0; j < inputs; j++) sum[j] += point[j];
            count++;
        }

        for (var j = 0; j < inputs; j++)
        {
            var direction = new double[inputs];
            foreach (var sign in (ReadOnlySpan<int>)[1, -1])
            {
                direction[j] = sign;
                polytope.Minimize(direction, point);
                for (var k = 0; k < inputs; k++) sum[k] += point[k];
                count++;
            }

            if (inputs > 32 && j >= 8) break;
        }

        for (var j = 0; j < inputs; j++) sum[j] /= count;
        return sum;
    }

    /// <summary>Whether a point lies in the region, and every neuron has its sign there for certain.</summary>
    private bool IsInside(double[] point, sbyte[] signs)
    {
        for (var j = 0; j < inputs; j++)
        {
            if (!(point[j] >= problem.Region!.Lower[j] && point[j] <= problem.Region.Upper[j])) return false;
        }

        return (ball is null || ball.Contains(point)) && neurons.HasSigns(point, signs);
    }

    /// <summary>The half-spaces up to one, in their order.</summary>
    private static List<HalfSpace> HalfSpaces(HalfSpace? last)
    {
        var all = new List<HalfSpace>();
        for (; last is not null; last = last.Before) all.Add(last);
        all.Reverse();
        return all;
    }

    private double Bound(Part part)
    {
        neurons.SetSlopes(part.Signs, low, high);
        jacobian.Propagate(low, high, refine: false);
        var plain = jacobian.Norm(boundNorm, joint: false);
        if (plain <= lower) return plain;
        jacobian.Propagate(low, high, refine: true);
        return Math.Min(plain, jacobian.Norm(boundNorm, joint: true));
    }

    private double[] Middle()
    {
        if (ball is not null)
        {
            var point = problem.Region!.Center.ToArray();
            for (var j = 0; j < inputs; j++) point[j] = Math.Clamp(point[j], problem.Region.Lower[j], problem.Region.Upper[j]);
            return point;
        }

        var middle = new double[inputs];
        for (var j = 0; j < inputs; j++) middle[j] = problem.Region!.Lower[j] / 2 + problem.Region.Upper[j] / 2;
        return middle;
    }

    /// <summary>What is on one side of a neuron's zero.</summary>
    private readonly record struct Side(Kind? Kind, double[] Point, int[]? Vertex, double Value);

    /// <summary>A part of the region.</summary>
    /// <param name="Signs">For every neuron 1, −1, or 0 where it is not fixed.</param>
    /// <param name="Last">The half-spaces.</param>
    /// <param name="Vertex">A vertex in them.</param>
    /// <param name="Interior">A point inside, but for rounding.</param>
    /// <param name="Kind">Whether it has interior.</param>
    /// <param name="HasIdle">Whether a neuron is at zero everywhere in it.</param>
    /// <param name="Bound">A bound of the norm.</param>
    private sealed record Part(sbyte[] Signs, HalfSpace? Last, int[]? Vertex, double[]? Interior, Kind Kind, bool HasIdle, double Bound)
    {
        /// <summary>What is kept of it for a proof.</summary>
        public PartRecord? Record { get; init; }
    }
}
