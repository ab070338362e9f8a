namespace RobustVerify.Core.Relaxations;

/// <summary>left·x + right·y + offset.</summary>
/// <param name="Left">The coefficient of the first factor.</param>
/// <param name="Right">The coefficient of the second factor.</param>
/// <param name="Offset">The value at zero.</param>
public readonly record struct Plane(double Left, double Right, double Offset);

/// <summary>The planes between which a product of two numbers lies on a box.</summary>
/// <remarks>
/// Requires finite bounds. Sound, offsets rounded outward. Together the four planes are the convex hull of the product's
/// graph. Source: McCormick 1976, Mathematical Programming 10.
/// </remarks>
public static class McCormick
{
    /// <summary>x·y lies above both planes on the box: they touch at its two corners (low, low) and (high, high).</summary>
    public static (Plane First, Plane Second) Lower(double lowX, double highX, double lowY, double highY)
    {
        Check(lowX, highX, lowY, highY);
        return (new(lowY, lowX, Math.BitDecrement(-lowX * lowY)), new(highY, highX, Math.BitDecrement(-highX * highY)));
    }

    /// <summary>x·y lies below both planes on the box: they touch at its two corners (low, high) and (high, low).</summary>
    public static (Plane First, Plane Second) Upper(double lowX, double highX, double lowY, double highY)
    {
        Check(lowX, highX, lowY, highY);
        return (new(lowY, highX, Math.BitIncrement(-highX * lowY)), new(highY, lowX, Math.BitIncrement(-lowX * highY)));
    }

    private static void Check(double lowX, double highX, double lowY, double highY)
    {
        if (!(lowX <= highX && lowY <= highY) || !double.IsFinite(highX - lowX) || !double.IsFinite(highY - lowY))
            throw new ArgumentException($"A product is to be bounded on [{lowX}, {highX}] × [{lowY}, {highY}], which is not a finite box.");
    }
}
