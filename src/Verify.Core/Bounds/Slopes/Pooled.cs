using System.Buffers;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>Arrays that a search borrows, and gives back when it is done: large ones for every search would be most of its work.</summary>
internal sealed class Pooled : IDisposable
{
    private readonly List<float[]> borrowed = [];

    /// <summary>An array of at least so many numbers, which may be anything.</summary>
    public float[] Any(int length)
    {
        var array = ArrayPool<float>.Shared.Rent(length);
        borrowed.Add(array);
        return array;
    }

    /// <summary>An array of at least so many zeros.</summary>
    public float[] Zeros(int length)
    {
        var array = Any(length);
        array.AsSpan(0, length).Clear();
        return array;
    }

    /// <summary>Gives all arrays back.</summary>
    public void Dispose()
    {
        foreach (var array in borrowed) ArrayPool<float>.Shared.Return(array);
        borrowed.Clear();
    }
}
