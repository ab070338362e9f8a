using System.Numerics;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Numerics;

public unsafe class ColumnProductTests
{
    /// <summary>Tiles of every height and width, and nothing at all.</summary>
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 15, 7, 16 }, { 8, 300, 32 }, { 9, 20, 48 }, { 7, 5, 64 }, { 2, 3, 85 }, { 13, 11, 23 }, { 0, 3, 16 }, { 3, 0, 16 }, { 3, 4, 0 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_width_of_vectors_gives_the_chain_of_multiply_adds(int rows, int inner, int columns)
    {
        EqualsChain<double>(rows, inner, columns);
        EqualsChain<float>(rows, inner, columns);
    }

    // The left matrix is read by columns and the rows of the right one from the last: a sum has its terms where it says.
    private static void EqualsChain<T>(int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(rows * 10007 + inner * 101 + columns);
        T[] Matrix(int size) => Enumerable.Range(0, size).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5)).ToArray();
        T[] a = Matrix(inner * rows + 1), b = Matrix(inner * columns + 1), c = Matrix(rows * columns), s = Matrix(rows + 1);
        T[] expected = c.ToArray(), begun = c.ToArray();
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                begun[i * columns + j] = s[i];
                foreach (var sums in new[] { expected, begun })
                {
                    ref var sum = ref sums[i * columns + j];
                    for (var k = 0; k < inner; k++) sum = T.FusedMultiplyAdd(a[k * rows + i], b[(inner - 1 - k) * columns + j], sum);
                }
            }
        }

        for (var width = 0; width < 5; width++)
        {
            T[] result = c.ToArray(), fresh = new T[rows * columns];
            fixed (T* pa = a, pb = b, ps = s, pc = result, pf = fresh)
            {
                var last = pb + Math.Max(inner - 1, 0) * columns;
                Accumulate(width, pa, last, pc, null, rows, inner, columns);
                Accumulate(width, pa, last, pf, ps, rows, inner, columns);
            }

            Assert.Equal(expected, result);
            Assert.Equal(begun, fresh);
        }
    }

    private static void Accumulate<T>(int width, T* a, T* b, T* c, T* s, int rows, int inner, int columns) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var terms = new EvenTerms(rows, -columns);
        switch (width)
        {
            case 0: ColumnProduct.Accumulate(a, 1, b, terms, inner, c, columns, s, 1, rows, columns); break;
            case 1: ColumnProduct.Accumulate<T, Vector512<T>, Lanes512<T>, EvenTerms>(a, 1, b, terms, inner, c, columns, s, 1, rows, columns); break;
            case 2: ColumnProduct.Accumulate<T, Vector256<T>, Lanes256<T>, EvenTerms>(a, 1, b, terms, inner, c, columns, s, 1, rows, columns); break;
            case 3: ColumnProduct.Accumulate<T, Vector128<T>, Lanes128<T>, EvenTerms>(a, 1, b, terms, inner, c, columns, s, 1, rows, columns); break;
            default: ColumnProduct.Accumulate<T, T, Lanes1<T>, EvenTerms>(a, 1, b, terms, inner, c, columns, s, 1, rows, columns); break;
        }
    }
}
