using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Tests.Networks;

/// <summary>What bounds the rounding of whoever evaluates a node in float32.</summary>
public sealed class AffineNodeTests
{
    [Fact]
    public void Every_term_of_every_sum_counts_as_a_rounding()
    {
        var random = new Random(3);
        var shape = new ConvolutionShape(2, 5, 4, 4, 3, 2, StrideHeight: 2, PadTop: 1, PadBottom: 1, PadLeft: 1, Groups: 2);
        var convolution = new ConvolutionMap(shape, RandomNetworks.RandomVector(random, shape.WeightSize, 1));
        LinearMap[] maps =
        [
            RandomNetworks.RandomDense(random, 4, 9),
            RandomNetworks.RandomDense(random, 4, 9).Transpose,
            new DenseMap(RandomNetworks.RandomVector(random, 6, 1), 2, 3, blocks: 4),
            convolution,
            convolution.Transpose,
            new BlockSumMap(2, [0, 1, 1, 1, 0]),
            new CompositionMap(new BlockSumMap(1, [0, 0, 0]), RandomNetworks.RandomDense(random, 3, 5)),
        ];
        foreach (var map in maps)
        {
            var most = Enumerable.Range(0, map.OutputSize).Max(output =>
            {
                var row = new double[map.InputSize];
                map.AccumulateRow(output, row);
                return row.Count(weight => weight != 0);
            });
            Assert.True(new AffineNode(new InputNode(map.InputSize), map).Roundings > most, $"{map} has a sum of {most} terms.");
        }
    }

    [Fact]
    public void What_only_moves_elements_rounds_nothing()
    {
        var input = new InputNode(4);
        var turned = new AffineTerm(input, new SelectionMap(4, [3, 2, -1, -1]));
        var negative = new AffineTerm(new AffineNode(input, SelectionMap.Slice(4, 0, 4)), new SelectionMap(4, [-1, -1, 0, -1]));
        Assert.Equal(0, new AffineNode([turned, negative], [0, 0, 0, 5]).Roundings);
        Assert.Equal(0, new AffineNode(input, ScaleMap.Uniform(4, -1)).Roundings);
        Assert.NotEqual(0, new AffineNode([turned, negative], [0, 0, 5, 5]).Roundings);
        Assert.NotEqual(0, new AffineNode([turned, turned], new double[4]).Roundings);
        Assert.NotEqual(0, new AffineNode(input, ScaleMap.Uniform(4, 0.5)).Roundings);
        Assert.NotEqual(0, new AffineNode(input, SelectionMap.Identity(4), [0, 0, 0, 1]).Roundings);
    }
}
