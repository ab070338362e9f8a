using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>A question as the methods see it: of the inputs that vary only, with what all methods need found once.</summary>
internal sealed class Problem
{
    // Bounds by optimised lines are worth their time where they leave fewer neurons open.
    private const int SlopeIterations = 20;

    private readonly InputRegion? whole;
    private readonly int[] varying;
    private readonly Lazy<LinearBoundPropagation?> propagation;
    private readonly Lazy<DenseChain?> chain;

    /// <param name="question">The question.</param>
    /// <param name="tells">Whether proofs of its bounds are kept.</param>
    public Problem(LipschitzQuestion question, bool tells = false)
    {
        (Norm, whole, Tells) = (question.Norm, question.Region, tells);
        var size = question.Network.Input.Size;
        varying = whole is null
            ? [.. Enumerable.Range(0, size)]
            : [.. Enumerable.Range(0, size).Where(i => whole.Lower[i] < whole.Upper[i])];
        (Network, Region) = varying.Length == size || varying.Length == 0
            ? (question.Network, whole)
            : (Restricted(question.Network), Restricted(whole!));
        propagation = new(() => Region is null
            ? null
            : LinearBoundPropagation.Propagate(Network, [Region], SlopeIterations, tells: tells));
        chain = new(() => DenseChain.Of(this));
    }

    /// <summary>A part of a problem, over a box in its region.</summary>
    public Problem(Problem whole, InputRegion part)
    {
        (Norm, Network, Region, varying, Tells) = (whole.Norm, whole.Network, part, whole.varying, whole.Tells);
        propagation = new(() => LinearBoundPropagation.Propagate(Network, [part]));
        chain = new(() => whole.Chain is null ? null : DenseChain.Of(whole.Chain, this));
    }

    /// <summary>The norm of inputs and outputs.</summary>
    public Norm Norm { get; }

    /// <summary>The network, over the inputs that vary.</summary>
    public Network Network { get; }

    /// <summary>Where these lie; null for everywhere.</summary>
    public InputRegion? Region { get; }

    /// <summary>True where the region is a point.</summary>
    public bool IsPoint => varying.Length == 0;

    /// <summary>Bounds of every node over the region; null where that is everywhere.</summary>
    public NodeBounds? Bounds => propagation.Value?.Bounds;

    /// <summary>Whether proofs are kept.</summary>
    public bool Tells { get; }

    /// <summary>The lines that bounds over the region are proved by, where proofs are kept.</summary>
    public ImmutableArray<NeuronRow> Told => propagation.Value?.Told ?? [];

    /// <summary>The network as matrices and functions that take turns, where it is that and not too large.</summary>
    public DenseChain? Chain => chain.Value;

    /// <summary>An input of the question's network.</summary>
    public double[] Whole(ReadOnlySpan<double> input)
    {
        if (whole is null || varying.Length == whole.Size) return input.ToArray();
        var all = whole.Lower.ToArray();
        for (var k = 0; k < varying.Length; k++) all[varying[k]] = input[k];
        return all;
    }

    private Network Restricted(Network network)
    {
        var input = new InputNode(varying.Length);
        var (places, constants) = (new int[network.Input.Size], whole!.Lower.ToArray());
        Array.Fill(places, -1);
        for (var k = 0; k < varying.Length; k++) (places[varying[k]], constants[varying[k]]) = (k, 0);
        var nodes = Differentiation.Rebase(network, new AffineNode(input, new SelectionMap(varying.Length, places), constants));
        return new Network(input, nodes[network.IndexOf(network.Output)]);
    }

    private InputRegion Restricted(InputRegion region)
    {
        double[] Varying(ReadOnlySpan<double> all)
        {
            var some = new double[varying.Length];
            for (var k = 0; k < some.Length; k++) some[k] = all[varying[k]];
            return some;
        }

        var box = InputRegion.Box(Varying(region.Lower), Varying(region.Upper));
        return region.IsBox ? box : InputRegion.Ball(Varying(region.Center), Varying(region.Radii), region.Norm, box);
    }
}
