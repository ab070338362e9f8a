using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Optimization;

/// <summary>On the piece that an input is on, the affine functions and the program have the values of the network.</summary>
public sealed class LinearPiecesTests
{
    public static TheoryData<string> Kinds => ["ReLU", "LeakyReLU", "HardTanh", "Convolution"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Functions_of_a_pattern_are_the_network_where_it_has_that_pattern(string kind)
    {
        var random = new Random(5);
        var problem = Of(kind, random);
        var pieces = problem.Pieces!;
        for (var trial = 0; trial < 20; trial++)
        {
            var x = RandomNetworks.RandomVector(random, problem.Region.Size, 1);
            x[1] = problem.Region.Lower[1]; // It does not vary.
            var evaluation = Evaluation<double>.Of(problem.Network, x, 1);
            var functions = pieces.Under(pieces.PatternOf(evaluation), []);
            for (var n = 0; n < functions.Length; n++)
            {
                var size = problem.Network.Nodes[n].Size;
                for (var i = 0; i < size; i++)
                {
                    var value = functions[n][i];
                    for (var v = 0; v < pieces.Inputs.Length; v++) value += functions[n][(1 + v) * size + i] * x[pieces.Inputs[v]];
                    Assert.Equal(evaluation[problem.Network.Nodes[n]][i], value, 1e-11);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Programs_hold_the_network_whatever_neurons_are_free(string kind)
    {
        var random = new Random(6);
        var problem = Of(kind, random);
        var pieces = problem.Pieces!;
        Conjunction[] goals = [new([new([1, -0.5, 0.25], 0.5)]), new([new([1, 0, 0], 0.1), new([0, -1, 2], -0.2)])];
        for (var trial = 0; trial < 40; trial++)
        {
            var x = RandomNetworks.RandomVector(random, problem.Region.Size, 1);
            x[1] = problem.Region.Lower[1];
            var evaluation = Evaluation<double>.Of(problem.Network, x, 1);
            var pattern = pieces.PatternOf(evaluation);
            int[] free = [.. Enumerable.Range(0, pattern.Length).Where(_ => random.Next(3) == 0)];
            foreach (var k in free)
            {
                // The line that the neuron is on is one of the two that are left to it.
                var last = pieces.Neurons[k].Lines.Breakpoints.Length;
                if (pattern[k] == last || pattern[k] > 0 && random.Next(2) == 0) pattern[k]--;
            }

            foreach (var goal in goals)
            {
                var program = new PieceProgram(problem, goal, pattern, free);
                var values = program.At(PieceSearch.At(problem, goal, x), evaluation);
                Assert.Equal(x, program.Input(values));
                Assert.Equal(PieceSearch.At(problem, goal, x).Value, program.Program.Objective(values), 1e-10);
                for (var row = 0; row < program.Program.RowCount; row++)
                    Assert.InRange(program.Program.Row(row, values), program.Program.RowLower[row] - 1e-10, program.Program.RowUpper[row] + 1e-10);
            }
        }
    }

    [Fact]
    public void Networks_of_other_functions_have_no_pieces()
    {
        var region = InputRegion.Box([-1, -1], [1, 1]);
        Assert.Null(LinearPieces.Of(LinearBoundPropagation.Propagate(RandomNetworks.Dense(new Random(1), Tanh.Instance, 2, 3, 1), [region]).Bounds));
        Assert.Null(LinearPieces.Of(LinearBoundPropagation.Propagate(RandomNetworks.Dense(new Random(1), PiecewiseLinear.Step, 2, 3, 1), [region]).Bounds));
        Assert.Null(LinearPieces.Of(LinearBoundPropagation.Propagate(RandomNetworks.WithProduct(new Random(1), ReLU.Instance, 2), [region]).Bounds));
        var ball = InputRegion.Ball([0, 0], 1, Norm.L2);
        Assert.Null(LinearPieces.Of(LinearBoundPropagation.Propagate(RandomNetworks.Dense(new Random(1), ReLU.Instance, 2, 3, 1), [ball]).Bounds));
    }

    private static Problem Of(string kind, Random random)
    {
        var network = kind switch
        {
            "Convolution" => RandomNetworks.Convolutional(random, ReLU.Instance),
            "LeakyReLU" => RandomNetworks.Dense(random, PiecewiseLinear.LeakyReLU(0.1), 4, 8, 8, 3),
            "HardTanh" => RandomNetworks.Dense(random, PiecewiseLinear.HardTanh, 4, 8, 8, 3),
            _ => RandomNetworks.Dense(random, ReLU.Instance, 4, 8, 8, 3),
        };
        var (lower, upper) = (Enumerable.Repeat(-1.0, network.Input.Size).ToArray(), Enumerable.Repeat(1.0, network.Input.Size).ToArray());
        lower[1] = upper[1] = 0.25;
        return new Problem(network, InputRegion.Box(lower, upper), []);
    }
}
