using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Specifications;

/// <summary>Draws random inputs from a region.</summary>
public static class UniformSampling
{
    // In a few dimensions a domain leaves enough of a ball to be hit; in many, no number of attempts is enough.
    private const int Attempts = 20;

    /// <summary>Fills a batch with inputs of a region, each rounded to float32 and in the region exactly.</summary>
    /// <param name="region">The region.</param>
    /// <param name="random">The source of randomness.</param>
    /// <param name="inputs">Rows of inputs.</param>
    /// <remarks>
    /// Uniform in a box and in a ball. Where a domain clips a ball, an input beyond it is drawn again, and after 20 attempts
    /// moved onto the domain's border; then the border is drawn too often. A point of an l2 ball is the beginning of a point of
    /// a sphere with two dimensions more (Archimedes); of an l1 ball, exponentials divided by the sum of themselves and one
    /// more, with random signs. Both need no function that differs from one machine to another.
    /// Source: Barthe et al. 2005, arXiv math/0503650.
    /// </remarks>
    public static void Draw(InputRegion region, RandomStream random, Span<float> inputs)
    {
        if (inputs.Length % region.Size != 0)
            throw new ArgumentException($"{inputs.Length} numbers are no rows of {region.Size} inputs.", nameof(inputs));
        var direction = new double[region.Size];
        for (; inputs.Length > 0; inputs = inputs[region.Size..])
        {
            var input = inputs[..region.Size];
            if (region.IsBox) DrawFromBox(region, random, input);
            else DrawFromBall(region, random, direction, input);
        }
    }

    private static void DrawFromBox(InputRegion region, RandomStream random, Span<float> input)
    {
        for (var i = 0; i < input.Length; i++)
            input[i] = (float)(region.Lower[i] + random.NextDouble() * (region.Upper[i] - region.Lower[i]));
        Clamp(region, input);
    }

    private static void DrawFromBall(InputRegion region, RandomStream random, double[] direction, Span<float> input)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (region.Norm == Norm.L2) DrawL2(region.Radii, random, direction);
            else DrawL1(region.Radii, random, direction);
            for (var i = 0; i < input.Length; i++) input[i] = (float)(region.Center[i] + region.Radii[i] * direction[i]);
            if (region.Contains(input)) return;
        }

        // The segment to the nearest point lies in the box and ends in the ball.
        Clamp(region, input);
        var nearest = region.NearestToCenter();
        for (var halving = 0; halving < 64 && !region.Contains(input); halving++)
        {
            for (var i = 0; i < input.Length; i++) input[i] = (float)(((double)input[i] + nearest[i]) / 2);
        }

        if (!region.Contains(input)) nearest.CopyTo(input);
    }

    private static void DrawL2(ReadOnlySpan<double> radii, RandomStream random, double[] direction)
    {
        var (first, second) = (random.NextGaussian(), random.NextGaussian());
        var square = first * first + second * second;
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] = radii[i] > 0 ? random.NextGaussian() : 0;
            square += direction[i] * direction[i];
        }

        var length = Math.Sqrt(square);
        foreach (ref var share in direction.AsSpan()) share /= length;
    }

    private static void DrawL1(ReadOnlySpan<double> radii, RandomStream random, double[] direction)
    {
        var sum = random.NextExponential();
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] = radii[i] > 0 ? random.NextExponential() : 0;
            sum += direction[i];
        }

        foreach (ref var share in direction.AsSpan()) share *= (random.NextInt(2) == 0 ? 1 : -1) / sum;
    }

    private static void Clamp(InputRegion region, Span<float> input)
    {
        var (lower, upper) = region.Representable;
        for (var i = 0; i < input.Length; i++) input[i] = Math.Clamp(input[i], lower[i], upper[i]);
    }
}
