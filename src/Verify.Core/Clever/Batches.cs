using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Clever;

/// <summary>What samples one batch after another, on one thread.</summary>
internal interface IBatchSampler
{
    /// <summary>The largest value of every quantity over the samples of one batch.</summary>
    /// <param name="random">The batch's random numbers.</param>
    /// <param name="maxima">One number for every quantity, to be written.</param>
    void Draw(RandomLanes random, Span<double> maxima);
}

/// <summary>The maxima of batches of samples, and the end points that they suggest.</summary>
internal static class Batches
{
    /// <summary>Draws all batches on all threads. A batch's random numbers are its own, so that threads change nothing.</summary>
    public static EndPoint[] EndPoints(int quantities, CleverQuestion question, Func<IBatchSampler> sampler, CancellationToken cancellation)
    {
        var maxima = new double[question.Batches * quantities];
        Parallel.For(
            0,
            question.Batches,
            new ParallelOptions { CancellationToken = cancellation },
            sampler,
            (batch, _, own) =>
            {
                own.Draw(new RandomLanes(Stream(question, "samples", batch)), maxima.AsSpan(batch * quantities, quantities));
                return own;
            },
            _ => { });

        var endPoints = new EndPoint[quantities];
        Parallel.For(0, quantities, new ParallelOptions { CancellationToken = cancellation }, quantity =>
        {
            var own = new double[question.Batches];
            for (var batch = 0; batch < own.Length; batch++) own[batch] = maxima[batch * quantities + quantity];
            endPoints[quantity] = EndPoint.Of(own, Stream(question, "bootstrap", quantity));
        });
        return endPoints;
    }

    private static RandomStream Stream(CleverQuestion question, string purpose, int number) =>
        RandomStream.From($"CLEVER {purpose} {question.Seed}", (ulong)number);
}
