namespace RobustVerify.Core.Networks.Activations;

/// <summary>z·clip(z/6 + 1/2, 0, 1).</summary>
public static class HardSwish
{
    /// <summary>The function: 0 up to −3, a parabola, z from 3 on.</summary>
    public static Activation Instance { get; } =
        new Piecewise("HardSwish", [-3, 3], [new Quadratic(0, 0, 0), new Quadratic(0, 0.5, 1 / 6.0), new Quadratic(0, 1, 0)]);
}
