using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Clever;

/// <summary>Draws points of a ball about an input, quickly.</summary>
/// <remarks>
/// Uniform in the ball, rounded to float32. For l∞, independent elements; for l2, n elements of a point of a sphere of n + 2
/// dimensions (Archimedes); for l1, exponentials divided by the sum of themselves and one more, with random signs.
/// Where there is a domain, every element beyond it is moved to its border: the law is that of the clamped points, so that what the
/// ball has beyond a face of the domain lies on that face. It is not uniform in what the ball and the domain share; in
/// many dimensions hardly any point of the ball lies in the domain, and none could be drawn by rejection.
/// Source: Barthe et al. 2005, arXiv math/0503650.
/// </remarks>
internal sealed class BallSampler
{
    private readonly Norm norm;
    private readonly float radius;
    private readonly float[] center;
    private readonly (float[] Lower, float[] Upper)? domain;
    private readonly float[] direction;

    /// <summary>Prepares the ball of a radius about a point of the domain.</summary>
    public BallSampler(ReadOnlySpan<float> center, Norm norm, double radius, InputRegion? domain)
    {
        (this.norm, this.radius, this.center) = (norm, (float)radius, center.ToArray());
        direction = new float[center.Length + norm switch { Norm.L1 => 1, Norm.L2 => 2, _ => 0 }];
        if (domain is not null) this.domain = ([.. domain.Representable.Lower], [.. domain.Representable.Upper]);
    }

    /// <summary>Fills rows of points.</summary>
    public void Draw(RandomLanes random, Span<float> points)
    {
        for (; points.Length > 0; points = points[center.Length..])
        {
            var point = points[..center.Length];
            var scale = radius * Direction(random);
            TensorPrimitives.FusedMultiplyAdd(direction.AsSpan(0, center.Length), scale, center, point);
            if (domain is not var (lower, upper)) continue;
            TensorPrimitives.Max(point, lower, point);
            TensorPrimitives.Min(point, upper, point);
        }
    }

    /// <summary>Draws a direction; returns what makes it a point of the unit ball.</summary>
    private float Direction(RandomLanes random)
    {
        switch (norm)
        {
            case Norm.L1:
                random.FillTwoSidedExponential(direction);
                return 1 / DualNorm.Of<float>(direction, Norm.Linf);
            case Norm.L2:
                random.FillGaussian(direction);
                return 1 / DualNorm.Of<float>(direction, Norm.L2);
            default:
                random.FillUniform(direction);
                return 1;
        }
    }
}
