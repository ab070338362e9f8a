using System.Numerics;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

public class MatrixProductTests
{
    private static readonly BigInteger Unit = BigInteger.One << 200;

    /// <summary>Full tiles, every kind of remainder, more than one block of each loop, and nothing at all.</summary>
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 1, 7, 10 }, { 2, 3, 24 }, { 3, 256, 25 }, { 4, 257, 23 }, { 5, 1, 97 }, { 7, 13, 96 }, { 8, 40, 48 },
        { 9, 600, 31 }, { 15, 64, 193 }, { 16, 512, 12 }, { 17, 300, 99 }, { 5, 70, 193 }, { 33, 19, 1 }, { 0, 3, 4 }, { 3, 0, 4 }, { 3, 4, 0 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Doubles_are_the_chain_of_multiply_adds(int rows, int inner, int columns) => EqualsChain<double>(rows, inner, columns);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Singles_are_the_chain_of_multiply_adds(int rows, int inner, int columns) => EqualsChain<float>(rows, inner, columns);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_error_is_within_its_bound(int rows, int inner, int columns)
    {
        var (a, b, c) = Matrices<double>(rows, inner, columns);
        var result = c.ToArray();
        MatrixProduct.Accumulate<double>(a, b, result, rows, inner, columns);
        var u = Math.ScaleB(1, -53);
        var gamma = inner * u / (1 - inner * u);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
            {
                var (sum, size) = (Exact(c[i * columns + j]), Math.Abs(c[i * columns + j]));
                for (var k = 0; k < inner; k++)
                {
                    var (left, right) = (a[i * inner + k], b[k * columns + j]);
                    sum += Exact(left) * Exact(right) / Unit;
                    size += Math.Abs(left * right);
                }

                var error = Math.Abs((double)(Exact(result[i * columns + j]) - sum) / (double)Unit);
                Assert.True(error <= gamma * size, $"element {i},{j} is off by {error}, more than {gamma * size}");
            }

        // The entries are multiples of 2⁻⁵³, their products of 2⁻¹⁰⁶; the results have no smaller bits than 2⁻¹⁶⁰.
        static BigInteger Exact(double x) => (BigInteger)Math.ScaleB(x, 200);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_row_is_the_same_alone_and_in_a_batch(int rows, int inner, int columns)
    {
        var (a, b, c) = Matrices<double>(rows, inner, columns);
        var batch = c.ToArray();
        MatrixProduct.AccumulateTransposed<double>(a, b, batch, rows, inner, columns);
        for (var i = 0; i < rows; i++)
            MatrixProduct.AccumulateTransposed<double>(a.AsSpan(i * inner, inner), b, c.AsSpan(i * columns, columns), 1, inner, columns);
        Assert.Equal(batch, c);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_width_of_vectors_gives_the_same_bits(int rows, int inner, int columns)
    {
        EqualsAtEveryWidth<double>(rows, inner, columns);
        EqualsAtEveryWidth<float>(rows, inner, columns);
    }

    [Fact]
    public void Infinities_and_NaN_reach_their_own_element_only()
    {
        double[] a = [1, double.PositiveInfinity, 0, 2], b = [1, 1, 0, 0, 3, double.NaN], c = new double[6];
        MatrixProduct.Accumulate<double>(a, b, c, 2, 2, 3);
        Assert.Equal([double.NaN, double.PositiveInfinity, double.NaN, 0, 6, double.NaN], c);
    }

    [Fact]
    public void Too_short_a_matrix_is_refused() =>
        Assert.Throws<ArgumentException>(() => MatrixProduct.Accumulate<double>(new double[5], new double[6], new double[4], 2, 3, 2));

    private static void EqualsChain<T>(int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (a, b, c) = Matrices<T>(rows, inner, columns);
        var (plain, transposed, expected) = (c.ToArray(), c.ToArray(), c.ToArray());
        var columnMajor = new T[b.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                for (var k = 0; k < inner; k++)
                {
                    ref var sum = ref expected[i * columns + j];
                    sum = T.FusedMultiplyAdd(a[i * inner + k], b[k * columns + j], sum);
                    columnMajor[j * inner + k] = b[k * columns + j];
                }

        MatrixProduct.Accumulate<T>(a, b, plain, rows, inner, columns);
        MatrixProduct.AccumulateTransposed<T>(a, columnMajor, transposed, rows, inner, columns);
        Assert.Equal(expected, plain);
        Assert.Equal(expected, transposed);
    }

    private static unsafe void EqualsAtEveryWidth<T>(int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (a, b, c) = Matrices<T>(rows, inner, columns);
        T[] wide = c.ToArray(), half = c.ToArray(), quarter = c.ToArray(), scalar = c.ToArray();
        fixed (T* pa = a, pb = b, p512 = wide, p256 = half, p128 = quarter, p1 = scalar)
        {
            var right = new RowMajor<T>(pb, columns);
            BlockedProduct.Accumulate<T, Vector512<T>, Lanes512<T>, RowMajor<T>>(pa, inner, right, p512, columns, 1, rows, inner, columns);
            BlockedProduct.Accumulate<T, Vector256<T>, Lanes256<T>, RowMajor<T>>(pa, inner, right, p256, columns, 1, rows, inner, columns);
            BlockedProduct.Accumulate<T, Vector128<T>, Lanes128<T>, RowMajor<T>>(pa, inner, right, p128, columns, 1, rows, inner, columns);
            BlockedProduct.Accumulate<T, T, Lanes1<T>, RowMajor<T>>(pa, inner, right, p1, columns, 1, rows, inner, columns);
        }

        Assert.Equal(scalar, wide);
        Assert.Equal(scalar, half);
        Assert.Equal(scalar, quarter);
        if (inner > 0) BeginsFresh(a, b, rows, inner, columns);
    }

    /// <summary>A fresh product does not read what is there.</summary>
    private static unsafe void BeginsFresh<T>(T[] a, T[] b, int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] expected = new T[rows * columns], actual = [.. Enumerable.Repeat(T.NaN, rows * columns)];
        MatrixProduct.Accumulate<T>(a, b, expected, rows, inner, columns);
        fixed (T* pa = a, pb = b, pc = actual)
            BlockedProduct.Accumulate(pa, inner, new RowMajor<T>(pb, columns), pc, columns, 1, rows, inner, columns, fresh: true);
        Assert.Equal(expected, actual);
    }

    private static (T[] A, T[] B, T[] C) Matrices<T>(int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(rows * 10007 + inner * 101 + columns);
        T[] Matrix(int size) => Enumerable.Range(0, size).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
        return (Matrix(rows * inner), Matrix(inner * columns), Matrix(rows * columns));
    }
}
