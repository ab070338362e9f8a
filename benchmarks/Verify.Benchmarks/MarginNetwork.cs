using System.Diagnostics;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Benchmarks;

/// <summary>A network whose outputs are to be positive, with its gradients, and what is found of it without optimising slopes.</summary>
internal sealed class MarginNetwork
{
    // Boxes that are split at once: bounds of a batch take less time than of one box after another.
    private const int Batch = 8;

    private readonly Network pullback;
    private readonly Node value;

    public MarginNetwork(Network network)
    {
        (Network, Rows) = (network, new double[network.Output.Size * network.Output.Size]);
        for (var i = 0; i < network.Output.Size; i++) Rows[i * network.Output.Size + i] = 1;
        Any = [.. Enumerable.Repeat(double.NegativeInfinity, network.Output.Size)];
        (pullback, value) = Differentiation.Pullback(network);
    }

    public Network Network { get; }

    /// <summary>The outputs themselves, as rows of coefficients.</summary>
    public double[] Rows { get; }

    /// <summary>For every output, a bound that any is above: with it as enough, the lines of least area are not improved.</summary>
    public double[] Any { get; }

    private int Outputs => Network.Output.Size;

    /// <summary>Lower bounds by the lines of least area, of ever smaller boxes until the time is over.</summary>
    /// <remarks>
    /// The boxes with the lowest bounds are halved where the output that is lowest changes most: by the gradient at the
    /// centre. What has begun when the time is over is finished.
    /// </remarks>
    public double[] SplitBounds(InputRegion region, double seconds)
    {
        var start = Stopwatch.GetTimestamp();
        var open = new PriorityQueue<(InputRegion Region, double[] Bounds), double>();
        void Add(InputRegion[] regions, Func<int, double[]> parent)
        {
            var propagation = LinearBoundPropagation.Propagate(Network, [.. regions]);
            for (var i = 0; i < regions.Length; i++)
            {
                var bounds = propagation.LowerBounds(Rows, i, enough: Any).Zip(parent(i), Math.Max).ToArray();
                open.Enqueue((regions[i], bounds), bounds.Min());
            }
        }

        var unknown = new double[Outputs];
        Array.Fill(unknown, double.NegativeInfinity);
        Add([region], _ => unknown);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            var boxes = new List<(InputRegion Region, double[] Bounds)>();
            while (boxes.Count < Batch && open.TryDequeue(out var box, out _)) boxes.Add(box);
            Add([.. boxes.SelectMany(box => Halves(box.Region, Array.IndexOf(box.Bounds, box.Bounds.Min())))], i => boxes[i / 2].Bounds);
        }

        return [.. Enumerable.Range(0, Outputs).Select(row => open.UnorderedItems.Min(item => item.Element.Bounds[row]))];
    }

    /// <summary>The outputs at the centre, and the lowest values found by descent from there and from random points.</summary>
    public (double[] Center, double[] Lowest) Sample(InputRegion region, RandomStream random)
    {
        const int Starts = 8;
        const int Steps = 30;
        var (size, count) = (region.Size, Starts * Outputs);
        var points = new double[count * (size + Outputs)];
        for (var row = 0; row < count; row++)
        {
            var point = points.AsSpan(row * (size + Outputs), size);
            for (var i = 0; i < size; i++)
                point[i] = region.Lower[i] + (row < Outputs ? 0.5 : random.NextDouble()) * (region.Upper[i] - region.Lower[i]);
            points[row * (size + Outputs) + size + row % Outputs] = 1;
        }

        var lowest = new double[Outputs];
        Array.Fill(lowest, double.PositiveInfinity);
        var center = Array.Empty<double>();
        for (var step = 0; step <= Steps; step++)
        {
            var evaluation = Evaluation<double>.Of(pullback, points, count);
            var values = evaluation[value];
            var gradients = evaluation[pullback.Output];
            if (step == 0) center = values[..Outputs].ToArray();
            var length = step % 10 == 9 ? 2 : 0.5 * Math.Pow(0.9, step);
            for (var row = 0; row < count; row++)
            {
                for (var k = 0; k < Outputs; k++) lowest[k] = Math.Min(lowest[k], values[row * Outputs + k]);
                for (var i = 0; i < size; i++)
                {
                    ref var x = ref points[row * (size + Outputs) + i];
                    var change = length * (region.Upper[i] - region.Lower[i]) * Math.Sign(gradients[row * size + i]);
                    x = Math.Clamp(x - change, region.Lower[i], region.Upper[i]);
                }
            }
        }

        return (center, lowest);
    }

    private InputRegion[] Halves(InputRegion region, int output)
    {
        var size = region.Size;
        var point = new double[size + Outputs];
        for (var i = 0; i < size; i++) point[i] = region.Lower[i] / 2 + region.Upper[i] / 2;
        point[size + output] = 1;
        var gradient = pullback.Evaluate<double>(point);
        var (widest, most) = (0, -1.0);
        for (var i = 0; i < size; i++)
        {
            var width = Math.Abs(gradient[i]) * (region.Upper[i] - region.Lower[i]);
            if (width > most) (widest, most) = (i, width);
        }

        var (lower, upper) = (region.Lower.ToArray(), region.Upper.ToArray());
        (lower[widest], upper[widest]) = (point[widest], point[widest]);
        return [InputRegion.Box(region.Lower, upper), InputRegion.Box(lower, region.Upper)];
    }
}
