using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Lipschitz.Multipliers;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Lipschitz.Regions;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Bounds Lipschitz constants from both sides.</summary>
/// <remarks>
/// Requires nothing of the network; where it jumps, no upper bound exists and the result says infinity. Returns an interval that
/// contains the constant of the network's function of real numbers, whatever the budget. Every upper bound is the least of those of
/// all methods that apply, so it is never looser than one of them.
/// </remarks>
public static class LipschitzEstimation
{
    // What stands for underflow alone.
    private const double Nothing = 1e-200;

    /// <summary>An upper bound by one method; infinite where the method does not apply.</summary>
    public static double Upper(LipschitzQuestion question, LipschitzMethod method, LipschitzBudget? budget = null, CancellationToken cancellation = default) =>
        Upper(new Problem(question), method, budget ?? LipschitzBudget.Default, 0, cancellation).Bound;

    /// <summary>The constant between two bounds.</summary>
    /// <param name="question">Which constant.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="cancellation">Ends the search for better bounds; those found so far hold.</param>
    public static LipschitzConstant Bound(LipschitzQuestion question, LipschitzBudget? budget = null, CancellationToken cancellation = default) =>
        Bound(question, budget ?? LipschitzBudget.Default, tells: false, cancellation);

    /// <summary>The constant between two bounds, both as <see cref="LipschitzChecker"/> derives them: the upper one from a proof, the lower one from the witness.</summary>
    /// <param name="question">Which constant.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="cancellation">Ends the search for better bounds; those found so far are proved.</param>
    public static LipschitzConstant Prove(LipschitzQuestion question, LipschitzBudget? budget = null, CancellationToken cancellation = default)
    {
        var constant = Bound(question, budget ?? LipschitzBudget.Default, tells: true, cancellation);
        var lower = LipschitzChecker.Lower(question.Network, question.Norm, question.Region, constant.Witness.AsSpan());
        return constant with { Lower = Math.Min(lower, constant.Upper), Witness = lower > 0 ? constant.Witness : [] };
    }

    private static LipschitzConstant Bound(LipschitzQuestion question, LipschitzBudget budget, bool tells, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (budget.Seconds is { } seconds) limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        return Bound(question, new Problem(question, tells), budget, limit.Token);
    }

    private static LipschitzConstant Bound(LipschitzQuestion question, Problem problem, LipschitzBudget budget, CancellationToken cancellation)
    {
        if (problem.IsPoint) return new() { Lower = 0, Upper = 0, Method = "a single point", Proof = problem.Tells ? new() { Whole = new NormProductPart() } : null };
        var (lower, point) = SteepestPoint.Find(problem, budget.Samples, budget.Steps, cancellation);
        var (upper, words) = (double.PositiveInfinity, "no method");
        LipschitzProof? proof = null;
        RegionResult? search = null;
        foreach (var method in Enum.GetValues<LipschitzMethod>())
        {
            // The methods after it take longest, and are of no use where it is exact.
            if (method == LipschitzMethod.GradientNetwork && budget.Parts > 0 && RegionSearch.Applies(problem))
            {
                search = RegionSearch.Run(problem, budget.Parts, lower, cancellation);
                if (search.Lower > lower) (lower, point) = (search.Lower, search.Witness);
                Consider(search.Upper, search.Proof, "search over activation regions");
            }

            if (upper <= lower * (1 + 1e-9)) break;
            var (bound, part) = Upper(problem, method, budget, lower * (1 + 1e-9), cancellation);
            Consider(bound, part, Words(method));
        }

        if (search is null && budget.Parts > 0 && upper > lower * (1 + budget.Tolerance) && InputHalving.Applies(problem))
        {
            search = InputHalving.Run(problem, budget.Parts, budget.Tolerance, (lower, point), (upper, proof?.Whole), cancellation);
            if (search.Lower > lower) (lower, point) = (search.Lower, search.Witness);
            Consider(search.Upper, search.Proof, "search over parts of the region");
        }

        if (lower > upper) throw new InvalidOperationException($"The bounds {lower} and {upper} contradict one another.");
        var witness = point.Length == 0 ? [] : problem.Whole(point);

        // A ball may touch its domain in one point, where there are no two inputs to be compared.
        if (question.Region is { IsBox: false } && LipschitzChecker.Lower(question.Network, question.Norm, question.Region, witness) == 0) (lower, witness) = (0, []);
        return new()
        {
            Lower = lower,
            Upper = upper,
            Method = words,
            Witness = [.. witness],
            Parts = search?.Parts ?? 0,
            Closed = search is { Complete: true } ? search.Closed : null,
            Strict = search is { Complete: true } ? search.Strict : null,
            Explanation = search is { Complete: true, Closed: not null } ? Explain(search) : null,
            Proof = proof,
        };

        // What is answered with a proof is what the proof shows.
        void Consider(double bound, LipschitzPart? part, string method)
        {
            if (!(bound < upper)) return;
            LipschitzProof? own = null;
            if (problem.Tells)
            {
                if (part is null) return;
                own = new LipschitzProof { Neurons = problem.Told, Whole = part };
                bound = LipschitzChecker.Upper(question.Network, question.Norm, question.Region, own, CancellationToken.None).Upper;
            }

            if (bound < upper) (upper, words, proof) = (bound, method, own);
        }
    }

    private static string? Explain(RegionResult search)
    {
        if (search.Upper > search.Lower * (1 + 1e-9) + Nothing)
            return "degenerate tie: the upper bound is reached where neurons are at zero together, and rounding leaves open whether a region with interior lies there";
        if (search.Closed > search.Upper * (1 + 1e-9) + Nothing)
            return $"degenerate tie: where neurons are at zero together their signs could give {search.Closed}, but no region with interior has these signs";
        return null;
    }

    /// <summary>An upper bound by one method, and what proves it.</summary>
    private static (double Bound, LipschitzPart? Part) Upper(Problem problem, LipschitzMethod method, LipschitzBudget budget, double enough, CancellationToken cancellation) => method switch
    {
        LipschitzMethod.NormProduct => (NormProduct.Upper(problem), new NormProductPart()),
        LipschitzMethod.GradientNetwork => GradientNetwork.Upper(problem, cancellation),
        _ when problem.Chain is not { } => (double.PositiveInfinity, null),
        LipschitzMethod.IntervalJacobian => (Jacobian(problem, refine: false), null), // a checker goes on to lines at once
        LipschitzMethod.GatedJacobian => (Jacobian(problem, refine: true), new JacobianPart()),
        LipschitzMethod.EclipseFast when problem.Norm == Norm.L2 => SlopeProgram.ByFormula(problem.Chain!),
        LipschitzMethod.SlopeProgram when problem.Norm == Norm.L2 => SlopeProgram.Upper(problem.Chain!, budget.Divisions, enough, cancellation),
        _ => (double.PositiveInfinity, null),
    };

    private static double Jacobian(Problem problem, bool refine)
    {
        var chain = problem.Chain!;
        var jacobian = new GatedJacobian(chain, transposed: problem.Norm == Norm.L1);
        jacobian.Propagate(chain.LowerSlopes, chain.UpperSlopes, refine);
        return jacobian.Norm(problem.Norm == Norm.L2 ? Norm.L2 : Norm.Linf, joint: refine);
    }

    private static string Words(LipschitzMethod method) => method switch
    {
        LipschitzMethod.NormProduct => "product of norms",
        LipschitzMethod.EclipseFast => "ECLipsE-Fast",
        LipschitzMethod.SlopeProgram => "multipliers of slopes",
        LipschitzMethod.IntervalJacobian => "interval Jacobian",
        LipschitzMethod.GatedJacobian => "Jacobian by lines",
        _ => "gradient network by lines",
    };
}
