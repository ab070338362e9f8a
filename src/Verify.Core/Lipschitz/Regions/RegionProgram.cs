using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>The l1 or l∞ norm of a ReLU chain's Jacobian over closed or strict activation regions, as mixed-integer programs.</summary>
/// <remarks>
/// <para>
/// Variables: x; every neuron's input z, output y and sign g ∈ {0, 1}; and the chain q_k = W_kᵀ(g_k ⊙ q_{k+1}) that ends in a row of J. The
/// products g·z and g·q are linear for binary g: u = g w with w in [l, h] is u ≤ h g, u ≥ l g, u ≤ w − l(1 − g), u ≥ w − h(1 − g). A closed region
/// allows both signs of a neuron at zero; a strict one keeps every neuron away from it by a margin. l∞: the sum of |J| along a row of J, for
/// every output; l1: the same of Jᵀ, for every input. Signs of entries that are not known are binary too.
/// </para>
/// <para>
/// A solver computes with tolerances, so its values are right to these and prove nothing: they check
/// <see cref="RegionSearch"/>, which does. Source: Couellan, Jan and Sbihi 2026, EJOR 331 (the program); Jordan and Dimakis 2020, arXiv 2003.01219
/// (its exact linearisation).
/// </para>
/// </remarks>
public static class RegionProgram
{
    // A norm that is larger by less is no larger.
    private const double Agreement = 1e-9;

    /// <summary>The largest norm over all regions, as the solver finds it.</summary>
    /// <param name="question">Of a ReLU chain over a box, in l1 or l∞.</param>
    /// <param name="solver">Solves mixed-integer programs.</param>
    /// <param name="margin">How far from zero every neuron's input is; 0 for closed regions.</param>
    /// <param name="known">A norm that some region is known to reach: only larger ones are looked for.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="NotSupportedException">The network is no chain of ReLUs, the region no box, or the norm l2.</exception>
    public static double Solve(LipschitzQuestion question, ILinearSolver solver, double margin = 0, double known = 0, CancellationToken cancellation = default)
    {
        var problem = new Problem(question);
        if (question.Norm == Norm.L2 || problem is not { Region.IsBox: true, Chain: { Functions.Length: > 0 } relus } || !relus.Functions.All(function => function.Activation is ReLU))
            throw new NotSupportedException("The program is one of ReLU chains over boxes, in l1 or l∞.");
        var chain = problem.Chain!;
        var isTransposed = question.Norm == Norm.L1;
        var count = isTransposed ? chain.Layers[0].Columns : chain.Layers[^1].Rows;
        var largest = known;
        for (var row = 0; row < count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            var cutoff = -largest * (1 + Agreement);
            var solution = solver.Solve(Build(problem, chain, row, isTransposed, margin), new() { Cutoff = cutoff }, cancellation);
            if (solution.Status == SolutionStatus.Optimal) largest = Math.Max(largest, -solution.Objective);
            else if (solution.Status != SolutionStatus.Infeasible && !(solution.Bound >= cutoff)) throw new InvalidOperationException($"{solver.Name} ended with {solution.Status}.");
        }

        return largest;
    }

    private static LinearProgram Build(Problem problem, DenseChain chain, int row, bool isTransposed, double margin)
    {
        var builder = new LinearProgramBuilder();
        var signs = Signs(builder, problem, chain, margin);

        // The interval Jacobian bounds every step of the chain.
        var jacobian = new GatedJacobian(chain, isTransposed);
        jacobian.Propagate(chain.LowerSlopes, chain.UpperSlopes, refine: false);
        var layers = isTransposed ? chain.Layers : [.. chain.Layers.Reverse()];
        double Entry(int t, int from, int to) => isTransposed ? layers[t].Matrix[to * layers[t].Columns + from] : layers[t].Matrix[from * layers[t].Columns + to];
        var size = isTransposed ? layers[0].Rows : layers[0].Columns;
        var q = new int[size];
        for (var i = 0; i < size; i++) q[i] = builder.Variable(Entry(0, row, i), Entry(0, row, i));
        for (var t = 1; t < layers.Length; t++)
        {
            var (low, high) = jacobian.BoundsAt(t - 1, row);
            var u = new int[size];
            for (var i = 0; i < size; i++) u[i] = Times(builder, signs[isTransposed ? t - 1 : layers.Length - 1 - t][i], q[i], Math.Min(low[i], 0), Math.Max(high[i], 0));
            size = isTransposed ? layers[t].Rows : layers[t].Columns;
            q = new int[size];
            for (var j = 0; j < size; j++)
            {
                q[j] = builder.Variable();
                builder.Equal([new(q[j], -1), .. u.Select((column, i) => new Term(column, Entry(t, i, j)))], 0);
            }
        }

        var (least, most) = jacobian.BoundsAt(layers.Length - 1, row);
        for (var j = 0; j < size; j++)
        {
            if (least[j] >= 0 || most[j] <= 0)
            {
                builder.Cost(q[j], least[j] >= 0 ? -1 : 1);
                continue;
            }

            // |q| = 2 s q − q for the sign s.
            var sign = builder.Binary();
            builder.Cost(Times(builder, sign, q[j], least[j], most[j]), -2);
            builder.Cost(q[j], 1);
        }

        return builder.Build();
    }

    /// <summary>The inputs, the neurons, and a binary variable for the sign of each.</summary>
    private static int[][] Signs(LinearProgramBuilder builder, Problem problem, DenseChain chain, double margin)
    {
        var region = problem.Region!;
        var y = new int[region.Size];
        for (var j = 0; j < y.Length; j++) y[j] = builder.Variable(region.Lower[j], region.Upper[j]);
        var signs = new int[chain.Functions.Length][];
        for (var k = 0; k < signs.Length; k++)
        {
            var layer = chain.Layers[k];
            var low = problem.Bounds!.Lower(chain.Functions[k].Source);
            var high = problem.Bounds.Upper(chain.Functions[k].Source);
            (signs[k], var next) = (new int[layer.Rows], new int[layer.Rows]);
            for (var i = 0; i < layer.Rows; i++)
            {
                var z = builder.Variable(low[i], high[i]);
                builder.Equal([new(z, -1), .. y.Select((column, j) => new Term(column, layer.Matrix[i * layer.Columns + j]))], -layer.Bias[i]);
                var g = signs[k][i] = builder.Binary();

                // z ≥ margin where g = 1, z ≤ −margin where g = 0.
                var (least, most) = (Math.Min(low[i], -margin), Math.Max(high[i], margin));
                builder.AtLeast([new(z, 1), new(g, least - margin)], least);
                builder.AtMost([new(z, 1), new(g, -(most + margin))], -margin);
                next[i] = Times(builder, g, z, Math.Min(low[i], 0), Math.Max(high[i], 0));
            }

            y = next;
        }

        return signs;
    }

    /// <summary>A variable that is w where g is 1, and 0 where it is 0; w lies between l ≤ 0 and h ≥ 0.</summary>
    private static int Times(LinearProgramBuilder builder, int g, int w, double l, double h)
    {
        var u = builder.Variable(l, h);
        builder.AtMost([new(u, 1), new(g, -h)], 0);
        builder.AtLeast([new(u, 1), new(g, -l)], 0);
        builder.AtMost([new(u, 1), new(w, -1), new(g, -l)], -l);
        builder.AtLeast([new(u, 1), new(w, -1), new(g, -h)], -h);
        return u;
    }
}
