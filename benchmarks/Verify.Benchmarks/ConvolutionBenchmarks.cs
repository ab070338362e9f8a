using BenchmarkDotNet.Attributes;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Benchmarks;

/// <summary>Convolutions of the shapes that image classifiers have, on a batch of eight.</summary>
[GenericTypeArguments(typeof(double))]
[GenericTypeArguments(typeof(float))]
public class ConvolutionBenchmarks<T> where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
{
    private const int Rows = 8;
    private T[] x = [], weights = [], y = [];
    private ConvolutionShape shape = null!;

    [Params("3x32x32 to 32, 3x3", "32x16x16 to 64, 3x3", "64x16x16 to 64, 4x4/2", "64x8x8 depthwise, 3x3")]
    public string Layer { get; set; } = "";

    private ConvolutionShape Shape => Layer switch
    {
        "3x32x32 to 32, 3x3" => new(3, 32, 32, 32, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        "32x16x16 to 64, 3x3" => new(32, 16, 16, 64, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        "64x16x16 to 64, 4x4/2" => new(64, 16, 16, 64, 4, 4, StrideHeight: 2, StrideWidth: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1),
        _ => new(64, 8, 8, 64, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 64),
    };

    [GlobalSetup]
    public void Setup()
    {
        shape = Shape;
        var random = new Random(1);
        T[] Tensor(int size) => Enumerable.Range(0, size).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
        (x, weights, y) = (Tensor(Rows * shape.InputSize), Tensor(shape.WeightSize), Tensor(Rows * shape.OutputSize));
    }

    [Benchmark]
    public void Accumulate() => ConvolutionKernel.Accumulate<T>(x, weights, y, Rows, shape);

    [Benchmark]
    public void AccumulateTransposed() => ConvolutionKernel.AccumulateTransposed<T>(y, weights, x, Rows, shape);
}
