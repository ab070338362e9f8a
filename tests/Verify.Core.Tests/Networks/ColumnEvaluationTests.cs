using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Tests.Networks;

public sealed class ColumnEvaluationTests
{
    [Fact]
    public void Columns_are_evaluated_as_rows_are()
    {
        var random = new Random(43);
        foreach (var network in Networks(random))
        {
            var evaluation = new ColumnEvaluation<double>(network, 37);
            foreach (var rows in new[] { 37, 3, 16 })
            {
                var inputs = RandomNetworks.RandomVector(random, rows * network.Input.Size, 1);
                evaluation.Run(inputs, rows);
                Assert.InRange(evaluation.Columns, rows, evaluation.Capacity);
                var expected = network.Evaluate<double>(inputs, rows);
                var size = network.Output.Size;
                for (var i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], evaluation[network.Output][i % size * evaluation.Columns + i / size], 1e-12);
            }

            Assert.Throws<ArgumentException>(() => evaluation.Run(new double[41 * network.Input.Size], 41));
            Assert.Throws<ArgumentException>(() => evaluation.Run(new double[2 * network.Input.Size], 1));
        }
    }

    [Fact]
    public void A_column_is_the_same_alone_and_beside_others()
    {
        var random = new Random(44);
        foreach (var network in Networks(random))
        {
            var inputs = Array.ConvertAll(RandomNetworks.RandomVector(random, 20 * network.Input.Size, 1), x => (float)x);
            var (all, one) = (new ColumnEvaluation<float>(network, 20), new ColumnEvaluation<float>(network, 1));
            all.Run(inputs, 20);
            for (var row = 0; row < 20; row++)
            {
                one.Run(inputs.AsSpan(row * network.Input.Size, network.Input.Size), 1);
                for (var i = 0; i < network.Output.Size; i++)
                    Assert.Equal(one[network.Output][i * one.Columns], all[network.Output][i * all.Columns + row]);
            }
        }
    }

    private static Network[] Networks(Random random)
    {
        var input = new InputNode(20);
        var right = new ElementwiseNode(new AffineNode(input, RandomNetworks.RandomDense(random, 24, 20)), Sigmoid.Instance);
        var constant = new AffineNode([], RandomNetworks.RandomVector(random, 8, 1));
        var matrices = new ProductNode(new ProductNode(new AffineNode(input, RandomNetworks.RandomDense(random, 18, 20)), right, 2, 3, 3, 4), new ProductNode(constant, constant), 2, 3, 4, 1);
        Network[] networks =
        [
            RandomNetworks.WithProduct(random, Tanh.Instance, 3),
            RandomNetworks.Convolutional(random, ReLU.Instance),
            RandomNetworks.Dense(random, Sigmoid.Instance, 5, 9, 4),
        ];
        return [.. networks, .. networks.Select(network => Differentiation.Gradient(network, 0)), .. networks.Select(network => Differentiation.Pullback(network).Network), new Network(input, matrices)];
    }
}
