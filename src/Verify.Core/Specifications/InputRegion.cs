namespace RobustVerify.Core.Specifications;

/// <summary>The inputs that a property speaks of: a box, or the part of a box that lies in a ball.</summary>
/// <remarks>
/// A ball is {x : ‖(x − c) / r‖ ≤ 1} with a radius r for every element, so features may have units of their own. An l∞
/// ball is a box and is stored as one.
/// </remarks>
public sealed class InputRegion
{
    private readonly double[] lower;
    private readonly double[] upper;
    private readonly double[]? center;
    private readonly double[]? radii;

    private InputRegion(double[] lower, double[] upper, Norm norm = Norm.Linf, double[]? center = null, double[]? radii = null)
    {
        (this.lower, this.upper, this.center, this.radii, Norm) = (lower, upper, center, radii, norm);
        for (var i = 0; i < lower.Length; i++)
        {
            if (!double.IsFinite(lower[i]) || !double.IsFinite(upper[i]))
                throw new ArgumentException($"Input {i} has the bounds [{lower[i]}, {upper[i]}]; both must be finite.");
            if (lower[i] > upper[i])
                throw new ArgumentException($"The region is empty: input {i} has the bounds [{lower[i]}, {upper[i]}].");
        }
    }

    /// <summary>Elements of an input.</summary>
    public int Size => lower.Length;

    /// <summary>The lower ends of the smallest known box around the region.</summary>
    public ReadOnlySpan<double> Lower => lower;

    /// <summary>The upper ends of the smallest known box around the region.</summary>
    public ReadOnlySpan<double> Upper => upper;

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
    public static InputRegion Ball(ReadOnlySpan<double> center, double radius, Norm norm, InputRegion? domain = null)
    {
        var radii = new double[center.Length];
        Array.Fill(radii, radius);
        return Ball(center, radii, norm, domain);
    }

    /// <summary>All inputs within a ball that has a radius of its own in every element.</summary>
    /// <exception cref="ArgumentException">A radius is negative, the domain is no box, or no input of the domain lies in the ball's box.</exception>
    public static InputRegion Ball(ReadOnlySpan<double> center, ReadOnlySpan<double> radii, Norm norm, InputRegion? domain = null)
    {
        if (center.Length != radii.Length)
            throw new ArgumentException($"{radii.Length} radii for {center.Length} inputs.");
        if (domain is { IsBox: false } || (domain is not null && domain.Size != center.Length))
            throw new ArgumentException($"A domain is a box of {center.Length} inputs.", nameof(domain));
        var (lower, upper) = (new double[center.Length], new double[center.Length]);
        for (var i = 0; i < center.Length; i++)
        {
            if (!(radii[i] >= 0)) throw new ArgumentException($"The radius of input {i} is {radii[i]}; it must not be negative.", nameof(radii));
            (lower[i], upper[i]) = (center[i], center[i]);
            if (radii[i] > 0) (lower[i], upper[i]) = (Math.BitDecrement(center[i] - radii[i]), Math.BitIncrement(center[i] + radii[i]));
            if (domain is not null)
            {
                lower[i] = Math.Max(lower[i], domain.lower[i]);
                upper[i] = Math.Min(upper[i], domain.upper[i]);
            }
        }

        return norm == Norm.Linf
            ? new InputRegion(lower, upper)
            : new InputRegion(lower, upper, norm, center.ToArray(), radii.ToArray());
    }
}
