namespace RobustVerify.Core.Clever;

/// <summary>A number that samples suggest, and how far other samples might have led. It proves nothing: it is no certificate.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Lower">The lower end of its bootstrap interval, of the level 95 %.</param>
/// <param name="Upper">The upper end.</param>
public sealed record Estimated(double Value, double Lower, double Upper)
{
    /// <summary>A number that is known.</summary>
    public static Estimated Exactly(double value) => new(value, value, value);
}
