using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Clever;

/// <summary>The largest norms of gradients in a ball.</summary>
/// <remarks>
/// Gradients are sampled in float32. Where a batch has its maximum, the gradient is evaluated again in double, so that
/// the maxima are norms of gradients and not of their roundings.
/// </remarks>
internal sealed class GradientMaxima : IBatchSampler
{
    // Enough for matrix products to be fast, few enough for their values to stay in the caches.
    private const int MostColumns = 32;

    private readonly CleverQuestion question;
    private readonly ImmutableArray<Node> gradients;
    private readonly BallSampler ball;
    private readonly ColumnEvaluation<float> evaluation;
    private readonly Evaluation<double>[] exact;
    private readonly float[] points;
    private readonly float[][] steepest;
    private readonly double[] point;
    private readonly float[] norms;

    internal GradientMaxima(Network network, ImmutableArray<Node> gradients, ReadOnlySpan<float> center, CleverQuestion question)
    {
        (this.question, this.gradients) = (question, gradients);
        var rows = Math.Min(question.Samples, MostColumns);
        ball = new BallSampler(center, question.Norm, question.Radius, question.Domain);
        (evaluation, exact) = (new ColumnEvaluation<float>(network, rows), [.. gradients.Select(gradient => new Evaluation<double>(new Network(network.Input, gradient), 1))]);
        (points, point) = (new float[rows * center.Length], new double[center.Length]);
        norms = new float[evaluation.Capacity];
        steepest = new float[gradients.Length][];
        for (var i = 0; i < steepest.Length; i++) steepest[i] = new float[center.Length];
    }

    /// <summary>The largest norms of the gradients of linear functions of the outputs.</summary>
    public static (EndPoint Constant, double? Slope)[] EndPoints(
        Network network, ReadOnlySpan<float> center, double[][] functions, CleverQuestion question, CancellationToken cancellation)
    {
        if (functions.Length == 0) return [];
        var (joined, gradients) = Differentiation.Gradients(network, functions, Staircases.Derivative);

        // A function that is affine has one gradient, and there is nothing to sample.
        var constant = gradients.Select(gradient => gradient is AffineNode { Terms: [] }).ToArray();
        var input = center.ToArray();
        var sampled = gradients.Where((_, i) => !constant[i]).ToImmutableArray();
        var endPoints = sampled.IsEmpty
            ? []
            : Batches.EndPoints(sampled.Length, question, () => new GradientMaxima(joined, sampled, input, question), cancellation);
        return [.. gradients.Select((gradient, i) => (
            constant[i] ? EndPoint.Known(DualNorm.Of(((AffineNode)gradient).Bias, question.Norm)) : endPoints[sampled.IndexOf(gradient)],
            (double?)null))];
    }

    /// <inheritdoc/>
    public void Draw(RandomLanes random, Span<double> maxima)
    {
        maxima.Fill(double.NegativeInfinity);
        var size = point.Length;
        for (var done = 0; done < question.Samples;)
        {
            var rows = Math.Min(points.Length / size, question.Samples - done);
            var drawn = points.AsSpan(0, rows * size);
            ball.Draw(random, drawn);
            for (var row = 0; row < rows; row++) question.Transformation?.Apply(drawn.Slice(row * size, size));
            evaluation.Run(drawn, rows);
            for (var i = 0; i < maxima.Length; i++)
            {
                DualNorm.OfColumns(evaluation[gradients[i]], norms.AsSpan(0, evaluation.Columns), question.Norm);
                for (var row = 0; row < rows; row++)
                {
                    // So written that what is not a number is the largest.
                    var norm = (double)norms[row];
                    if (norm <= maxima[i] || double.IsNaN(maxima[i])) continue;
                    maxima[i] = norm;
                    drawn.Slice(row * size, size).CopyTo(steepest[i]);
                }
            }

            done += rows;
        }

        for (var i = 0; i < maxima.Length; i++)
        {
            for (var k = 0; k < size; k++) point[k] = steepest[i][k];
            exact[i].Run(point, 1);
            maxima[i] = DualNorm.Of(exact[i][gradients[i]], question.Norm);
        }
    }
}
