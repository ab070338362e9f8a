using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>B⁻¹ and B⁻ᵀ undo B and Bᵀ.</summary>
public sealed class BasisFactorizationTests
{
    [Theory]
    [InlineData(0.02, 60)]
    [InlineData(0.1, 60)]
    [InlineData(0.6, 40)]
    [InlineData(1, 25)]
    public void Solves_undo_products_also_after_columns_have_changed(double density, int size)
    {
        for (var number = 0; number < 40; number++)
        {
            var random = RandomStream.From("bases", (ulong)number);
            var matrix = Random(random, size, 2 * size, density);
            var factorization = new BasisFactorization(matrix);

            // Half of the columns at most are rows' own, so that there is something to factor.
            var head = new int[size];
            for (var i = 0; i < size; i++) head[i] = random.NextInt(3) == 0 ? 2 * size + i : i;
            factorization.Factor(head);
            Check(matrix, factorization, head, random);
            for (var change = 0; change < 30; change++)
            {
                var column = size + change;
                if (head.Contains(column)) continue;
                var solved = Column(matrix, column);
                factorization.Solve(solved);
                var row = Enumerable.Range(0, size).MaxBy(i => Math.Abs(solved[i]));
                if (Math.Abs(solved[row]) < 0.1) continue;
                factorization.Replace(row, solved);
                head[row] = column;
                Check(matrix, factorization, head, random);
            }
        }
    }

    [Fact]
    public void Dependent_columns_give_way_to_those_of_rows()
    {
        for (var number = 0; number < 60; number++)
        {
            var random = RandomStream.From("dependent bases", (ulong)number);
            var (size, density) = (20, number % 2 == 0 ? 0.15 : 0.8);
            var builder = new LinearProgramBuilder();
            for (var j = 0; j < size; j++) builder.Variable();
            for (var i = 0; i < size; i++)
            {
                // The last columns are copies of the first, and one is empty.
                var terms = new List<Term>();
                for (var j = 0; j < size - 4; j++)
                {
                    if (random.NextDouble() >= density) continue;
                    var value = random.NextGaussian();
                    terms.Add(new(j, value));
                    if (j < 3) terms.Add(new(size - 3 + j, value));
                }

                builder.AtMost([.. terms], 0);
            }

            var matrix = new SimplexMatrix(builder.Build());
            var factorization = new BasisFactorization(matrix);
            var head = Enumerable.Range(0, size).ToArray();
            Assert.True(factorization.Factor(head).Count >= 4);
            Assert.Equal(size, head.Distinct().Count());
            Check(matrix, factorization, head, random);
        }
    }

    private static SimplexMatrix Random(RandomStream random, int rows, int columns, double density)
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < columns; j++) builder.Variable();
        for (var i = 0; i < rows; i++)
        {
            var terms = new List<Term>();
            for (var j = 0; j < columns; j++)
            {
                if (j == i || random.NextDouble() < density) terms.Add(new(j, random.NextGaussian() + (j == i ? 2 : 0)));
            }

            builder.AtMost([.. terms], 0);
        }

        return new(builder.Build());
    }

    private static double[] Column(SimplexMatrix matrix, int column)
    {
        var vector = new double[matrix.RowCount];
        matrix.AddColumn(column, 1, vector);
        return vector;
    }

    private static void Check(SimplexMatrix matrix, BasisFactorization factorization, int[] head, RandomStream random)
    {
        var (x, product, transposed) = (new double[head.Length], new double[head.Length], new double[head.Length]);
        random.Fill(x, -1);
        for (var i = 0; i < head.Length; i++) matrix.AddColumn(head[i], x[i], product);
        for (var i = 0; i < head.Length; i++) transposed[i] = Reduction.Dot(Column(matrix, head[i]), x);
        factorization.Solve(product);
        factorization.SolveTransposed(transposed);
        for (var i = 0; i < head.Length; i++)
        {
            Assert.Equal(x[i], product[i], 1e-6);
            Assert.Equal(x[i], transposed[i], 1e-6);
        }
    }
}
