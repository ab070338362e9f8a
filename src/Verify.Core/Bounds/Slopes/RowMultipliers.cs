using RobustVerify.Core.Bounds.Splits;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>The multipliers that every row has for itself at one node's activations, while better ones are searched.</summary>
/// <remarks>Rows are told by where they were at first; multipliers are few, so they are not moved when rows are done.</remarks>
internal sealed class RowMultipliers(Multipliers start)
{
    // A step, as a part of the mean magnitude of what a row multiplies the node by, or its source where that is nothing.
    private const float FirstStep = 0.5f;
    private const float FirstDecay = 0.9f;
    private const float SecondDecay = 0.999f;

    private readonly float[] values = (float[])start.Values.Clone();
    private readonly float[] best = (float[])start.Values.Clone();
    private readonly float[] means = new float[start.Values.Length];
    private readonly float[] squares = new float[start.Values.Length];

    /// <summary>The best multipliers of every row.</summary>
    public Multipliers Best() => new(start, best);

    /// <summary>Takes β·s off the coefficients of a row.</summary>
    public void Back(int row, Span<float> coefficients)
    {
        var (from, to) = start.Of(row);
        for (var i = from; i < to; i++) coefficients[start[i].Element] -= start[i].Sign * values[i];
    }

    /// <summary>Σ β·s·(z − p): what is taken off the bound of a row.</summary>
    public double Cost(int row, ReadOnlySpan<float> z)
    {
        var sum = 0.0;
        var (from, to) = start.Of(row);
        for (var i = from; i < to; i++) sum += (double)values[i] * start[i].Sign * (z[start[i].Element] - start[i].At);
        return sum;
    }

    /// <summary>One step uphill: the bound's derivative by β is −s·(z − p) at the point where the row is least.</summary>
    /// <param name="row">The row.</param>
    /// <param name="a">What the row multiplies the node's values by.</param>
    /// <param name="b">What it multiplies those of its source by.</param>
    /// <param name="z">The source's values at the point where the row is least.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="length">How long the step is, as a part of the first.</param>
    public void Move(int row, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> z, int step, float length)
    {
        var (from, to) = start.Of(row);
        if (from == to) return;
        var unit = MeanMagnitude(a);
        if (unit == 0) unit = MeanMagnitude(b);
        var lengthOfFirst = FirstStep * length * unit / (1 - MathF.Pow(FirstDecay, step + 1));
        var scaleOfSecond = 1 / (1 - MathF.Pow(SecondDecay, step + 1));
        for (var i = from; i < to; i++)
        {
            var gradient = -start[i].Sign * (z[start[i].Element] - (float)start[i].At);
            means[i] += (gradient - means[i]) * (1 - FirstDecay);
            squares[i] += (gradient * gradient - squares[i]) * (1 - SecondDecay);
            values[i] = Math.Max(0, values[i] + means[i] * lengthOfFirst / (MathF.Sqrt(squares[i] * scaleOfSecond) + 1e-30f));
        }
    }

    /// <summary>Remembers the multipliers of a row as its best.</summary>
    public void Keep(int row) => Copy(row, values, best);

    /// <summary>Gives a row its best multipliers back.</summary>
    public void Restore(int row) => Copy(row, best, values);

    private void Copy(int row, float[] from, float[] to)
    {
        var (first, end) = start.Of(row);
        from.AsSpan(first, end - first).CopyTo(to.AsSpan(first));
    }

    private static float MeanMagnitude(ReadOnlySpan<float> a)
    {
        var (sum, count) = (0f, 0);
        foreach (var coefficient in a)
        {
            if (coefficient == 0) continue;
            sum += Math.Abs(coefficient);
            count++;
        }

        return count == 0 ? 0 : sum / count;
    }
}
