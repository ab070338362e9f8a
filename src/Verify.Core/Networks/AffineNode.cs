using System.Collections.Immutable;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Networks;

/// <summary>One term of an affine node: a linear map of a source.</summary>
public sealed record AffineTerm(Node Source, LinearMap Map);

/// <summary>y = b + Σᵢ Lᵢ xᵢ.</summary>
public sealed class AffineNode : Node
{
    /// <summary>
    /// Roundings of the constants of one operator, for whoever computes them in float32: a folded batch normalisation has
    /// the most, six, and a scale that is folded into the weights before it one more.
    /// </summary>
    private const int ConstantRoundings = 8;

    private readonly double[] bias;
    private readonly double[] biasMagnitude;

    /// <summary>Creates a node from its terms and, unless it is zero, its bias (kept, not copied).</summary>
    /// <remarks>A node without terms is a constant.</remarks>
    public AffineNode(ImmutableArray<AffineTerm> terms, double[] bias, string name = "affine")
        : this(terms, bias, Array.ConvertAll(bias, Math.Abs), name)
    {
    }

    /// <summary>Creates a node of one term.</summary>
    public AffineNode(Node source, LinearMap map, double[]? bias = null, string name = "affine")
        : this([new AffineTerm(source, map)], bias ?? new double[map.OutputSize], name)
    {
    }

    /// <summary>Creates a node that may stand for several sums, one after the other.</summary>
    internal AffineNode(ImmutableArray<AffineTerm> terms, double[] bias, double[] biasMagnitude, string name, int? roundings = null)
        : base(bias.Length, [.. terms.Select(term => term.Source)], name)
    {
        foreach (var (source, map) in terms)
        {
            if (map.InputSize != source.Size || map.OutputSize != bias.Length)
            {
                throw new ArgumentException(
                    $"{name}: a map from {map.InputSize} to {map.OutputSize} elements does not lead from {source.Size} to {bias.Length}.");
            }
        }

        (Terms, this.bias, this.biasMagnitude) = (terms, bias, biasMagnitude);
        Roundings = roundings ?? (OnlyMoves() ? 0 : terms.Sum(term => Additions(term.Map)) + terms.Length + ConstantRoundings);
    }

    /// <summary>The terms of the sum.</summary>
    public ImmutableArray<AffineTerm> Terms { get; }

    /// <summary>The constant of the sum.</summary>
    public ReadOnlySpan<double> Bias => bias;

    /// <summary>
    /// Behind any number of the node, the roundings of an evaluation that adds the terms in any order: the n of the rounding
    /// error bound γₙ(Σ|Lᵢ||xᵢ| + <see cref="BiasMagnitude"/>). Zero where the node only moves elements.
    /// </summary>
    internal int Roundings { get; }

    /// <summary>The sum of the magnitudes that the bias is the sum of: at least |b|, more where they cancel.</summary>
    internal ReadOnlySpan<double> BiasMagnitude => biasMagnitude;

    /// <summary>The same node over other sources.</summary>
    internal AffineNode Over(ReadOnlySpan<Node> sources)
    {
        var terms = ImmutableArray.CreateBuilder<AffineTerm>(Terms.Length);
        for (var i = 0; i < sources.Length; i++) terms.Add(new AffineTerm(sources[i], Terms[i].Map));
        return new AffineNode(terms.MoveToImmutable(), bias, biasMagnitude, Name, Roundings);
    }

    // Every element is one element of a source, its negative, or a constant.
    private bool OnlyMoves()
    {
        var places = new int[Size];
        for (var i = 0; i < places.Length; i++) places[i] = biasMagnitude[i] == 0 ? 0 : 1;
        foreach (var (_, map) in Terms)
        {
            switch (map)
            {
                case SelectionMap selection:
                    for (var i = 0; i < places.Length; i++) places[i] += selection.Indices[i] < 0 ? 0 : 1;
                    break;
                case ScaleMap scale when !scale.Factors.ContainsAnyExcept(1, -1):
                    for (var i = 0; i < places.Length; i++) places[i]++;
                    break;
                default:
                    return false;
            }
        }

        return places.All(count => count <= 1);
    }

    /// <summary>The most numbers that an element of the map's result is the sum of; of its transpose there may be more.</summary>
    private static int Additions(LinearMap map) => map switch
    {
        SelectionMap => 1,
        DenseMap dense => dense.InputSize / dense.Blocks,
        ConvolutionMap { Shape: var shape } convolution => convolution.InputChannels / shape.Groups * shape.KernelHeight * shape.KernelWidth,
        CompositionMap pair => Additions(pair.Outer) + Additions(pair.Inner),
        _ => map.LongestInnerProduct,
    };
}
