namespace RobustVerify.Core.Programming;

/// <summary>Sparse vectors, one after another in memory that grows and is used again.</summary>
internal sealed class SparseVectors
{
    private int[] starts = new int[64];
    private int[] indices = new int[256];
    private double[] values = new double[256];

    /// <summary>The number of vectors.</summary>
    public int Count { get; private set; }

    /// <summary>The elements of all vectors.</summary>
    public int Length { get; private set; }

    public void Clear() => (Count, Length, starts[0]) = (0, 0, 0);

    /// <summary>Adds an element to the vector that is being made.</summary>
    public void Add(int index, double value)
    {
        if (Length == indices.Length)
        {
            Array.Resize(ref indices, 2 * Length);
            Array.Resize(ref values, 2 * Length);
        }

        (indices[Length], values[Length]) = (index, value);
        Length++;
    }

    /// <summary>Ends the vector that is being made.</summary>
    public void End()
    {
        if (++Count == starts.Length) Array.Resize(ref starts, 2 * starts.Length);
        starts[Count] = Length;
    }

    public bool IsEmpty(int vector) => starts[vector] == starts[vector + 1];

    public ReadOnlySpan<int> Indices(int vector) => indices.AsSpan(starts[vector], starts[vector + 1] - starts[vector]);

    public ReadOnlySpan<double> Values(int vector) => values.AsSpan(starts[vector], starts[vector + 1] - starts[vector]);

    /// <summary>target += factor · vector.</summary>
    public void AddTo(int vector, double factor, double[] target)
    {
        var rows = Indices(vector);
        var elements = Values(vector);
        for (var e = 0; e < rows.Length; e++) target[rows[e]] += factor * elements[e];
    }

    /// <summary>The inner product of a vector and a dense one.</summary>
    public double Dot(int vector, double[] x)
    {
        var rows = Indices(vector);
        var elements = Values(vector);
        var sum = 0.0;
        for (var e = 0; e < rows.Length; e++) sum += elements[e] * x[rows[e]];
        return sum;
    }

    /// <summary>
    /// Becomes the transpose of other vectors: of a matrix whose column k is vector k, of the row that <paramref name="names"/>
    /// gives, the rows, with k named by <paramref name="names"/> in turn.
    /// </summary>
    public void Transpose(SparseVectors other, int size, ReadOnlySpan<int> names)
    {
        if (starts.Length <= size) starts = new int[Math.Max(size + 1, 2 * starts.Length)];
        Array.Clear(starts, 0, size + 1);
        if (indices.Length < other.Length) (indices, values) = (new int[other.indices.Length], new double[other.indices.Length]);
        for (var e = 0; e < other.Length; e++) starts[other.indices[e] + 1]++;
        for (var i = 0; i < size; i++) starts[i + 1] += starts[i];
        for (var k = 0; k < other.Count; k++)
        {
            for (var e = other.starts[k]; e < other.starts[k + 1]; e++)
            {
                var at = starts[other.indices[e]]++;
                (indices[at], values[at]) = (names[k], other.values[e]);
            }
        }

        for (var i = size; i > 0; i--) starts[i] = starts[i - 1];
        starts[0] = 0;
        (Count, Length) = (size, other.Length);
    }
}
