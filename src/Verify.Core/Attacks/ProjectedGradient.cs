using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Attacks;

/// <summary>The search for a counterexample by projected gradient descent on the margin, from many starting points at once.</summary>
/// <remarks>
/// Requires nothing of the network. Returns candidates, points of the region at which the network violates the property in
/// float32; only the deployed network can confirm them. Neither sound nor complete: finding nothing says nothing.
/// Source: Madry et al. 2018, arXiv 1706.06083.
/// </remarks>
public sealed class ProjectedGradient
{
    private const double FirstStep = 0.25;
    private const double Decay = 0.93;

    private readonly Network network;
    private readonly Network pullback;

    /// <summary>Prepares the search on a network.</summary>
    public ProjectedGradient(Network network)
    {
        this.network = network;
        pullback = Differentiation.Pullback(network);
    }

    /// <summary>Searches a region, yielding every point that violates the property as it is found.</summary>
    /// <param name="property">The property.</param>
    /// <param name="budget">How many starting points, and how many steps from each.</param>
    /// <param name="random">Chooses the starting points; the first is the centre of the region.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<float[]> Candidates(
        Property property, Budget budget, RandomStream random, CancellationToken cancellation = default)
    {
        var (region, size, rows) = (property.Region, network.Input.Size, budget.AttackRestarts);
        if (rows == 0) yield break;
        var points = Start(region, rows, random);
        var targets = new Conjunction[rows];
        for (var step = 0; step <= budget.AttackSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var outputs = network.Evaluate<float>(points, rows);
            if (step == 0) Aim(targets, property.Output, outputs);
            var directions = new float[rows * (size + network.Output.Size)];
            for (var row = 0; row < rows; row++)
            {
                if (Direct(row, points, outputs, targets[row], directions) && region.Contains(points.AsSpan(row * size, size)))
                    yield return points.AsSpan(row * size, size).ToArray();
            }

            if (step == budget.AttackSteps) break;
            var gradients = pullback.Evaluate<float>(directions, rows);
            for (var row = 0; row < rows; row++)
                Descend(region, points.AsSpan(row * size, size), gradients.AsSpan(row * size, size), FirstStep * Math.Pow(Decay, step));
        }
    }

    private static float[] Start(InputRegion region, int rows, RandomStream random)
    {
        var points = new float[rows * region.Size];
        for (var row = 0; row < rows; row++)
        {
            var x = points.AsSpan(row * region.Size, region.Size);
            for (var i = 0; i < x.Length; i++)
            {
                var share = row == 0 ? 0.5 : random.NextDouble();
                x[i] = (float)(region.Lower[i] + share * (region.Upper[i] - region.Lower[i]));
            }

            Projection.Onto(region, x);
        }

        return points;
    }

    /// <summary>Gives every starting point one conjunction to aim at: the nearest ones first, from where that point is.</summary>
    private static void Aim(Conjunction[] targets, OutputProperty property, ReadOnlySpan<float> outputs)
    {
        var size = outputs.Length / targets.Length;
        for (var row = 0; row < targets.Length; row++)
        {
            var y = outputs.Slice(row * size, size).ToArray();
            var byLoss = property.Violations.OrderBy(violation => ViolationLoss.Of(violation, y).Loss).Take(targets.Length).ToArray();
            targets[row] = byLoss[row / 2 % byLoss.Length];
        }
    }

    /// <summary>Lays a point and the coefficients of its active constraint side by side, and says whether it violates.</summary>
    private bool Direct(int row, ReadOnlySpan<float> points, ReadOnlySpan<float> outputs, Conjunction target, Span<float> directions)
    {
        var (inputs, size) = (network.Input.Size, network.Output.Size);
        var (loss, active) = ViolationLoss.Of(target, outputs.Slice(row * size, size));
        var both = directions.Slice(row * (inputs + size), inputs + size);
        points.Slice(row * inputs, inputs).CopyTo(both);
        for (var i = 0; i < size; i++) both[inputs + i] = (float)active.Coefficients[i];
        return loss <= 0;
    }

    /// <summary>One step against the gradient: by its signs in a box, along it in a ball, in proportion to the region's widths.</summary>
    private static void Descend(InputRegion region, Span<float> x, ReadOnlySpan<float> gradient, double step)
    {
        var length = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var scaled = gradient[i] * (region.Upper[i] - region.Lower[i]);
            length += scaled * scaled;
        }

        if (!(length > 0)) return;
        length = Math.Sqrt(length);
        for (var i = 0; i < x.Length; i++)
        {
            var width = region.Upper[i] - region.Lower[i];
            var direction = region.IsBox ? Math.Sign(gradient[i]) : gradient[i] * width / length;
            x[i] -= (float)(step * width * direction);
        }

        Projection.Onto(region, x);
    }
}
