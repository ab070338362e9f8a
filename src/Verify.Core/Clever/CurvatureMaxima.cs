using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Clever;

/// <summary>The largest curvatures of functions in a ball, sampled in double.</summary>
internal sealed class CurvatureMaxima : IBatchSampler
{
    private const int Rows = 32;

    private readonly CleverQuestion question;
    private readonly BallSampler ball;
    private readonly SampledCurvature[] curvatures;
    private readonly float[] points;
    private readonly int size;

    private CurvatureMaxima(Network[] gradients, ReadOnlySpan<float> center, CleverQuestion question)
    {
        this.question = question;
        size = center.Length;
        ball = new BallSampler(center, question.Norm, question.Radius, question.Domain);
        curvatures = [.. gradients.Select(gradient => new SampledCurvature(gradient, question.Norm, Rows))];
        points = new float[Rows * size];
    }

    /// <summary>The largest curvatures of linear functions of the outputs, and the norms of their gradients at the input.</summary>
    public static (EndPoint Constant, double? Slope)[] EndPoints(
        Network network, ReadOnlySpan<float> center, double[][] functions, CleverQuestion question, CancellationToken cancellation)
    {
        if (functions.Length == 0) return [];
        Network[] gradients = [.. functions.Select(function => Differentiation.Gradient(network, function))];
        var input = center.ToArray();
        var endPoints = Batches.EndPoints(functions.Length, question, () => new CurvatureMaxima(gradients, input, question), cancellation);
        var seen = (float[])input.Clone();
        question.Transformation?.Apply(seen);
        var at = Array.ConvertAll(seen, x => (double)x);
        return [.. gradients.Select((gradient, i) => (endPoints[i], (double?)DualNorm.Of<double>(gradient.Evaluate<double>(at), question.Norm)))];
    }

    /// <inheritdoc/>
    public void Draw(RandomLanes random, Span<double> maxima)
    {
        maxima.Clear();
        for (var done = 0; done < question.Samples;)
        {
            var rows = Math.Min(Rows, question.Samples - done);
            var drawn = points.AsSpan(0, rows * size);
            ball.Draw(random, drawn);
            for (var row = 0; row < rows; row++) question.Transformation?.Apply(drawn.Slice(row * size, size));
            for (var i = 0; i < maxima.Length; i++) maxima[i] = Math.Max(maxima[i], curvatures[i].Largest(drawn, rows, random));
            done += rows;
        }
    }
}
