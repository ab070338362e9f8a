using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Points of a region and the values that networks take there.</summary>
internal static class Sampling
{
    /// <summary>Random points, many of them on the boundary of the box, scaled into the ball where there is one.</summary>
    public static double[] Points(InputRegion region, int count, Random random)
    {
        var points = new double[count * region.Size];
        for (var p = 0; p < count; p++)
        {
            var x = points.AsSpan(p * region.Size, region.Size);
            for (var i = 0; i < x.Length; i++)
            {
                var share = (p % 3) switch
                {
                    0 => random.Next(2),
                    1 => random.NextDouble(),
                    _ => Math.Clamp(2 * random.NextDouble() - 0.5, 0, 1),
                };
                x[i] = Math.Clamp(region.Lower[i] + share * (region.Upper[i] - region.Lower[i]), region.Lower[i], region.Upper[i]);
            }

            if (!region.IsBox) Shrink(region, x);
        }

        return points;
    }

    /// <summary>The smallest and largest values of a linear function of the outputs among many points.</summary>
    public static (double Least, double Most) Range(Network network, double[] coefficients, double[] points)
    {
        var rows = points.Length / network.Input.Size;
        var outputs = network.Evaluate<double>(points, rows);
        var values = Enumerable.Range(0, rows)
            .Select(row => coefficients.Select((c, i) => c * outputs[row * coefficients.Length + i]).Sum())
            .ToArray();
        return (values.Min(), values.Max());
    }

    private static void Shrink(InputRegion region, Span<double> x)
    {
        var distance = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var step = Math.Abs(x[i] - region.Center[i]) / region.Radii[i];
            distance += region.Norm == Norm.L2 ? step * step : step;
        }

        if (region.Norm == Norm.L2) distance = Math.Sqrt(distance);
        if (distance <= 1) return;
        for (var i = 0; i < x.Length; i++) x[i] = region.Center[i] + (1 - 1e-12) * (x[i] - region.Center[i]) / distance;
    }
}
