using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Tests.Networks;

public sealed class EvaluationTests
{
    [Fact]
    public void An_evaluation_that_is_run_again_gives_what_a_new_one_gives()
    {
        var random = new Random(41);
        foreach (var network in new[] { RandomNetworks.WithProduct(random, Tanh.Instance, 3), RandomNetworks.Convolutional(random, ReLU.Instance) })
        {
            var evaluation = new Evaluation<float>(network, 7);
            foreach (var rows in new[] { 7, 2, 5 })
            {
                var inputs = Array.ConvertAll(RandomNetworks.RandomVector(random, rows * network.Input.Size, 1), x => (float)x);
                evaluation.Run(inputs, rows);
                Assert.Equal(network.Evaluate<float>(inputs, rows), evaluation[network.Output].ToArray());
            }

            Assert.Throws<ArgumentException>(() => evaluation.Run(new float[8 * network.Input.Size], 8));
        }
    }

    [Fact]
    public void Functions_that_only_select_have_the_same_values_in_vectors()
    {
        float[] z = [-3, -1, -0f, 0, float.Epsilon, 0.3f, 0.5f, 1, 1.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        float[] many = [.. Enumerable.Range(0, 7).SelectMany(_ => z)];
        foreach (var activation in new[]
        {
            PiecewiseLinear.Step, PiecewiseLinear.Sign, PiecewiseLinear.HardTanh, PiecewiseLinear.ThresholdedReLU(0.5),
            PiecewiseLinear.Clip(0, 1), PiecewiseLinear.HardTanh.Derivative, PiecewiseLinear.ThresholdedReLU(0.3), PiecewiseLinear.LeakyReLU(0.1),
        })
        {
            var values = new float[many.Length];
            activation.Evaluate<float>(many, values);
            Assert.Equal(Array.ConvertAll(many, x => (float)activation.Value(x)), values);
        }
    }
}
