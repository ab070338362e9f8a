using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Networks.LinearMaps;

/// <summary>Every map is held against its own matrix, read off column by column.</summary>
public sealed class LinearMapTests
{
    private static readonly Dictionary<string, LinearMap> Maps = Create();

    public static TheoryData<string> Names => [.. Maps.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_transpose_has_the_transposed_matrix(string name)
    {
        var (matrix, transposed) = (Matrix(Maps[name]), Matrix(Maps[name].Transpose));
        for (var i = 0; i < Maps[name].OutputSize; i++)
        {
            for (var j = 0; j < Maps[name].InputSize; j++) Assert.Equal(matrix[i, j], transposed[j, i], 1e-14);
        }

        Assert.Same(Maps[name], Maps[name].Transpose.Transpose);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_absolute_map_is_at_least_the_absolute_value_of_every_entry(string name)
    {
        var (matrix, absolute) = (Matrix(Maps[name]), Matrix(Maps[name].Abs));
        for (var i = 0; i < Maps[name].OutputSize; i++)
        {
            for (var j = 0; j < Maps[name].InputSize; j++)
            {
                Assert.True(absolute[i, j] >= Math.Abs(matrix[i, j]) - 1e-14, $"{i}, {j}: {absolute[i, j]} < |{matrix[i, j]}|");
                if (Maps[name] is not CompositionMap) Assert.Equal(Math.Abs(matrix[i, j]), absolute[i, j], 1e-14);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_of_the_matrix_is_added_to_what_was_there(string name)
    {
        var matrix = Matrix(Maps[name]);
        for (var i = 0; i < Maps[name].OutputSize; i++)
        {
            var row = Enumerable.Repeat(1.0, Maps[name].InputSize).ToArray();
            Maps[name].AccumulateRow(i, row);
            for (var j = 0; j < row.Length; j++) Assert.Equal(1 + matrix[i, j], row[j], 1e-14);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_is_mapped_as_its_rows_are_alone_and_is_added_to_what_was_there(string name)
    {
        var map = Maps[name];
        var random = new Random(3);
        var x = RandomNetworks.RandomVector(random, 5 * map.InputSize, 1);
        var y = Enumerable.Repeat(1.0, 5 * map.OutputSize).ToArray();
        map.Accumulate<double>(x, y, 5);
        for (var row = 0; row < 5; row++)
        {
            var alone = Enumerable.Repeat(1.0, map.OutputSize).ToArray();
            map.Accumulate<double>(x.AsSpan(row * map.InputSize, map.InputSize), alone, 1);
            Assert.Equal(alone, y[(row * map.OutputSize)..((row + 1) * map.OutputSize)]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Columns_are_mapped_as_rows_are(string name)
    {
        const int Columns = 11;
        var map = Maps[name];
        var random = new Random(5);
        var x = RandomNetworks.RandomVector(random, map.InputSize * Columns, 1);
        var bias = RandomNetworks.RandomVector(random, map.OutputSize, 1);
        var (added, begun) = (Enumerable.Repeat(1.0, map.OutputSize * Columns).ToArray(), new double[map.OutputSize * Columns]);
        map.AccumulateColumns<double>(x, added, Columns);
        map.AccumulateColumns<double>(x, begun, Columns, bias);
        for (var column = 0; column < Columns; column++)
        {
            var expected = map.Apply([.. Enumerable.Range(0, map.InputSize).Select(i => x[i * Columns + column])]);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.Equal(1 + expected[i], added[i * Columns + column], 1e-13);
                Assert.Equal(bias[i] + expected[i], begun[i * Columns + column], 1e-13);
            }
        }

        Assert.Throws<ArgumentException>(() => map.AccumulateColumns<double>(x, begun, Columns + 1));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Float32_agrees_with_double_to_its_own_rounding(string name)
    {
        var map = Maps[name];
        var x = RandomNetworks.RandomVector(new Random(4), map.InputSize, 1);
        var single = new float[map.OutputSize];
        map.Accumulate<float>(Array.ConvertAll(x, value => (float)value), single, 1);
        var exact = map.Apply(x);
        var magnitude = map.Abs.Apply(Array.ConvertAll(x, Math.Abs));
        for (var i = 0; i < exact.Length; i++)
            Assert.Equal(exact[i], single[i], 1e-12 + 2 * Rounding.GammaSingle(map.LongestInnerProduct + 2) * magnitude[i]);
    }

    [Fact]
    public void The_longest_inner_product_covers_every_row_and_column()
    {
        foreach (var (name, map) in Maps)
        {
            var matrix = Matrix(map);
            var rows = Enumerable.Range(0, map.OutputSize)
                .Max(i => Enumerable.Range(0, map.InputSize).Count(j => matrix[i, j] != 0));
            var columns = Enumerable.Range(0, map.InputSize)
                .Max(j => Enumerable.Range(0, map.OutputSize).Count(i => matrix[i, j] != 0));
            Assert.True(map is CompositionMap || map.LongestInnerProduct >= Math.Max(rows, columns), $"{name}: {map.LongestInnerProduct} < {rows}, {columns}");
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_with_both_sizes()
    {
        Assert.Contains("2×3 matrix has 6 entries, not 5", Assert.Throws<ArgumentException>(() => new DenseMap(new double[5], 2, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("4", Assert.Throws<ArgumentException>(() => new SelectionMap(4, [0, 4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CompositionMap(ScaleMap.Uniform(3, 1), ScaleMap.Uniform(4, 1)));
    }

    private static Dictionary<string, LinearMap> Create()
    {
        var random = new Random(2);
        var plain = new ConvolutionShape(3, 6, 5, 4, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1);
        var strided = new ConvolutionShape(4, 7, 8, 6, 3, 2, 2, 3, 1, 2, 0, 1, 2, 0, Groups: 2);
        var line = new ConvolutionShape(2, 1, 9, 3, 1, 4, DilationWidth: 2, PadLeft: 3);
        LinearMap Convolution(ConvolutionShape shape) => new ConvolutionMap(shape, RandomNetworks.RandomVector(random, shape.WeightSize, 1));
        return new Dictionary<string, LinearMap>
        {
            ["dense"] = RandomNetworks.RandomDense(random, 7, 5),
            ["dense, transposed"] = RandomNetworks.RandomDense(random, 7, 5).Transpose,
            ["dense, in blocks"] = new DenseMap(RandomNetworks.RandomVector(random, 12, 1), 3, 4, blocks: 3),
            ["convolution"] = Convolution(plain),
            ["convolution, transposed"] = Convolution(plain).Transpose,
            ["convolution, grouped, strided, dilated"] = Convolution(strided),
            ["convolution, grouped, strided, dilated, transposed"] = Convolution(strided).Transpose,
            ["convolution, one-dimensional"] = Convolution(line),
            ["scale"] = new ScaleMap(RandomNetworks.RandomVector(random, 6, 1)),
            ["selection"] = new SelectionMap(5, [4, -1, 0, 0, 2, 3, 1, 0]),
            ["block sum"] = new BlockSumMap(3, [0, 2, 2, -1, 0, 1]),
            ["composition"] = new CompositionMap(RandomNetworks.RandomDense(random, 4, 6), RandomNetworks.RandomDense(random, 6, 5)),
        };
    }

    private static double[,] Matrix(LinearMap map)
    {
        var matrix = new double[map.OutputSize, map.InputSize];
        for (var j = 0; j < map.InputSize; j++)
        {
            var unit = new double[map.InputSize];
            unit[j] = 1;
            var column = map.Apply(unit);
            for (var i = 0; i < column.Length; i++) matrix[i, j] = column[i];
        }

        return matrix;
    }
}
