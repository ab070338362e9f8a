using BenchmarkDotNet.Attributes;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Benchmarks;

/// <summary>Matrix products of the shapes that layers, batches and backward bounds have.</summary>
[GenericTypeArguments(typeof(double))]
[GenericTypeArguments(typeof(float))]
public class MatrixProductBenchmarks<T> where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
{
    private T[] a = [], b = [], c = [];

    [Params("1000x1000x1000", "1x1000x1000", "8x1000x1000", "100x1000x10", "256x784x256", "32x32x32")]
    public string Shape { get; set; } = "";

    private int Rows { get; set; }

    private int Inner { get; set; }

    private int Columns { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var sizes = Array.ConvertAll(Shape.Split('x'), int.Parse);
        (Rows, Inner, Columns) = (sizes[0], sizes[1], sizes[2]);
        var random = new Random(1);
        T[] Matrix(int size) => Enumerable.Range(0, size).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
        (a, b, c) = (Matrix(Rows * Inner), Matrix(Inner * Columns), Matrix(Rows * Columns));
    }

    [Benchmark]
    public void Accumulate() => MatrixProduct.Accumulate<T>(a, b, c, Rows, Inner, Columns);

    [Benchmark]
    public void AccumulateTransposed() => MatrixProduct.AccumulateTransposed<T>(a, b, c, Rows, Inner, Columns);
}
