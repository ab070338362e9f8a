using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>Steps uphill for many positions in [0, 1] at once.</summary>
/// <remarks>
/// A gradient of zero leaves a position and its moments as they are: then the bound does not use the position.
/// Source: Kingma and Ba 2015, arXiv 1412.6980.
/// </remarks>
internal sealed class Adam(int length, Pooled pool)
{
    private const float FirstDecay = 0.9f;
    private const float SecondDecay = 0.999f;

    private readonly float[] first = pool.Zeros(length);
    private readonly float[] second = pool.Zeros(length);

    /// <summary>One step.</summary>
    /// <param name="positions">What is moved.</param>
    /// <param name="gradients">The derivative of the bound by each position.</param>
    /// <param name="from">Where the moments of the first position are.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="size">How far a position moves at most, about.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Ascend(Span<float> positions, ReadOnlySpan<float> gradients, int from, int step, float size)
    {
        var lengthOfFirst = size / (1 - MathF.Pow(FirstDecay, step + 1));
        var scaleOfSecond = 1 / (1 - MathF.Pow(SecondDecay, step + 1));
        ref var m = ref first[from];
        ref var v = ref second[from];
        ref var p = ref MemoryMarshal.GetReference(positions);
        ref var g = ref MemoryMarshal.GetReference(gradients);
        var whole = positions.Length & ~15;
        for (var i = 0; i < whole; i += 16)
        {
            var at = (nuint)i;
            var gradient = Vector512.LoadUnsafe(ref g, at);
            var used = ~Vector512.Equals(gradient, Vector512<float>.Zero);
            var position = Vector512.LoadUnsafe(ref p, at);
            var (mean, square) = (Vector512.LoadUnsafe(ref m, at), Vector512.LoadUnsafe(ref v, at));
            var newMean = mean + (gradient - mean) * (1 - FirstDecay);
            var newSquare = square + (gradient * gradient - square) * (1 - SecondDecay);
            var moved = position + newMean * lengthOfFirst / (Vector512.Sqrt(newSquare * scaleOfSecond) + Vector512.Create(1e-30f));
            moved = Vector512.Min(Vector512.Max(moved, Vector512<float>.Zero), Vector512<float>.One);
            Vector512.ConditionalSelect(used, newMean, mean).StoreUnsafe(ref m, at);
            Vector512.ConditionalSelect(used, newSquare, square).StoreUnsafe(ref v, at);
            Vector512.ConditionalSelect(used, moved, position).StoreUnsafe(ref p, at);
        }

        for (var i = whole; i < positions.Length; i++)
        {
            var gradient = gradients[i];
            if (gradient == 0) continue;
            ref var mean = ref first[from + i];
            ref var square = ref second[from + i];
            mean += (gradient - mean) * (1 - FirstDecay);
            square += (gradient * gradient - square) * (1 - SecondDecay);
            var moved = positions[i] + mean * lengthOfFirst / (MathF.Sqrt(square * scaleOfSecond) + 1e-30f);
            positions[i] = Math.Clamp(moved, 0, 1);
        }
    }

    /// <summary>Gives some positions the moments of others.</summary>
    public void Copy(int from, int to, int count)
    {
        first.AsSpan(from, count).CopyTo(first.AsSpan(to));
        second.AsSpan(from, count).CopyTo(second.AsSpan(to));
    }
}
