using System.Collections.Immutable;
using System.Runtime.InteropServices;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Specifications;

/// <summary>The inputs that a property speaks of: a box, or the part of a box that lies in a ball.</summary>
/// <remarks>
/// A ball is {x : ‖(x − c) / r‖ ≤ 1} with a radius r for every element, so features may have units of their own. An l∞
/// ball is a box and is stored as one. A network reads float32 numbers: an element whose interval holds none of them, such as
/// the constant 0.1, stands for the nearest one, and the interval is widened to reach it, so that what is proved of the
/// region holds for what the network is given.
/// </remarks>
public sealed class InputRegion
{
    private readonly double[] lower;
    private readonly double[] upper;
    private readonly double[]? center;
    private readonly double[]? radii;
    private readonly float[] lowerFloat32;
    private readonly float[] upperFloat32;

    private InputRegion(double[] lower, double[] upper, Norm norm = Norm.Linf, double[]? center = null, double[]? radii = null)
    {
        (this.lower, this.upper, this.center, this.radii, Norm) = (lower, upper, center, radii, norm);
        (lowerFloat32, upperFloat32) = (new float[lower.Length], new float[lower.Length]);
        for (var i = 0; i < lower.Length; i++)
        {
            if (!double.IsFinite(lower[i]) || !double.IsFinite(upper[i]))
                throw new ArgumentException($"Input {i} has the bounds [{lower[i]}, {upper[i]}]; both must be finite.");
            if (lower[i] > upper[i])
                throw new ArgumentException($"The region is empty: input {i} has the bounds [{lower[i]}, {upper[i]}].");
            (lowerFloat32[i], upperFloat32[i]) = RoundInward(lower[i], upper[i]);
            if (lowerFloat32[i] <= upperFloat32[i]) continue;
            var nearest = ToFloat32(lower[i] / 2 + upper[i] / 2);
            (lowerFloat32[i], upperFloat32[i]) = (nearest, nearest);
            (lower[i], upper[i]) = (Math.Min(lower[i], nearest), Math.Max(upper[i], nearest));
        }

        if (!IsBox && !Contains(NearestToCenter()))
            throw new ArgumentException("The region is empty: no float32 input of the domain lies in the ball.");
    }

    /// <summary>Elements of an input.</summary>
    public int Size => lower.Length;

    /// <summary>The lower ends of the smallest known box around the region.</summary>
    public ReadOnlySpan<double> Lower => lower;

    /// <summary>The upper ends of the smallest known box around the region.</summary>
    public ReadOnlySpan<double> Upper => upper;

    /// <summary>The smallest and the largest float32 number in the box, for every element.</summary>
    public (ImmutableArray<float> Lower, ImmutableArray<float> Upper) Representable =>
        (ImmutableCollectionsMarshal.AsImmutableArray(lowerFloat32), ImmutableCollectionsMarshal.AsImmutableArray(upperFloat32));

    /// <summary>The norm of the ball; l∞ where the region is a box.</summary>
    public Norm Norm { get; }

    /// <summary>True where the region is its box and nothing less.</summary>
    public bool IsBox => center is null;

    /// <summary>The centre of the ball; empty where the region is a box.</summary>
    public ReadOnlySpan<double> Center => center;

    /// <summary>The radius of the ball in every element; empty where the region is a box.</summary>
    public ReadOnlySpan<double> Radii => radii;

    /// <summary>All inputs between two bounds.</summary>
    /// <exception cref="ArgumentException">A bound is not finite, or the region is empty.</exception>
    public static InputRegion Box(ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        if (lower.Length != upper.Length)
            throw new ArgumentException($"{lower.Length} lower and {upper.Length} upper bounds do not make a box.");
        return new InputRegion(lower.ToArray(), upper.ToArray());
    }

    /// <summary>All inputs within a radius of a centre.</summary>
    /// <param name="center">The centre.</param>
    /// <param name="radius">The radius, not negative.</param>
    /// <param name="norm">The norm that measures the distance.</param>
    /// <param name="domain">Where inputs lie at all, if not everywhere.</param>
    /// <exception cref="ArgumentException">The radius is negative, the domain is no box, or the region is empty.</exception>
    public static InputRegion Ball(ReadOnlySpan<double> center, double radius, Norm norm, InputRegion? domain = null)
    {
        var radii = new double[center.Length];
        Array.Fill(radii, radius);
        return Ball(center, radii, norm, domain);
    }

    /// <summary>All inputs within a ball that has a radius of its own in every element.</summary>
    /// <exception cref="ArgumentException">A radius is negative, the domain is no box, or no input of the domain lies in the ball.</exception>
    public static InputRegion Ball(ReadOnlySpan<double> center, ReadOnlySpan<double> radii, Norm norm, InputRegion? domain = null)
    {
        if (center.Length != radii.Length)
            throw new ArgumentException($"{radii.Length} radii for {center.Length} inputs.");
        if (domain is { IsBox: false } || (domain is not null && domain.Size != center.Length))
            throw new ArgumentException($"A domain is a box of {center.Length} inputs.", nameof(domain));
        var (lower, upper) = (new double[center.Length], new double[center.Length]);
        var (middle, ownRadii) = (center.ToArray(), radii.ToArray());
        for (var i = 0; i < center.Length; i++)
        {
            if (!(radii[i] >= 0)) throw new ArgumentException($"The radius of input {i} is {radii[i]}; it must not be negative.", nameof(radii));
            (lower[i], upper[i]) = (-Rounding.SumUp(-center[i], radii[i]), Rounding.SumUp(center[i], radii[i]));
            if (RoundInward(lower[i], upper[i]) is var (first, last) && first > last)
            {
                // The constant is the nearest float32 number, and no part of the distance is used up by going there.
                (middle[i], ownRadii[i]) = (ToFloat32(center[i]), 0);
                (lower[i], upper[i]) = (Math.Min(lower[i], middle[i]), Math.Max(upper[i], middle[i]));
            }

            if (domain is not null)
            {
                lower[i] = Math.Max(lower[i], domain.lower[i]);
                upper[i] = Math.Min(upper[i], domain.upper[i]);
            }
        }

        return norm == Norm.Linf
            ? new InputRegion(lower, upper)
            : new InputRegion(lower, upper, norm, middle, ownRadii);
    }

    /// <summary>The part of a box that lies in a ball, as another region states both.</summary>
    /// <exception cref="ArgumentException">They have different sizes, a bound or a centre is not finite, a radius is negative, or the region is empty.</exception>
    internal static InputRegion Of(double[] lower, double[] upper, Norm norm, double[] center, double[] radii)
    {
        if (norm == Norm.Linf || upper.Length != lower.Length || center.Length != lower.Length || radii.Length != lower.Length)
            throw new ArgumentException($"{lower.Length} and {upper.Length} bounds, {center.Length} elements of a centre and {radii.Length} radii make no part of a ball.");
        if (!center.All(double.IsFinite) || !radii.All(radius => radius >= 0)) throw new ArgumentException("A ball has a finite centre and no negative radii.");
        return new InputRegion(lower, upper, norm, center, radii);
    }

    /// <summary>True where an input, as the network is given it, lies in the region.</summary>
    /// <remarks>Exact for a box. The distance from a ball's centre is rounded up, so that no input outside is let in.</remarks>
    public bool Contains(ReadOnlySpan<float> input)
    {
        if (input.Length != Size) throw new ArgumentException($"The region has {Size} inputs, not {input.Length}.", nameof(input));
        for (var i = 0; i < input.Length; i++)
        {
            // So written that NaN is outside.
            if (!(input[i] >= lowerFloat32[i] && input[i] <= upperFloat32[i])) return false;
        }

        return IsBox || IsWithinBall(input);
    }

    /// <summary>True where every input of another region is known to lie in this one: in its box, and in its ball by having the same centre.</summary>
    public bool Contains(InputRegion other)
    {
        if (other.Size != Size) return false;
        for (var i = 0; i < Size; i++)
        {
            if (other.lower[i] < lower[i] || other.upper[i] > upper[i]) return false;
        }

        return IsBox || (!other.IsBox && other.Norm == Norm && other.Center.SequenceEqual(center)
            && !other.radii!.Zip(radii!).Any(pair => pair.First > pair.Second));
    }

    /// <summary>The point of the box that is nearest to the ball's centre.</summary>
    internal float[] NearestToCenter()
    {
        var nearest = new float[Size];
        for (var i = 0; i < nearest.Length; i++) nearest[i] = Math.Clamp((float)center![i], lowerFloat32[i], upperFloat32[i]);
        return nearest;
    }

    /// <summary>The smallest and the largest float32 number of an interval; in the wrong order where it holds none.</summary>
    private static (float Lower, float Upper) RoundInward(double lower, double upper)
    {
        var (first, last) = (ToFloat32(lower), ToFloat32(upper));
        return (first < lower ? MathF.BitIncrement(first) : first, last > upper ? MathF.BitDecrement(last) : last);
    }

    private static float ToFloat32(double value) => Math.Clamp((float)value, -float.MaxValue, float.MaxValue);

    private bool IsWithinBall(ReadOnlySpan<float> input)
    {
        var sum = 0.0;
        for (var i = 0; i < input.Length; i++)
        {
            var difference = input[i] > center![i] ? Rounding.SumUp(input[i], -center[i]) : Rounding.SumUp(center[i], -input[i]);
            if (difference == 0) continue;
            var share = Rounding.QuotientUp(difference, radii![i]);
            sum = Rounding.SumUp(sum, Norm == Norm.L2 ? Rounding.ProductUp(share, share) : share);
        }

        return sum <= 1;
    }
}
