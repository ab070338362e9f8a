using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>A network over a region, with what every search for an optimum needs found once.</summary>
internal sealed class Problem
{
    // Programs with more entries than these cost more than the steps of a gradient that find as much.
    private const long MostEntries = 4_000_000;

    private readonly Lazy<LinearBoundPropagation> plain;
    private readonly Lazy<LinearPieces?> pieces;
    private readonly Dictionary<int, LinearBoundPropagation> optimised = [];

    /// <param name="network">The network.</param>
    /// <param name="region">Where its inputs lie.</param>
    /// <param name="constraints">Linear constraints that they keep as well.</param>
    /// <param name="known">Bounds over the region, where there are some of the network without constraints.</param>
    public Problem(Network network, InputRegion region, ImmutableArray<LinearConstraint> constraints, LinearBoundPropagation? known = null)
    {
        if (region.Size != network.Input.Size)
            throw new ArgumentException($"The region has {region.Size} inputs, the network {network.Input.Size}.", nameof(region));
        if (constraints.Any(constraint => constraint.Coefficients.Length != region.Size || !constraint.Coefficients.All(double.IsFinite) || !double.IsFinite(constraint.Bound)))
            throw new ArgumentException($"A constraint of the inputs has {region.Size} finite coefficients and a finite bound.", nameof(constraints));
        (Network, Region, Constraints) = (WithConstraints(network, constraints), region, constraints);
        plain = new(() => known ?? LinearBoundPropagation.Propagate(Network, [region]));
        pieces = new(() => LinearPieces.Of(plain.Value.Bounds) is { } own && own.Entries <= MostEntries ? own : null);
    }

    /// <summary>The network, with the constraints' left-hand sides behind its outputs, so that a property may speak of both.</summary>
    public Network Network { get; }

    /// <summary>Where its inputs lie.</summary>
    public InputRegion Region { get; }

    /// <summary>Linear constraints that the inputs keep as well.</summary>
    public ImmutableArray<LinearConstraint> Constraints { get; }

    /// <summary>Bounds of every node.</summary>
    public LinearBoundPropagation Bounds => plain.Value;

    /// <summary>The linear pieces of the network; null where it has none, or too large ones for a program of each.</summary>
    public LinearPieces? Pieces => pieces.Value;

    /// <summary>Bounds with slopes that are optimised by so many steps.</summary>
    public LinearBoundPropagation Optimised(int iterations, CancellationToken cancellation)
    {
        if (iterations == 0) return Bounds;
        if (!optimised.TryGetValue(iterations, out var bounds))
            optimised[iterations] = bounds = LinearBoundPropagation.Propagate(Network, [Region], iterations, Semantics.Real, Bounds, false, cancellation);
        return bounds;
    }

    /// <summary>Whether an input lies in the region and keeps all constraints, however their sums would be rounded.</summary>
    public bool Contains(ReadOnlySpan<double> input)
    {
        for (var j = 0; j < input.Length; j++)
        {
            if (!(input[j] >= Region.Lower[j] && input[j] <= Region.Upper[j])) return false;
        }

        foreach (var (coefficients, bound) in Constraints)
        {
            var sum = 0.0;
            for (var j = 0; j < input.Length; j++) sum = Rounding.SumUp(sum, Rounding.ProductUp(coefficients[j], input[j]));
            if (!(sum <= bound)) return false;
        }

        return Region.IsBox || Region.Contains(Array.ConvertAll(input.ToArray(), value => (float)value));
    }

    /// <summary>Moves an input towards another, which the region contains, as little as brings it there, too.</summary>
    public double[] Pulled(double[] input, ReadOnlySpan<double> inside)
    {
        var result = input;
        for (var share = 1e-15; !Contains(result); share = Math.Min(1, 8 * share))
        {
            if (share == 1) return inside.ToArray();
            result = (double[])input.Clone();
            for (var j = 0; j < result.Length; j++) result[j] += share * (inside[j] - result[j]);
        }

        return result;
    }

    /// <summary>A number that c·f at an input is not above, whatever was rounded.</summary>
    public double AtMost(ReadOnlySpan<double> cost, double[] input)
    {
        var bounds = new NodeBounds(Network, [Region]);
        bounds.Set(Network.Input, input, input);
        foreach (var node in Network.Nodes) IntervalPropagation.Through(node, bounds);
        var negated = Array.ConvertAll(cost.ToArray(), c => -c);
        return -Concretization.MinimumInBox(negated, bounds.Lower(Network.Output), bounds.Upper(Network.Output));
    }

    private static Network WithConstraints(Network network, ImmutableArray<LinearConstraint> constraints)
    {
        if (constraints.IsEmpty) return network;
        var (outputs, inputs, size) = (network.Output.Size, network.Input.Size, network.Output.Size + constraints.Length);
        var rows = new DenseMap([.. constraints.SelectMany(constraint => constraint.Coefficients)], constraints.Length, inputs);
        var both = new AffineNode(
            [
                new AffineTerm(network.Output, SelectionMap.Embedding(outputs, 0, size)),
                new AffineTerm(network.Input, new CompositionMap(SelectionMap.Embedding(constraints.Length, outputs, size), rows)),
            ],
            new double[size]);
        return new Network(network.Input, both, network.Inputs);
    }
}
