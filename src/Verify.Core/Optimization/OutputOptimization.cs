using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>The largest and the smallest values of linear functions of a network's outputs over a region.</summary>
/// <remarks>
/// <para>
/// Requires a bounded region, and nothing of the network; where its activations are piecewise linear (ReLU, LeakyReLU, clips) and the
/// region is a box, perhaps with linear constraints, linear programs of its pieces find what gradients do not. Random starts are moved along the gradient, then to the best
/// point of their linear piece, then from piece to piece while that is better. A limit is proved by bounds and by dividing the region, until it meets the value or the budget ends.
/// </para>
/// <para>
/// Sound: the value is one of the network at an input of the region, the limit is exceeded nowhere, both in real arithmetic. Deterministic, whatever the number of
/// threads, unless the work is ended by the clock. Belongs to one thread. Source: Perakis and Tsiourvas 2022, arXiv 2205.14189; without its test that
/// divides by the incumbent, which may be zero.
/// </para>
/// </remarks>
/// <param name="network">The network.</param>
/// <param name="region">Where its inputs lie.</param>
/// <param name="constraints">Linear constraints that they keep as well; none, if left out.</param>
/// <exception cref="ArgumentException">The region or a constraint is not one of the network's inputs.</exception>
public sealed class OutputOptimization(Network network, InputRegion region, ImmutableArray<LinearConstraint> constraints = default)
{
    private readonly Problem problem = new(network, region, constraints.IsDefault ? [] : constraints);

    /// <summary>The largest value of Σ cᵢ yᵢ.</summary>
    /// <param name="coefficients">One for every output.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="cancellation">Ends the work; what is known by then is returned.</param>
    /// <exception cref="ArgumentException">There is not one finite coefficient for every output.</exception>
    public Optimum Maximize(ReadOnlySpan<double> coefficients, OptimizationBudget? budget = null, CancellationToken cancellation = default)
    {
        var minimum = Minimize(Array.ConvertAll(coefficients.ToArray(), c => -c), budget, cancellation);
        return minimum with { Value = -minimum.Value, Limit = -minimum.Limit };
    }

    /// <summary>The smallest value of Σ cᵢ yᵢ.</summary>
    /// <inheritdoc cref="Maximize"/>
    public Optimum Minimize(ReadOnlySpan<double> coefficients, OptimizationBudget? budget = null, CancellationToken cancellation = default)
    {
        if (coefficients.Length != network.Output.Size || coefficients.ContainsAny(double.NaN, double.PositiveInfinity, double.NegativeInfinity))
            throw new ArgumentException($"{coefficients.Length} coefficients for {network.Output.Size} outputs; there must be one finite number for each.", nameof(coefficients));
        budget ??= OptimizationBudget.Default;
        using var clock = budget.Seconds is { } seconds ? new CancellationTokenSource(TimeSpan.FromSeconds(seconds)) : new();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        return new Minimization(problem, [.. coefficients, .. new double[problem.Constraints.Length]], budget, limit.Token).Run();
    }

    /// <summary>The range of every output: its smallest and its largest value.</summary>
    /// <param name="budget">How much work each of the two may cost.</param>
    /// <param name="cancellation">Ends the work; what is known by then is returned.</param>
    public ImmutableArray<OutputRange> Ranges(OptimizationBudget? budget = null, CancellationToken cancellation = default)
    {
        var ranges = ImmutableArray.CreateBuilder<OutputRange>(network.Output.Size);
        for (var i = 0; i < network.Output.Size; i++)
        {
            var unit = new double[network.Output.Size];
            unit[i] = 1;
            ranges.Add(new(Minimize(unit, budget, cancellation), Maximize(unit, budget, cancellation)));
        }

        return ranges.MoveToImmutable();
    }
}

/// <summary>The range of an output over a region.</summary>
/// <param name="Minimum">Its smallest value.</param>
/// <param name="Maximum">Its largest value.</param>
public sealed record OutputRange(Optimum Minimum, Optimum Maximum)
{
    /// <summary>Whether both ends are known to the tolerance of optima.</summary>
    public bool IsExact => Minimum.IsOptimal && Maximum.IsOptimal;
}
