using System.Collections.Immutable;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Networks;

/// <summary>One term of an affine node: a linear map of a source.</summary>
public sealed record AffineTerm(Node Source, LinearMap Map);

/// <summary>y = b + Σᵢ Lᵢ xᵢ.</summary>
public sealed class AffineNode : Node
{
    private readonly double[] bias;

    /// <summary>Creates a node from its terms and, unless it is zero, its bias (kept, not copied).</summary>
    /// <remarks>A node without terms is a constant.</remarks>
    public AffineNode(ImmutableArray<AffineTerm> terms, double[] bias, string name = "affine")
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

        (Terms, this.bias) = (terms, bias);
    }

    /// <summary>Creates a node of one term.</summary>
    public AffineNode(Node source, LinearMap map, double[]? bias = null, string name = "affine")
        : this([new AffineTerm(source, map)], bias ?? new double[map.OutputSize], name)
    {
    }

    /// <summary>The terms of the sum.</summary>
    public ImmutableArray<AffineTerm> Terms { get; }

    /// <summary>The constant of the sum.</summary>
    public ReadOnlySpan<double> Bias => bias;
}
