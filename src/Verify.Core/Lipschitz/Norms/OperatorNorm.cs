using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Norms;

/// <summary>Upper bounds of the norm of a linear map, ‖Lx‖ ≤ c ‖x‖.</summary>
/// <remarks>
/// l1 and l∞: the largest absolute column or row sum, by one application of |L|, so no matrix is made. l2: of a matrix, the proved
/// <see cref="SpectralNorm"/>; of a large convolution, the norm of its symbol (<see cref="ConvolutionNorm"/>); of a map that only moves
/// or adds elements, from l1 and l∞, since ‖L‖₂² ≤ ‖L‖₁ ‖L‖∞, which is exact for it.
/// </remarks>
internal static class OperatorNorm
{
    // A Gram matrix of that order takes a second.
    private const int MostRows = 1200;

    public static double Upper(LinearMap map, Norm norm) => norm switch
    {
        Norm.L1 => LargestSum(map.Transpose),
        Norm.Linf => LargestSum(map),
        _ => UpperL2(map),
    };

    private static double UpperL2(LinearMap map)
    {
        var mean = Rounding.Up(Math.Sqrt(Rounding.Up(LargestSum(map) * LargestSum(map.Transpose))));
        return map switch
        {
            SelectionMap or BlockSumMap or ScaleMap => mean,
            DenseMap { Blocks: > 1 } dense => Math.Min(mean, Dense(dense, dense.OutputSize / dense.Blocks, dense.InputSize / dense.Blocks)),
            _ when Math.Min(map.InputSize, map.OutputSize) <= MostRows && (long)map.InputSize * map.OutputSize <= 1 << 24 =>
                Math.Min(mean, Dense(map, map.OutputSize, map.InputSize)),
            ConvolutionMap convolution => Math.Min(mean, ConvolutionNorm.Upper(convolution)),
            CompositionMap pair => Math.Min(mean, Rounding.Up(UpperL2(pair.Outer) * UpperL2(pair.Inner))),
            _ => mean,
        };
    }

    private static double Dense(LinearMap map, int rows, int columns)
    {
        if (Math.Min(rows, columns) > MostRows) return double.PositiveInfinity;
        var (matrix, row) = (new double[rows * columns], new double[map.InputSize]);
        for (var i = 0; i < rows; i++)
        {
            Array.Clear(row);
            map.AccumulateRow(i, row);
            row.AsSpan(0, columns).CopyTo(matrix.AsSpan(i * columns, columns));
        }

        // Where the entries of a composition are rounded, they are off by γ|L| at most.
        var upper = SpectralNorm.Upper(matrix, rows, columns);
        return map is DenseMap ? upper : Rounding.Up(upper + 2 * Rounding.Gamma(map.LongestInnerProduct + 4) * Math.Sqrt(LargestSum(map) * LargestSum(map.Transpose)));
    }

    /// <summary>The largest row sum of |L|.</summary>
    private static double LargestSum(LinearMap map)
    {
        var ones = new double[map.InputSize];
        Array.Fill(ones, 1);
        var largest = 0.0;
        foreach (var sum in map.Abs.Apply(ones)) largest = Math.Max(largest, sum);
        return map is SelectionMap or BlockSumMap ? largest : Rounding.Up(largest + Rounding.SumError(map.LongestInnerProduct + 2, 2 * largest));
    }
}
