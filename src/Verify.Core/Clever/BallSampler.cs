using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    private readonly float[] lower, upper;
    private readonly float[] direction;

    /// <summary>Prepares the ball of a radius about a point of the domain.</summary>
    public BallSampler(ReadOnlySpan<float> center, Norm norm, double radius, InputRegion? domain)
    {
        (this.norm, this.radius, this.center) = (norm, (float)radius, center.ToArray());
        direction = new float[center.Length + norm switch { Norm.L1 => 1, Norm.L2 => 2, _ => 0 }];
        lower = domain is null ? [.. Enumerable.Repeat(float.NegativeInfinity, center.Length)] : [.. domain.Representable.Lower];
        upper = domain is null ? [.. Enumerable.Repeat(float.PositiveInfinity, center.Length)] : [.. domain.Representable.Upper];
    }

    /// <summary>Fills rows of points.</summary>
    public void Draw(RandomLanes random, Span<float> points)
    {
        for (; points.Length > 0; points = points[center.Length..]) Place(radius * Direction(random), points[..center.Length]);
    }

    /// <summary>The point in the direction, at a distance that is so many times its length, or what the domain has next to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Place(float scale, Span<float> point)
    {
        var i = 0;
        for (; i <= point.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var moved = Vector512.FusedMultiplyAdd(Vector512.Create(direction.AsSpan(i)), Vector512.Create(scale), Vector512.Create(center.AsSpan(i)));
            Vector512.Min(Vector512.Max(moved, Vector512.Create(lower.AsSpan(i))), Vector512.Create(upper.AsSpan(i))).CopyTo(point[i..]);
        }

        for (; i < point.Length; i++) point[i] = MathF.Min(MathF.Max(MathF.FusedMultiplyAdd(direction[i], scale, center[i]), lower[i]), upper[i]);
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
