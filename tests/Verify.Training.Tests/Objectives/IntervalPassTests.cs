using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Objectives;

/// <summary>The intervals that are differentiated are those that prove, up to rounding.</summary>
public sealed class IntervalPassTests
{
    public static TheoryData<string> Functions => [.. ActivationLayer.Functions.Keys];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Fully_connected_intervals_are_those_of_the_core(string function) =>
        AgreesWithCore(Architecture.FullyConnected([16, 9, 8, 4], ActivationLayer.Functions[function]));

    [Fact]
    public void Convolutional_intervals_are_those_of_the_core() => AgreesWithCore(new Architecture([
        new ConvolutionLayer(new ConvolutionShape(1, 4, 4, 3, 3, 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1)),
        new ActivationLayer(48, ReLU.Instance), new AveragePoolLayer(3, 4, 4, 2), new DenseLayer(12, 4)]));

    [Fact]
    public void The_area_of_a_known_network_is_known()
    {
        // Two layers that are both active over the box: intervals of 0.6 by 0.6.
        var architecture = Architecture.FullyConnected([2, 2, 2], ReLU.Instance);
        var pass = new IntervalPass(architecture, 1);
        double[] center = [1, 0.5], radius = [0.1, 0.1];
        center.CopyTo(pass.InputCenters);
        radius.CopyTo(pass.InputRadii);

        pass.Forward([1, 1, 1, -1, 0, 0, 1, 0.5, -0.5, 1, 0, 0], 1);

        Assert.Equal(0.36, 4 * pass.Radii[0] * pass.Radii[1], 1e-12);
    }

    private static void AgreesWithCore(Architecture architecture)
    {
        const int Rows = 5;
        var random = RandomStream.From("interval pass", (ulong)architecture.ParameterCount);
        var parameters = new double[architecture.ParameterCount];
        random.Fill(parameters, -0.5, 0.5);
        var pass = new IntervalPass(architecture, Rows);
        random.Fill(pass.InputCenters, -1, 1);
        random.Fill(pass.InputRadii, 0, 0.2);
        var inputs = architecture.InputSize;
        var regions = Enumerable.Range(0, Rows).Select(row => InputRegion.Box(
            [.. Enumerable.Range(row * inputs, inputs).Select(k => pass.InputCenters[k] - pass.InputRadii[k])],
            [.. Enumerable.Range(row * inputs, inputs).Select(k => pass.InputCenters[k] + pass.InputRadii[k])]));
        var network = architecture.ToNetwork(parameters);

        pass.Forward(parameters, Rows);
        var bounds = IntervalPropagation.Propagate(network, [.. regions]);

        for (var k = 0; k < Rows * architecture.OutputSize; k++)
        {
            Assert.Equal(bounds.Lower(network.Output)[k], pass.Centers[k] - pass.Radii[k], 1e-12);
            Assert.Equal(bounds.Upper(network.Output)[k], pass.Centers[k] + pass.Radii[k], 1e-12);
        }
    }
}
