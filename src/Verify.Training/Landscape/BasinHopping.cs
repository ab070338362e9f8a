using RobustVerify.Core.Numerics;
using RobustVerify.Training.Minimization;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>How long minima are searched for, and how far the steps between them go.</summary>
public sealed record HoppingSettings
{
    /// <summary>Searches that begin at different points; they run in parallel.</summary>
    public int Chains { get; init; } = 4;

    /// <summary>Steps of each search: one local minimisation each.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>The standard deviation of a random displacement, relative to the root mean square of the parameters.</summary>
    public double Displacement { get; init; } = 0.5;

    /// <summary>A step up by Δ is accepted with probability exp(−Δ / temperature).</summary>
    public double Temperature { get; init; } = 0.002;

    /// <summary>What all random numbers follow from.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Searches for local minima: from one to the next by a random displacement and a local minimisation.</summary>
/// <remarks>
/// For smooth objectives. Returns minima that differ by more than the order and the signs of neurons, lowest first; there may be others. Where a
/// local minimisation does not reach a small gradient, nothing is kept; where it ends at a saddle, it goes on along the direction
/// that leads down. Source: Wales and Doye, J. Phys. Chem. A 101, 5111 (1997).
/// </remarks>
internal sealed class BasinHopping(Architecture architecture, Func<IObjective> objective, HoppingSettings settings)
{
    // Second derivatives are differences of gradients that are accurate to about 1e-12 / 1e-5.
    private const double NoSaddle = -1e-6;
    private const double SameValue = 1e-8, SameParameters = 0.01;
    private const double SmallGradient = 1e-6;
    private const int MostDescents = 5;

    /// <summary>The distinct minima.</summary>
    public List<DistinctMinimum> Search(Action<int>? progress, CancellationToken cancellation)
    {
        var chains = new List<DistinctMinimum>[settings.Chains];
        var done = 0;
        Parallel.For(0, settings.Chains, chain => chains[chain] = Chain(chain, () => progress?.Invoke(Interlocked.Increment(ref done)), cancellation));
        var minima = new List<DistinctMinimum>();
        foreach (var minimum in chains.SelectMany(found => found)) Add(minima, minimum);
        minima.Sort((a, b) => a.Value.CompareTo(b.Value));
        return minima;
    }

    private List<DistinctMinimum> Chain(int chain, Action progress, CancellationToken cancellation)
    {
        var random = RandomStream.From($"basin hopping {chain}", settings.Seed);
        var function = objective();
        var minima = new List<DistinctMinimum>();
        DistinctMinimum? current = null;
        try
        {
            for (var step = 0; step < settings.Steps; step++)
            {
                var start = current is null ? architecture.Initialize(random.Next()) : Displaced(current, random);
                if (Minimize(function, start, cancellation) is { } found)
                {
                    Add(minima, found);
                    if (current is null || random.NextDouble() < Math.Exp((current.Value - found.Value) / settings.Temperature)) current = found;
                }

                progress();
            }
        }
        catch (OperationCanceledException)
        {
            // What was found by then is not lost.
        }

        return minima;
    }

    private double[] Displaced(DistinctMinimum minimum, RandomStream random)
    {
        var point = minimum.Parameters.ToArray();
        var deviation = settings.Displacement * Math.Sqrt(Reduction.Dot(point, point) / point.Length);
        foreach (ref var value in point.AsSpan()) value += deviation * random.NextGaussian();
        return point;
    }

    private static DistinctMinimum? Minimize(IObjective function, double[] point, CancellationToken cancellation)
    {
        for (var descent = 0; descent < MostDescents; descent++)
        {
            var end = LimitedMemoryBfgs.Minimize(function, point, SmallGradient, cancellation: cancellation);
            if (end.GradientNorm > SmallGradient) return null;
            var (curvature, direction) = LeastCurvature.Of(function, end.Parameters);
            if (curvature >= NoSaddle) return new DistinctMinimum([.. end.Parameters], end.Value, end.GradientNorm, curvature, 1);
            for (var k = 0; k < point.Length; k++) point[k] = end.Parameters[k] + 0.1 * direction[k];
        }

        return null;
    }

    private void Add(List<DistinctMinimum> minima, DistinctMinimum minimum)
    {
        var known = minima.FindIndex(other => IsSame(other, minimum));
        if (known < 0) minima.Add(minimum);
        else minima[known] = minima[known] with { Visits = minima[known].Visits + minimum.Visits };
    }

    private bool IsSame(DistinctMinimum a, DistinctMinimum b)
    {
        if (Math.Abs(a.Value - b.Value) > SameValue * Math.Max(1, Math.Abs(a.Value)) + a.Slack + b.Slack) return false;
        return NeuronAlignment.Distance(architecture, a.Parameters.AsSpan(), b.Parameters.AsSpan())
            <= SameParameters * Math.Sqrt(Reduction.Dot(a.Parameters.AsSpan(), a.Parameters.AsSpan()));
    }
}
