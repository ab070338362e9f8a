namespace RobustVerify.Core.Clever;

/// <summary>What is done to an input before the network sees it, where it has no useful derivative.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Apply">
/// Transforms one input in place. It must be a function of the input alone, and may be called by several threads at once.
/// </param>
public sealed record InputTransformation(string Name, InputTransformation.InPlace Apply)
{
    /// <summary>Transforms one input in place.</summary>
    public delegate void InPlace(Span<float> input);

    /// <summary>Every element becomes the nearest of 2ᵇ levels, evenly spaced from one value to another.</summary>
    /// <param name="bits">b, from 1 to 16.</param>
    /// <param name="lower">The lowest level.</param>
    /// <param name="upper">The highest level.</param>
    public static InputTransformation BitDepth(int bits, double lower = 0, double upper = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 16);
        var steps = (1 << bits) - 1;
        return Quantized($"{bits} bits", (upper - lower) / steps, lower, 0, steps);
    }

    /// <summary>Every element becomes the nearest whole number; of two, the even one.</summary>
    public static InputTransformation Round { get; } = Quantized("round", 1, 0, double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>Quantised and dequantised: every element x becomes offset + scale·round((x − offset)/scale), the whole number between two.</summary>
    /// <param name="name">The name of the transformation.</param>
    /// <param name="scale">The distance of two levels, positive.</param>
    /// <param name="offset">The level of the whole number zero.</param>
    /// <param name="least">The least whole number.</param>
    /// <param name="most">The largest whole number.</param>
    public static InputTransformation Quantized(string name, double scale, double offset, double least, double most)
    {
        if (!(scale > 0) || !(least <= most)) throw new ArgumentException($"{name}: levels {scale} apart, from {least} to {most}, are none.");
        return new InputTransformation(name, input =>
        {
            foreach (ref var x in input) x = (float)(offset + scale * Math.Clamp(Math.Round((x - offset) / scale), least, most));
        });
    }
}
