using System.Collections.Immutable;
using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Reachability;

/// <summary>The outputs that a network reaches over an input region, enclosed in sets, and some of them.</summary>
/// <remarks>
/// <para>
/// Requires a bounded region over which the network has a value. Every set is sound: it holds what is reached, in real arithmetic, rounding accounted for.
/// The linear box lies in that of intervals, the polytope and the exact box in the linear one; a zonotope is related to neither. Where no neuron changes
/// phase over the region, the network is one linear function there: over a box the zonotope is what is reached, and the linear box and the
/// polytope are as small as such can be.
/// </para>
/// <para>Sources: Gowal et al. 2018, arXiv 1810.12715 (intervals); Zhang et al. 2018, arXiv 1811.00866 (linear bounds); Singh et al. 2018 (zonotopes).</para>
/// </remarks>
public sealed class ReachableOutputs
{
    /// <summary>The most outputs of which all sums and differences are bounded.</summary>
    private const int MostPaired = 64;

    // Steps by which the slopes of every row are optimised.
    private const int Iterations = 20;

    // Inputs that are drawn to see what is reached at least, how many of them descend along every direction, and by how many steps.
    private const int Draws = 512;
    private const int Starts = 4;
    private const int Steps = 20;

    private readonly InputRegion region;
    private readonly CancellationToken cancellation;
    private readonly Lazy<LinearBoundPropagation> linear;
    private readonly Lazy<OutputBox?> intervals;
    private readonly Lazy<OutputBox> box;
    private readonly Lazy<bool> isLinear;
    private readonly Lazy<ProjectedGradient> descent;
    private readonly List<ImmutableArray<double>> optima = [];

    /// <summary>Asks for the outputs of a network over a region.</summary>
    /// <param name="network">The network.</param>
    /// <param name="region">Where its inputs lie.</param>
    /// <param name="outputs">Which outputs, in which order; all, if left out.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The region is not one of the network's inputs, or there is no such output.</exception>
    public ReachableOutputs(Network network, InputRegion region, ImmutableArray<int> outputs = default, CancellationToken cancellation = default)
    {
        if (region.Size != network.Input.Size) throw new ArgumentException($"The region has {region.Size} inputs, the network {network.Input.Size}.", nameof(region));
        (Network, this.region, this.cancellation) = (Of(network, outputs), region, cancellation);
        (linear, intervals, box, isLinear) = (new(Propagate), new(Intervals), new(Linear), new(IsLinear));
        descent = new(() => new ProjectedGradient(Network));
    }

    /// <summary>The network of the outputs that are asked for.</summary>
    public Network Network { get; }

    private int Size => Network.Output.Size;

    /// <summary>The set of a method.</summary>
    /// <exception cref="ArgumentException">Nothing bounds an output over the region.</exception>
    public OutputSet By(ReachabilityMethod method) => method switch
    {
        ReachabilityMethod.Interval => IntervalBox(),
        ReachabilityMethod.Linear => LinearBox(),
        ReachabilityMethod.Zonotope => Zonotope(),
        ReachabilityMethod.Polytope when Size > MostPaired => throw new ArgumentException($"A polytope of all sums and differences of {Size} outputs has too many sides; choose {MostPaired} outputs or fewer, or another set."),
        ReachabilityMethod.Polytope => Polytope(Directions.Octagon(Size)),
        ReachabilityMethod.Exact => ExactBox(),
        _ => throw new NotSupportedException($"There is no method {method}."),
    };

    /// <summary>The box of interval propagation.</summary>
    /// <exception cref="ArgumentException">Nothing bounds an output over the region.</exception>
    public OutputBox IntervalBox() => intervals.Value ?? throw Unbounded(IntervalPropagation.Propagate(Network, [region]));

    /// <summary>The box of linear bounds.</summary>
    /// <inheritdoc cref="IntervalBox"/>
    public OutputBox LinearBox() => box.Value;

    /// <summary>The smallest box, as far as the work that is allowed proves: tight where the least and the largest value of every output are known.</summary>
    /// <param name="budget">How much work each of them may cost.</param>
    /// <inheritdoc cref="IntervalBox"/>
    public OutputBox ExactBox(OptimizationBudget? budget = null)
    {
        var around = LinearBox();
        var ranges = new OutputOptimization(Network, region).Ranges(budget, cancellation);
        cancellation.ThrowIfCancellationRequested();
        optima.AddRange(ranges.SelectMany(range => (ImmutableArray<double>[])[range.Minimum.Input, range.Maximum.Input]).Where(input => !input.IsEmpty));
        return Box(
            [.. around.Lower.Zip(ranges, (low, range) => Math.Max(low, range.Minimum.Limit))],
            [.. around.Upper.Zip(ranges, (high, range) => Math.Min(high, range.Maximum.Limit))],
            isTight: ranges.All(range => range.IsExact))!;
    }

    /// <summary>The polytope of some directions in the box of linear bounds.</summary>
    /// <param name="directions">Directions × outputs.</param>
    /// <exception cref="ArgumentException">Nothing bounds an output over the region, or these are no directions of the outputs.</exception>
    public OutputPolytope Polytope(double[] directions)
    {
        if (directions.Length % Size != 0) throw new ArgumentException($"{directions.Length} numbers are no directions of {Size} outputs.", nameof(directions));
        var around = LinearBox();
        return new OutputPolytope(around, directions, Limits(directions)) { IsTight = around.IsTight };
    }

    /// <summary>The zonotope of affine forms in which every neuron that changes phase has a generator.</summary>
    /// <inheritdoc cref="IntervalBox"/>
    public OutputZonotope Zonotope()
    {
        var bounds = new NodeBounds(linear.Value.Bounds);
        var forms = AffineForms.Tracking(bounds);
        foreach (var node in Network.Nodes)
        {
            cancellation.ThrowIfCancellationRequested();
            forms.Through(node);
        }

        var (center, coefficients, slack) = forms.Of(Network.Output) ?? throw Unbounded(bounds);
        var low = bounds.Lower(Network.Output);
        for (var k = 0; k < Size; k++)
        {
            if (low[k] != bounds.Upper(Network.Output)[k]) continue;
            // A constant, whatever rounding says of it.
            (center[k], slack[k]) = (low[k], 0);
            for (var at = k; at < coefficients.Length; at += Size) coefficients[at] = 0;
        }

        var varying = Enumerable.Range(0, region.Size).Count(i => region.Lower[i] < region.Upper[i]);
        var isExact = region.IsBox && isLinear.Value && coefficients.Length == varying * Size;
        var generators = new List<double>();
        for (var at = 0; at < coefficients.Length; at += Size)
        {
            var generator = coefficients.AsSpan(at, Size);
            if (generator.ContainsAnyExcept(0)) generators.AddRange(generator);
        }

        return new OutputZonotope(center, [.. generators], slack) { IsExact = isExact, IsTight = isExact };
    }

    /// <summary>Outputs at random inputs of the region, of a box every other one a corner, rounded to nearest: points × outputs.</summary>
    /// <param name="count">How many points.</param>
    /// <param name="seed">Which random numbers are used.</param>
    public double[] Sample(int count, ulong seed = 0)
    {
        var inputs = new float[count * region.Size];
        Draw(RandomStream.From("reachable outputs", seed), inputs);
        return Evaluate(inputs);
    }

    /// <summary>For every direction d, a value that d·y reaches or falls below and one that it reaches or exceeds, as far apart as some inputs tell.</summary>
    /// <remarks>Rounded inward, so that of a value that stays the former is the larger one. The inputs are random, the best of these moved along gradients, and those that <see cref="ExactBox"/> found.</remarks>
    /// <param name="directions">Directions × outputs.</param>
    public ImmutableArray<(double Lower, double Upper)> Reached(double[] directions)
    {
        var count = directions.Length / Size;
        var inputs = Candidates(directions);
        var along = Along(directions, inputs);
        var extremes = ImmutableArray.CreateBuilder<InputRegion>(2 * count);
        for (var i = 0; i < 2 * count; i++)
        {
            var (direction, sign) = (i % count, i < count ? 1 : -1);
            var best = Enumerable.Range(0, along.Length / count).MinBy(row => sign * along[row * count + direction]);
            extremes.Add(At(inputs.AsSpan(best * region.Size, region.Size)));
        }

        var bounds = IntervalPropagation.Propagate(Network, extremes.MoveToImmutable());
        var reached = ImmutableArray.CreateBuilder<(double, double)>(count);
        for (var i = 0; i < count; i++)
        {
            var direction = directions.AsSpan(i * Size, Size);
            reached.Add((-Minimum(Array.ConvertAll(direction.ToArray(), d => -d), bounds, i), Minimum(direction, bounds, count + i)));
        }

        return reached.MoveToImmutable();
    }

    /// <summary>A lower bound of d·y at one input.</summary>
    internal double MinimumAt(ReadOnlySpan<float> input, ReadOnlySpan<double> direction) =>
        Minimum(direction, IntervalPropagation.Propagate(Network, [At(input)]), 0);

    private double Minimum(ReadOnlySpan<double> direction, NodeBounds bounds, int region) => Concretization.MinimumInBox(
        direction, bounds.Lower(Network.Output).Slice(region * Size, Size), bounds.Upper(Network.Output).Slice(region * Size, Size));

    private static InputRegion At(ReadOnlySpan<float> input)
    {
        var point = new double[input.Length];
        for (var i = 0; i < point.Length; i++) point[i] = input[i];
        return InputRegion.Box(point, point);
    }

    /// <summary>Nothing is known of the outputs, and why.</summary>
    private ArgumentException Unbounded(NodeBounds bounds) => new(Undefined(bounds) is var (activation, low, high)
        ? FormattableString.Invariant($"The outputs may have no value over the region: {activation.Name} has none everywhere between {low:G4} and {high:G4}, which may be what it is given.")
        : "Nothing bounds the outputs over the region: a number may overflow.");

    /// <summary>The first activation that may have no value, and between which numbers its argument lies.</summary>
    private (Activation Activation, double Low, double High)? Undefined(NodeBounds bounds)
    {
        foreach (var node in Network.Nodes.OfType<ElementwiseNode>())
        {
            for (var i = 0; i < node.Size; i++)
            {
                var (low, high) = (bounds.Lower(node.Source)[i], bounds.Upper(node.Source)[i]);
                if (!node.Activation.IsDefinedOn(low, high)) return (node.Activation, low, high);
            }
        }

        return null;
    }

    private static Network Of(Network network, ImmutableArray<int> outputs)
    {
        if (outputs.IsDefaultOrEmpty) return network;
        foreach (var output in outputs)
        {
            if (output < 0 || output >= network.Output.Size) throw new ArgumentException($"There is no output {output}; the model has the outputs 0 to {network.Output.Size - 1}.", nameof(outputs));
        }

        if (outputs.Distinct().Count() < outputs.Length) throw new ArgumentException("An output is named twice.", nameof(outputs));
        return new Network(network.Input, new AffineNode(network.Output, new SelectionMap(network.Output.Size, [.. outputs])), network.Inputs);
    }

    private LinearBoundPropagation Propagate()
    {
        var propagation = LinearBoundPropagation.Propagate(Network, [region], Iterations, cancellation: cancellation);
        return propagation.IsDefinedOn(0) ? propagation : throw Unbounded(propagation.Bounds);
    }

    /// <summary>The box, or null where intervals leave open whether there is a value at all.</summary>
    private OutputBox? Intervals()
    {
        var bounds = IntervalPropagation.Propagate(Network, [region]);
        return Undefined(bounds) is null ? Box([.. bounds.Lower(Network.Output)], [.. bounds.Upper(Network.Output)], isTight: false) : null;
    }

    private OutputBox Linear()
    {
        var units = new double[2 * Size * Size];
        for (var k = 0; k < Size; k++) (units[k * Size + k], units[(Size + k) * Size + k]) = (1, -1);
        var limits = Limits(units);
        var (lower, upper) = (ImmutableArray.Create(Array.ConvertAll(limits[Size..], limit => -limit)), ImmutableArray.Create(limits[..Size]));
        // Intervals hold as well; where they are narrower it is by rounding.
        if (intervals.Value is { } around) (lower, upper) = ([.. lower.Zip(around.Lower, Math.Max)], [.. upper.Zip(around.Upper, Math.Min)]);
        return Box(lower, upper, isTight: region.IsBox && isLinear.Value) ?? throw Unbounded(linear.Value.Bounds);
    }

    private static OutputBox? Box(ImmutableArray<double> lower, ImmutableArray<double> upper, bool isTight) =>
        lower.Zip(upper).All(ends => double.IsFinite(ends.Second - ends.First)) ? new OutputBox(lower, upper) { IsTight = isTight, IsExact = isTight && lower.Length == 1 } : null;

    /// <summary>The largest value along every direction.</summary>
    private double[] Limits(double[] directions)
    {
        var opposite = Array.ConvertAll(directions, value => -value);
        var limits = Array.ConvertAll(linear.Value.Anew().LowerBounds(opposite, 0, 2 * Iterations, cancellation: cancellation), bound => -bound);
        return limits.All(double.IsFinite) ? limits : throw Unbounded(linear.Value.Bounds);
    }

    private bool IsLinear()
    {
        var bounds = linear.Value.Bounds;
        return Network.Nodes.All(node => node switch
        {
            ProductNode => false,
            ElementwiseNode { Source: var source, Activation: var activation } => Enumerable.Range(0, node.Size).All(i =>
                bounds.Lower(source)[i] is var low && bounds.Upper(source)[i] is var high && (low == high || activation.IsLinearOn(low, high))),
            _ => true,
        });
    }

    private double[] Evaluate(float[] inputs) => Network.Evaluate<double>(Array.ConvertAll(inputs, value => (double)value), inputs.Length / region.Size);

    private void Draw(RandomStream random, Span<float> inputs)
    {
        UniformSampling.Draw(region, random, inputs);
        var (lower, upper) = region.Representable;
        for (var i = 0; i < inputs.Length && region.IsBox; i++)
        {
            if (i / region.Size % 2 == 1) inputs[i] = (random.NextInt(2) == 0 ? lower : upper)[i % region.Size];
        }
    }

    /// <summary>The value of every direction at some inputs: inputs × directions.</summary>
    private double[] Along(double[] directions, float[] inputs)
    {
        var (rows, count) = (inputs.Length / region.Size, directions.Length / Size);
        var along = new double[rows * count];
        new DenseMap(directions, count, Size).Accumulate<double>(Evaluate(inputs), along, rows);
        return along;
    }

    private float[] Candidates(double[] directions)
    {
        var draws = new float[Draws * region.Size];
        Draw(RandomStream.From("reached outputs", 0), draws);
        var (along, count, inputs) = (Along(directions, draws), directions.Length / Size, new List<float>(draws));
        for (var i = 0; i < 2 * count; i++)
        {
            var (direction, sign) = (i / 2, i % 2 == 0 ? 1 : -1);
            var starts = Enumerable.Range(0, Draws).OrderBy(row => sign * along[row * count + direction]).Take(Starts);
            float[] points = [.. starts.SelectMany(row => draws[(row * region.Size)..((row + 1) * region.Size)])];
            var goal = new LinearConstraint([.. directions.AsSpan(direction * Size, Size).ToArray().Select(d => sign * d)], 0);
            descent.Value.Descend(region, new Conjunction([goal]), points, Steps, cancellation);
            inputs.AddRange(points);
        }

        var (lower, upper) = region.Representable;
        foreach (var optimum in optima) inputs.AddRange(optimum.Select((x, i) => Math.Clamp((float)x, lower[i], upper[i])));
        var all = inputs.ToArray();
        for (var at = draws.Length; at < all.Length; at += region.Size)
        {
            // What rounding takes out of a ball, one that was drawn stands for.
            if (!region.Contains(all.AsSpan(at, region.Size))) draws.AsSpan(0, region.Size).CopyTo(all.AsSpan(at));
        }

        return all;
    }
}
