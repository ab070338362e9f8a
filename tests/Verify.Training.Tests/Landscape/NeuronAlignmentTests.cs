using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Landscape;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Tests.Landscape;

public sealed class NeuronAlignmentTests
{
    [Theory]
    [InlineData(new[] { 4, 6, 3 })]
    [InlineData(new[] { 3, 5, 7, 2 })]
    public void Neurons_in_another_order_and_with_turned_signs_are_put_back(int[] sizes)
    {
        var architecture = Architecture.FullyConnected(sizes, Tanh.Instance);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var parameters = WithBiases(architecture, seed);
            var mixed = Mixed(architecture, parameters, seed, turns: true);
            Assert.Equal(parameters, NeuronAlignment.Align(architecture, mixed, parameters));
        }
    }

    [Fact]
    public void Signs_stay_where_the_activation_is_not_odd()
    {
        var architecture = Architecture.FullyConnected([4, 6, 3], ReLU.Instance);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var parameters = WithBiases(architecture, seed);
            Assert.Equal(parameters, NeuronAlignment.Align(architecture, Mixed(architecture, parameters, seed, turns: false), parameters));
            var target = WithBiases(architecture, seed + 100);
            AssertSameFunction(architecture, parameters, NeuronAlignment.Align(architecture, parameters, target));
        }
    }

    [Fact]
    public void What_is_aligned_is_the_same_function_and_no_farther_away()
    {
        var architecture = Architecture.FullyConnected([3, 5, 4, 2], Tanh.Instance);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var (parameters, target) = (WithBiases(architecture, seed), WithBiases(architecture, seed + 100));
            var aligned = NeuronAlignment.Align(architecture, parameters, target);
            AssertSameFunction(architecture, parameters, aligned);
            Assert.True(Distance(aligned, target) <= Distance(parameters, target), $"seed {seed}: {Distance(aligned, target)} after, {Distance(parameters, target)} before");
        }
    }

    private static void AssertSameFunction(Architecture architecture, double[] a, double[] b)
    {
        var point = new double[architecture.InputSize];
        RandomStream.From("a point", 1).Fill(point, -1, 1);
        var (expected, actual) = (architecture.ToNetwork(a).Evaluate<double>(point), architecture.ToNetwork(b).Evaluate<double>(point));
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 12);
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static double[] WithBiases(Architecture architecture, ulong seed)
    {
        var parameters = new double[architecture.ParameterCount];
        RandomStream.From("parameters with biases", seed).Fill(parameters, -1, 1);
        return parameters;
    }

    private static double[] Mixed(Architecture architecture, double[] parameters, ulong seed, bool turns)
    {
        var random = RandomStream.From("another order", seed);
        var mixed = parameters.ToArray();
        for (var layer = 1; layer < architecture.Layers.Length; layer += 2)
        {
            var (before, after) = ((DenseLayer)architecture.Layers[layer - 1], (DenseLayer)architecture.Layers[layer + 1]);
            for (var n = before.OutputSize - 1; n > 0; n--)
            {
                var (other, sign) = (random.NextInt(n), turns && random.NextInt(2) == 0 ? -1 : 1);
                for (var i = 0; i < before.InputSize; i++) Exchange(architecture.Weights(mixed.AsSpan(), layer - 1), n * before.InputSize + i, other * before.InputSize + i, sign);
                Exchange(architecture.Bias(mixed.AsSpan(), layer - 1), n, other, sign);
                for (var k = 0; k < after.OutputSize; k++) Exchange(architecture.Weights(mixed.AsSpan(), layer + 1), k * after.InputSize + n, k * after.InputSize + other, sign);
            }
        }

        return mixed;

        static void Exchange(Span<double> values, int a, int b, int sign) => (values[a], values[b]) = (sign * values[b], sign * values[a]);
    }
}
