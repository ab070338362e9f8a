using System.Numerics.Tensors;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Lipschitz.Norms;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Looks for the input where a network is steepest.</summary>
/// <remarks>
/// Random inputs, then steps from the steepest of them: into neighbouring activation regions, along single inputs and in random
/// directions, of every length; a step that is steeper is kept. What is found is proved by an interval evaluation of the gradients at the
/// input: near it, wherever the network is differentiable, its derivative lies in these intervals, so the least norm of a matrix in
/// them is a lower bound of the Lipschitz constant. Deterministic.
/// </remarks>
internal static class SteepestPoint
{
    private const int Batch = 32;

    // Multiply–adds that the search may take, roughly: some seconds of one thread.
    private const double MostWork = 2e9;

    /// <summary>A lower bound, and an input of the problem near which the network is that steep; none where the bound is zero.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="samples">Random inputs.</param>
    /// <param name="steps">Rounds of steps.</param>
    /// <param name="cancellation">Ends the search with what was found.</param>
    public static (double Lower, double[] Point) Find(Problem problem, int samples, int steps, CancellationToken cancellation)
    {
        var network = problem.Network;
        if (network.Nodes.OfType<ElementwiseNode>().Any(node => Slopes.Of(node, problem.Bounds).Upper.Contains(double.PositiveInfinity))) return (0, []);
        var (rows, size) = (network.Output.Size, network.Input.Size);
        var gradients = Enumerable.Range(0, rows).Select(row => Differentiation.Gradient(network, row)).ToArray();
        var cost = rows * network.Nodes.Sum(node => 2.0 * node.Size * node.Sources.Sum(source => source.Size));
        var share = Math.Min(1, MostWork / (cost * (samples + steps * Batch)));
        (samples, steps) = (Math.Max(Batch, (int)(samples * share)), (int)(steps * share));
        var random = RandomStream.From("steepest point", (ulong)size);
        var (best, point) = (-1.0, new float[size]);
        var inputs = new float[Batch * size];
        for (var drawn = 0; drawn < samples && !cancellation.IsCancellationRequested; drawn += Batch)
        {
            if (problem.Region is { } region) UniformSampling.Draw(region, random, inputs);
            else DrawEverywhere(random, inputs, size);
            Consider();
        }

        var widths = Widths(problem, point);
        for (var step = 0; step < steps && !cancellation.IsCancellationRequested; step++)
        {
            for (var row = 0; row < Batch; row++)
            {
                var input = inputs.AsSpan(row * size, size);
                point.CopyTo(input);
                var length = Math.ScaleB(1, -random.NextInt(12));
                if (row % 4 == 0)
                {
                    var i = random.NextInt(size);
                    input[i] += (float)(widths[i] * length * (2 * random.NextInt(2) - 1));
                }
                else
                {
                    var few = 1.0 / (1 + random.NextInt(size));
                    for (var i = 0; i < size; i++)
                    {
                        if (row % 4 == 1 || random.NextDouble() < few) input[i] += (float)(widths[i] * length * (2 * random.NextDouble() - 1));
                    }
                }

                if (problem.Region is not { } region) continue;
                var (lower, upper) = region.Representable;
                for (var i = 0; i < size; i++) input[i] = Math.Clamp(input[i], lower[i], upper[i]);
                if (!region.Contains(input)) point.CopyTo(input);
            }

            Consider();
        }

        var exact = Array.ConvertAll(point, x => (double)x);
        return best > 0 && Prove(problem, gradients, exact) is var proved and > 0 ? (proved, exact) : (0, []);

        void Consider()
        {
            var doubles = new double[inputs.Length];
            TensorPrimitives.ConvertTruncating<float, double>(inputs, doubles);
            var jacobians = Array.ConvertAll(gradients, gradient => gradient.Evaluate<double>(doubles, Batch));
            var jacobian = new double[rows * size];
            for (var row = 0; row < Batch; row++)
            {
                for (var r = 0; r < rows; r++) jacobians[r].AsSpan(row * size, size).CopyTo(jacobian.AsSpan(r * size));
                if (jacobian.Any(value => !double.IsFinite(value))) continue;
                var norm = Norm(jacobian, rows, size, problem.Norm);
                if (norm <= best) continue;
                best = norm;
                inputs.AsSpan(row * size, size).CopyTo(point);
            }
        }
    }

    /// <summary>A lower bound of the norm of the derivative near an input.</summary>
    public static double Prove(Problem problem, Network[] gradients, double[] point)
    {
        var (rows, size) = (gradients.Length, point.Length);
        var region = InputRegion.Box(point, point);
        var (least, center, radius) = (new double[rows * size], new double[rows * size], new double[rows * size]);
        for (var r = 0; r < rows; r++)
        {
            var bounds = IntervalPropagation.Propagate(gradients[r], [region]);
            var lower = bounds.Lower(gradients[r].Output);
            var upper = bounds.Upper(gradients[r].Output);
            for (var j = 0; j < size; j++)
            {
                if (!double.IsFinite(upper[j] - lower[j])) return 0;
                var at = r * size + j;
                least[at] = lower[j] > 0 ? lower[j] : upper[j] < 0 ? upper[j] : 0;
                center[at] = lower[j] / 2 + upper[j] / 2;
                radius[at] = Rounding.Up(Math.Max(upper[j] - center[at], center[at] - lower[j]));
            }
        }

        return problem.Norm == Specifications.Norm.L2
            ? Math.Max(0, Rounding.Down(MatrixNorm.Lower(center, rows, size, problem.Norm) - MatrixNorm.OfMagnitudes(radius, rows, size, problem.Norm)))
            : MatrixNorm.Lower(least, rows, size, problem.Norm);
    }

    /// <summary>A norm for comparing: rounded to nearest, in l2 by few steps.</summary>
    private static double Norm(double[] jacobian, int rows, int columns, Norm norm) => MatrixNorm.Lower(jacobian, rows, columns, norm);

    private static double[] Widths(Problem problem, float[] point)
    {
        var widths = new double[point.Length];
        for (var i = 0; i < widths.Length; i++)
            widths[i] = problem.Region is { } region ? region.Upper[i] - region.Lower[i] : 1 + Math.Abs(point[i]);
        return widths;
    }

    /// <summary>Normal numbers of every magnitude, since nothing says how large inputs are.</summary>
    private static void DrawEverywhere(RandomStream random, Span<float> inputs, int size)
    {
        for (; inputs.Length > 0; inputs = inputs[size..])
        {
            var scale = Math.ScaleB(1, random.NextInt(16) - 8);
            foreach (ref var value in inputs[..size]) value = (float)(scale * random.NextGaussian());
        }
    }
}
