using RobustVerify.Core.Certificates;
using RobustVerify.Core.Lipschitz.Regions;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Lipschitz constants to a tolerance, by halving the region.</summary>
/// <remarks>
/// Requires a box of few inputs. Returns the largest bound of parts that cover it, so it is sound; every part is bounded by lines for the
/// Jacobian of a chain, or by the gradient network. The part with the largest bound is halved, across the input over which it is widest.
/// At its middle the network is evaluated for a lower bound. Bounds of smooth networks meet as parts shrink, where they are
/// of ReLUs only the activation regions tell more.
/// </remarks>
internal static class InputHalving
{
    // Halving more of them takes too many parts to gain anything.
    private const int MostInputs = 16;
    private const double MostWork = 1 << 25;

    public static bool Applies(Problem problem) => problem is { Region.IsBox: true } && problem.Network.Input.Size <= MostInputs;

    /// <summary>Halves until the bounds agree to the tolerance or the budget ends.</summary>
    /// <param name="problem">A problem to which the search applies.</param>
    /// <param name="parts">How many parts may be bounded.</param>
    /// <param name="tolerance">What may be left between the bounds, as a part of the constant.</param>
    /// <param name="known">A lower bound that is known, and its witness.</param>
    /// <param name="upper">An upper bound that is known, and what proves it.</param>
    /// <param name="cancellation">Ends the search with what is known.</param>
    public static RegionResult Run(
        Problem problem, int parts, double tolerance, (double Lower, double[] Point) known, (double Bound, LipschitzPart? Part) upper, CancellationToken cancellation)
    {
        // Chains are bounded in no time.
        if (problem.Chain is null) parts = (int)Math.Min(parts, MostWork / GradientNetwork.Work(problem.Network));
        var gradients = Enumerable.Range(0, problem.Network.Output.Size).Select(row => Differentiation.Gradient(problem.Network, row)).ToArray();
        var (lower, witness) = known;
        var widths = problem.Region!.Upper.ToArray();
        for (var i = 0; i < widths.Length; i++) widths[i] -= problem.Region.Lower[i];
        var open = new PriorityQueue<(InputRegion Region, double Bound, PartRecord? Record), (double, int)>();
        var root = problem.Tells ? new PartRecord { Whole = upper.Part!, Bound = upper.Bound } : null;
        open.Enqueue((problem.Region, upper.Bound, root), (-upper.Bound, 0));
        var (bounded, largest) = (0, upper.Bound);
        while (bounded < parts && !cancellation.IsCancellationRequested)
        {
            var (region, bound, record) = open.Peek();
            largest = bound;
            if (bound <= lower * (1 + tolerance) || Halves(region) is not var (input, cut, left, right)) break;
            open.Dequeue();
            var halves = new List<PartRecord>(2);
            foreach (var half in (InputRegion[])[left, right])
            {
                var part = new Problem(problem, half);
                var (own, rule) = Bound(part, cancellation);
                halves.Add(new PartRecord { Whole = rule, Bound = own });
                own = Math.Min(bound, own);
                open.Enqueue((half, own, record is null ? null : halves[^1]), (-own, ++bounded));
                var middle = Middle(half);
                if (own > lower && SteepestPoint.Prove(part, gradients, middle) is var proved && proved > lower) (lower, witness) = (proved, middle);
            }

            record?.Divide(halves[0], halves[1], (below, above) => new BoxHalves(input, cut, below, above));
            largest = open.Peek().Bound;
        }

        return new RegionResult(lower, largest, null, null, witness, bounded, largest <= lower * (1 + tolerance), root?.Best().Part);

        (int Input, double At, InputRegion Below, InputRegion Above)? Halves(InputRegion region)
        {
            var (widest, most) = (0, 0.0);
            for (var i = 0; i < widths.Length; i++)
            {
                var width = (region.Upper[i] - region.Lower[i]) / widths[i];
                if (width > most) (widest, most) = (i, width);
            }

            var (low, high) = (region.Lower.ToArray(), region.Upper.ToArray());
            var cut = (double)(float)(low[widest] / 2 + high[widest] / 2);
            if (!(cut > low[widest] && cut < high[widest])) return null;
            (low[widest], high[widest]) = (cut, cut);
            return (widest, cut, InputRegion.Box(region.Lower, high), InputRegion.Box(low, region.Upper));
        }
    }

    private static (double Bound, LipschitzPart Rule) Bound(Problem part, CancellationToken cancellation)
    {
        if (part.Chain is not { } chain) return GradientNetwork.Upper(part, cancellation);
        var jacobian = new GatedJacobian(chain, transposed: part.Norm == Norm.L1);
        jacobian.Propagate(chain.LowerSlopes, chain.UpperSlopes, refine: true);
        return (jacobian.Norm(part.Norm == Norm.L2 ? Norm.L2 : Norm.Linf, joint: true), new JacobianPart());
    }

    private static double[] Middle(InputRegion region)
    {
        var middle = new double[region.Size];
        for (var i = 0; i < middle.Length; i++)
        {
            var (low, high) = (region.Representable.Lower[i], region.Representable.Upper[i]);
            middle[i] = Math.Clamp((float)(region.Lower[i] / 2 + region.Upper[i] / 2), low, high);
        }

        return middle;
    }
}
